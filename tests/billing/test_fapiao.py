"""The tax platform's file says what the invoices say, and its numbers come back once, for the right invoice."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.capitals import capital_amount
from billing.credit_notes.by_finance import issue_credit_note
from billing.fapiao import numbers
from billing.fapiao.export import (
    invoices_to_apply_for,
    red_letters_that_wait,
    red_letters_to_apply_for,
    write_application,
    write_red_letters,
)
from billing.fapiao.numbers import Imported, import_numbers
from billing.invoice_pdf import render_invoice
from billing.invoicing import issue_invoices
from billing.models import Fapiao, Invoice
from billing.period import BEIJING
from billing.sheets import BYTES_MAX, HeadsMissing, LinesRefused, NotText, SheetError, TooLarge
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.world import MONDAY, World

HEAD = "申请号,数电票号码,开票日期,价税合计（小写）,其他"
FIRST, SECOND = "25312000000000000001", "25312000000000000002"


@pytest.fixture
def week(world: World) -> World:
    """Two invoices and two statements of a week of odd prices."""
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    world.hour += 48
    return world


def sheets() -> list[list[dict[str, object]]]:
    file = io.BytesIO()
    write_application(file, invoices=invoices_to_apply_for())
    tables = []
    for sheet in openpyxl.load_workbook(file).worksheets:
        head, *rows = sheet.iter_rows(values_only=True)
        tables.append([dict(zip(map(str, head), row, strict=True)) for row in rows])
    return tables


def fen(value: object) -> int:
    return round(Decimal(str(value)) * 100)


def test_the_file_has_every_field_to_the_fen(week: World) -> None:
    applications, lines = sheets()
    invoices = list(Invoice.objects.filter(kind=Invoice.Kind.INVOICE).order_by("pk"))
    assert [row["申请号"] for row in applications] == [invoice.number for invoice in invoices]
    for row, invoice in zip(applications, invoices, strict=True):
        assert (row["购买方名称"], row["购买方税号"]) == (invoice.buyer["legal_name"], invoice.buyer["tax_id"])
        assert (row["销售方名称"], row["销售方税号"]) == (invoice.seller["legal_name"], invoice.seller["tax_id"])
        totals = (invoice.net_fen, invoice.vat_fen, invoice.total_fen)
        assert tuple(fen(row[head]) for head in ("合计金额", "合计税额", "价税合计（小写）")) == totals
        assert row["价税合计（大写）"] == capital_amount(invoice.total_fen)
        assert row["数电票号码"] is None
        own = [line for line in lines if line["申请号"] == invoice.number]
        assert sum(fen(line["金额"]) for line in own) == invoice.net_fen
        assert sum(fen(line["税额"]) for line in own) == invoice.vat_fen
        for line, stored in zip(own, invoice.lines.all(), strict=True):
            assert (line["项目名称"], line["规格型号"] or "") == (stored.item_zh, stored.specification)
            assert (line["单位"], line["数量"]) == ("卡时" if stored.market else "项", stored.quantity)
            assert fen(float(str(line["单价"])) * stored.quantity) == stored.amount_fen == fen(line["金额"])
            assert line["税率"] == 0.06


def answer(*rows: tuple[str, str, str, str], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join([HEAD, *(",".join((*row, "x")) for row in rows)]).encode(encoding)


def row_of(position: int, number: str, day: str = "2025-12-01", total: str | None = None) -> tuple[str, str, str, str]:
    invoice = Invoice.objects.filter(kind=Invoice.Kind.INVOICE).order_by("pk")[position]
    return invoice.number, number, day, total or f"{invoice.total_fen / 100:.2f}"


def take_in(week: World, content: bytes) -> Imported:
    return import_numbers(content=content, imported_by="fay@example.com", now=week.now)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_numbers_come_back_once_and_are_printed(week: World, encoding: str) -> None:
    content = answer(row_of(0, FIRST), row_of(1, ""), encoding=encoding)
    assert take_in(week, content) == Imported(stored=1, known=0)
    assert take_in(week, content) == Imported(stored=0, known=1)
    fapiao = Fapiao.objects.get()
    assert (fapiao.number, str(fapiao.issued_on), fapiao.imported_by) == (FIRST, "2025-12-01", "fay@example.com")
    applications, lines = sheets()
    assert (
        [row["申请号"] for row in applications] == [row_of(1, "")[0]] == sorted({str(line["申请号"]) for line in lines})
    )
    text = "".join(PdfReader(io.BytesIO(render_invoice(fapiao.invoice))).pages[0].extract_text().split())
    assert FIRST in text
    assert "待税务平台赋码" not in text
    assert take_in(week, answer(row_of(0, FIRST, "2025/12/1 10:00"), row_of(1, SECOND))) == Imported(stored=1, known=1)
    assert sheets() == [[], []]


def refusal(week: World, content: bytes) -> LinesRefused:
    with pytest.raises(LinesRefused) as caught:
        take_in(week, content)
    return caught.value


def test_every_fault_is_named_with_its_line_and_nothing_is_stored(week: World) -> None:
    take_in(week, answer(row_of(1, SECOND)))
    statement = Invoice.objects.filter(kind=Invoice.Kind.STATEMENT)[0].number
    today = (week.now + timedelta(hours=8)).date()
    bad = [
        (("SS-1999-B-000001", FIRST, "2025-12-01", "1.00"), "ApplicationUnknown"),
        ((statement, FIRST, "2025-12-01", "1.00"), "ApplicationUnknown"),
        (row_of(0, "2.5312E+19"), "NumberMalformed"),
        (row_of(0, FIRST[:-1]), "NumberMalformed"),
        (row_of(0, "２" + FIRST[1:]), "NumberMalformed"),
        (row_of(0, SECOND), "NumberTaken"),
        (row_of(1, FIRST), "NumberDiffers"),
        (row_of(0, FIRST, total="0.01"), "TotalDiffers"),
        (row_of(0, FIRST, total="many"), "TotalDiffers"),
        (row_of(0, FIRST, total="NaN"), "TotalDiffers"),
        (row_of(0, FIRST, day="2025-11-30"), "DateImpossible"),
        (row_of(0, FIRST, day=str(today + timedelta(days=1))), "DateImpossible"),
        (row_of(0, FIRST, day="2025-13-01"), "DateImpossible"),
        (row_of(0, FIRST), None),
        (row_of(0, FIRST), "ApplicationTwice"),
    ]
    refused = refusal(week, answer(*(row for row, _name in bad)))
    expected = [(line, name) for line, (_row, name) in enumerate(bad, start=2) if name]
    assert [(line, type(error).__name__) for line, error in refused.errors] == expected
    assert str(refused).splitlines()[0] == "Line 2: No invoice has the application number SS-1999-B-000001."
    assert list(Fapiao.objects.values_list("number", flat=True)) == [SECOND]


def test_a_number_given_twice_in_one_file_is_taken_once(week: World) -> None:
    ((line, error),) = refusal(week, answer(row_of(0, FIRST), row_of(1, FIRST))).errors
    assert (line, type(error)) == (3, numbers.NumberTaken)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", HeadsMissing),
        ("申请号,数电票号码\n".encode(), HeadsMissing),
        (b"PK\x03\x04\xff\xff\x00", NotText),
        (HEAD.encode() + b'\n"a', NotText),
        (b"x" * (BYTES_MAX + 1), TooLarge),
    ],
)
def test_a_file_that_is_none_is_named(world: World, content: bytes, error: type[SheetError]) -> None:
    with pytest.raises(error):
        take_in(world, content)


def test_short_and_long_lines_are_read_for_what_they_have(week: World) -> None:
    application = row_of(0, FIRST)[0]
    assert take_in(week, f"{HEAD}\n{application}\n\n{application},,,,x,y,z\n".encode()) == Imported(stored=0, known=0)


SPELLED = re.compile(
    r"负?(?:零圆整|(?:[壹贰叁肆伍陆柒捌玖拾佰仟万亿零]+圆)?(?:[壹贰叁肆伍陆柒捌玖]角)?零?(?:[壹贰叁肆伍陆柒捌玖]分)?整?)"
)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
@example(100_000_000_000_000_01)
@example(10**17)
def test_capitals_are_spelled_as_a_bank_takes_them(amount_fen: int) -> None:
    words = capital_amount(amount_fen)
    assert SPELLED.fullmatch(words)
    assert "零零" not in words
    assert not re.search(r"零[圆万亿角整]", words.replace("零圆整", ""))
    assert words.endswith("整") == (amount_fen % 10 == 0 if amount_fen >= 0 else -amount_fen % 10 == 0)
    assert words.startswith("负") == (amount_fen < 0)
    assert capital_amount(-amount_fen).removeprefix("负") == words.removeprefix("负")
    whole = abs(amount_fen) // 100
    assert ("亿" in words) == (whole >= 10**8)
    assert len(re.findall("[壹贰叁肆伍陆柒捌玖]", words)) == sum(c != "0" for c in str(abs(amount_fen)))


def test_a_credit_note_goes_as_a_red_letter_once_its_invoice_has_a_number(week: World) -> None:
    invoice = Invoice.objects.filter(kind=Invoice.Kind.INVOICE).order_by("pk")[0]
    note = issue_credit_note(
        number=invoice.number, amounts_fen={1: 1000}, cause="allowance", reason="Slow", by="f", now=week.now
    )
    assert (red_letters_that_wait().get(), red_letters_to_apply_for().count()) == (note, 0)
    head = "申请号,数电票号码,红字信息确认单编号,开票日期,价税合计（小写）\n"
    day = f"{week.now.astimezone(BEIJING):%Y-%m-%d}"
    blue, red = "1" * 20, "2" * 20

    def bring(document: Invoice, number: str, confirmation: str, total_fen: int) -> None:
        line = f"{document.number},{number},{confirmation},{day},{total_fen / 100:.2f}\n"
        import_numbers(content=(head + line).encode(), imported_by="f", now=week.now)

    with pytest.raises(LinesRefused, match=r"Line 2: .*has no number of the platform yet"):
        bring(note, red, "32050000123", -note.total_fen)
    bring(invoice, blue, "", invoice.total_fen)
    file = io.BytesIO()
    write_red_letters(file, notes=red_letters_to_apply_for())
    first, second = openpyxl.load_workbook(file).worksheets
    heads, values = first.iter_rows(values_only=True)
    row = dict(zip(heads, values, strict=True))
    assert (row["申请号"], row["对应蓝字发票号码"], row["冲红原因"]) == (note.number, blue, "销售折让")
    assert (fen(row["合计金额"]), fen(row["价税合计（小写）"])) == (-1000, -note.total_fen)
    assert str(row["价税合计（大写）"]).startswith("（负数）")
    heads, values = second.iter_rows(values_only=True)
    row = dict(zip(heads, values, strict=True))
    assert (row["数量"], fen(row["金额"]), fen(row["税额"])) == (-1, -1000, -note.vat_fen)
    with pytest.raises(LinesRefused, match="is a red letter"):
        bring(note, red, "", -note.total_fen)
    with pytest.raises(LinesRefused, match="The total is"):
        bring(note, red, "32050000123", note.total_fen)
    bring(note, red, "32050000123", -note.total_fen)
    assert (note.fapiao.number, note.fapiao.confirmation) == (red, "32050000123")
    assert not red_letters_to_apply_for().exists()
