from __future__ import annotations

import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.capitals import capital_amount
from billing.documents.content import document_content
from billing.invoice_pdf import TEMPLATE, render_invoice
from billing.invoicing import issue_invoices
from billing.models import Invoice
from billing.money import yuan
from billing.typesetting import ROOT, typeset
from matching.models import Hub
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.world import MONDAY, World


@pytest.mark.parametrize(
    ("amount_fen", "words"),
    [
        (29_461_225, "贰拾玖万肆仟陆佰壹拾贰圆贰角伍分"),
        (140_950, "壹仟肆佰零玖圆伍角整"),
        (600_714, "陆仟零柒圆壹角肆分"),
        (1_640_902, "壹万陆仟肆佰零玖圆零贰分"),
        (32_504, "叁佰贰拾伍圆零肆分"),
        (100_000_000_000, "壹拾亿圆整"),
        (10_000_000_100, "壹亿零壹圆整"),
        (0, "零圆整"),
        (7, "柒分"),
        (-50, "负伍角整"),
    ],
)
def test_amounts_in_capitals_as_the_rules_of_payment_spell_them(amount_fen: int, words: str) -> None:
    assert capital_amount(amount_fen) == words


@given(st.integers(0, 10**15 - 1))
@example(100_010_001_00)
def test_capitals_read_back_as_the_amount(amount_fen: int) -> None:
    digits = {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
    units = {"拾": 10, "佰": 100, "仟": 1000}
    total = group = digit = fen = 0
    for c in capital_amount(amount_fen):
        if c in digits:
            digit = digits[c]
        elif c in units:
            group, digit = group + digit * units[c], 0
        elif c == "万":
            total, group, digit = total + (group + digit) * 10_000, 0, 0
        elif c == "亿":
            total, group, digit = (total + group + digit) * 10**8, 0, 0
        elif c == "圆":
            total, group, digit = total + group + digit, 0, 0
        elif c in "角分":
            fen, digit = fen + digit * (10 if c == "角" else 1), 0
    assert total * 100 + fen == amount_fen


def test_the_pdf_says_what_the_invoice_says_in_both_languages(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    for document in issue_invoices(period_start=MONDAY, now=world.now):
        pdf = render_invoice(document)
        reader = PdfReader(io.BytesIO(pdf))
        text = "".join(page.extract_text() for page in reader.pages)
        squeezed = "".join(text.split())
        assert document.number in squeezed
        assert yuan(document.total_fen) in squeezed
        assert capital_amount(document.total_fen) in squeezed
        title = "结算单" if document.kind == Invoice.Kind.STATEMENT else "电子发票"
        assert title in squeezed
        if document.kind == Invoice.Kind.FEE:
            assert "Platformfeeinvoice" in squeezed
            continue
        assert "长三角" in squeezed or "粤港澳大湾区" in squeezed
        assert "YangtzeDelta" in squeezed or "GreaterBay" in squeezed
        resources: list[Any] = [page["/Resources"] for page in reader.pages]
        fonts = {str(font.get_object()["/BaseFont"]) for each in resources for font in each["/Font"].values()}
        assert fonts
        assert all("NotoSansSC" in font or "NotoSerifSC" in font for font in fonts)
        assert render_invoice(document) == pdf


def test_an_issued_document_keeps_the_names_it_was_issued_with(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    document = issue_invoices(period_start=MONDAY, now=world.now)[0]
    issued = render_invoice(document)
    Hub.objects.update(name="Renamed", name_zh="改名")
    assert render_invoice(Invoice.objects.get(pk=document.pk)) == issued


def test_a_document_is_the_same_alone_and_after_others(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    *others, last = issue_invoices(period_start=MONDAY, now=world.now)
    for document in others:
        render_invoice(document)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as new_process:
        alone = new_process.submit(typeset, TEMPLATE, document_content(last), at=last.issued_at).result()
    assert render_invoice(last) == alone


def test_what_people_type_is_printed_and_not_run() -> None:
    template = ROOT / "exports" / "report.typ"
    typed = '#panic("x") \\ "quoted" \\" $ [ * _ \n second #line'
    content = {
        "title": typed,
        "title_zh": typed,
        "lead": "",
        "lead_zh": "",
        "asked": [],
        "made_at": "",
        "heads": [["a", "b"]],
    }
    pdf = typeset(
        template, {**content, "numbers": [False], "rows": [[typed]], "totals": []}, at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "".join(text.split()).count("".join(typed.split())) >= 2
