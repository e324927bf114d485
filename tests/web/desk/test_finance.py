"""Finance's pages agree with the books, and their downloads with the pages."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from billing.funds import available_fen
from billing.invoicing import issue_invoices
from billing.models import Invoice, SettlementLine, SettlementRun, Transfer
from billing.period import BEIJING, period_of
from billing.settlement import settle_delivered
from marketplace.web.desk import drafts
from matching.hours import moment_of
from tests.web.desk.world import World

ALICE_FEN = 8 * 2 * 1000
CHARLIE_FEN = 4 * 3 * 1000


def file_address(format: str) -> str:
    return reverse("finance_report_file", args=["lines", format])


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def test_the_report_shows_last_week_and_no_difference(world: World) -> None:
    text = world.client("fiona").get(reverse("finance_settlement")).content.decode()
    assert _yuan(ALICE_FEN + CHARLIE_FEN) in text
    assert "1 market agrees, difference 0.00" in text
    assert "H800-80G" in text


def test_filters_stay_in_the_address_and_narrow_page_and_downloads_alike(world: World) -> None:
    client = world.client("fiona")
    query = {"participant": "alice"}
    text = client.get(reverse("finance_settlement"), query).content.decode()
    assert _yuan(ALICE_FEN) in text
    assert _yuan(ALICE_FEN + CHARLIE_FEN) not in text
    assert f"{file_address('csv')}?participant=alice" in text
    rows = _csv(client.get(file_address("csv"), query))
    assert {row["buyer"] for row in rows} == {"alice"}
    nothing = client.get(reverse("finance_settlement"), {"from": "2001-01-01", "to": "2001-01-07"}).content.decode()
    assert "Nothing was traded for delivery in these days" in nothing


def test_csv_and_xlsx_add_up_to_the_ledger(world: World) -> None:
    client = world.client("fiona")
    response = client.get(file_address("csv"))
    assert response["Content-Disposition"].endswith('.csv"')
    rows = _csv(response)
    assert len(rows) == SettlementLine.objects.count()
    assert sum(Decimal(row["value_cny"]) for row in rows) == Decimal(ALICE_FEN + CHARLIE_FEN) / 100
    workbook = openpyxl.load_workbook(io.BytesIO(_content(client.get(file_address("xlsx")))))
    assert workbook.worksheets[0].max_row == len(rows) + 2


def _content(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def _csv(response: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_content(response).decode())))


def test_a_total_opens_its_lines(world: World) -> None:
    client = world.client("fiona")
    address = reverse("finance_lines") + "?class=H800-80G"
    assert address in client.get(reverse("finance_settlement")).content.decode()
    text = client.get(address).content.decode()
    assert "Alice" in text
    assert "Charlie" in text
    assert "Bob" in text


def test_every_run_is_listed_with_its_sums(world: World) -> None:
    text = world.client("fiona").get(reverse("finance_runs")).content.decode()
    runs = SettlementRun.objects.filter(lines__gt=0)
    assert runs
    for run in runs:
        assert _yuan(run.value_fen) in text


def test_documents_of_everybody_can_be_found_and_opened(world: World) -> None:
    client = world.client("fiona")
    numbers = [world.document(who).number for who in (world.alice, world.charlie, world.bob)]
    text = client.get(reverse("finance_invoices")).content.decode()
    assert all(number in text for number in numbers)
    statements = client.get(reverse("finance_invoices"), {"kind": "statement"}).content.decode()
    assert [number in statements for number in numbers] == [False, False, True]
    found = client.get(reverse("finance_invoices"), {"q": "ali"}).content.decode()
    assert [number in found for number in numbers] == [True, False, False]
    assert client.get(reverse("finance_invoice", args=[numbers[1]])).status_code == 200
    assert client.get(reverse("finance_invoice_pdf", args=[numbers[2]])).content.startswith(b"%PDF")
    assert client.get(reverse("finance_invoice", args=["SS-1999-B-000001"])).status_code == 404


def test_an_invoice_has_its_e_invoices_for_finance_and_its_buyer_and_a_statement_none(world: World) -> None:
    number, statement = world.document(world.alice).number, world.document(world.bob).number
    for who, area, page in (
        ("fiona", "finance_invoice", "finance_invoice"),
        ("alice", "wallet_document", "wallet_document"),
    ):
        client = world.client(who)
        text = client.get(reverse(page, args=[number])).content.decode()
        ubl, factur_x = (reverse(f"{area}_{name}", args=[number]) for name in ("ubl", "factur_x"))
        assert ubl in text
        assert factur_x in text
        assert f"<cbc:ID>{number}</cbc:ID>" in client.get(ubl).content.decode()
        assert client.get(factur_x).content.startswith(b"%PDF")
        assert f'filename="{number}.factur-x.pdf"' in client.get(factur_x)["Content-Disposition"]
    assert world.client("charlie").get(reverse("wallet_document_ubl", args=[number])).status_code == 404
    for name in ("ubl", "factur_x"):
        address = reverse(f"finance_invoice_{name}", args=[statement])
        assert world.client("fiona").get(address).status_code == 404
        assert address not in world.client("fiona").get(reverse("finance_invoice", args=[statement])).content.decode()


def test_the_trial_balance_balances(world: World) -> None:
    world.buy(world.alice, world.first)
    text = world.client("fiona").get(reverse("finance_ledger"), {"kind": "funds"}).content.decode()
    assert "Debits and credits agree, difference 0.00" in text
    assert "Alice" in text
    assert _yuan(available_fen(world.alice.pk)) in text


def test_a_bank_transfer_is_booked_once(world: World) -> None:
    client = world.client("fiona")
    before_fen = available_fen(world.alice.pk)
    form = {"participant": world.alice.pk, "amount_fen": "1234.56", "reference": "ICBC-1"}
    for _ in range(2):
        assert client.post(reverse("finance_deposit"), form).status_code == 302
    assert available_fen(world.alice.pk) == before_fen + 123456
    other = client.post(reverse("finance_deposit"), {**form, "amount_fen": "1.00"})
    assert other.status_code == 422
    assert "This reference has been booked already" in other.content.decode()
    assert available_fen(world.alice.pk) == before_fen + 123456


def test_the_books_are_downloaded_in_each_format(world: World) -> None:
    client = world.client("fiona")
    address = reverse("finance_books")
    assert address in client.get(reverse("finance_ledger")).content.decode()
    for kind, name, start in (
        ("beancount", "books.beancount", "option "),
        ("hledger", "books.journal", "commodity "),
        ("csv", "books.csv", "\ufeffentry,"),
    ):
        response = client.get(address, {"format": kind, "detail": "day"})
        assert f'filename="{name}"' in response["Content-Disposition"]
        assert _content(response).decode().startswith(start)
    days = {"format": "csv", "detail": "transfer", "first": "2030-01-02", "last": "2030-01-01"}
    refused = client.get(address, days)
    assert refused.status_code == 422
    assert "This day is before the first one." in refused.content.decode()
    days["last"] = "2030-01-02"
    assert 'filename="books-2030-01-02-2030-01-02.csv"' in client.get(address, days)["Content-Disposition"]


def test_invoices_go_to_the_tax_platform_and_numbers_come_back(world: World) -> None:
    client = world.client("fiona")
    page, invoice = reverse("finance_fapiao"), world.document(world.alice)
    text = client.get(page).content.decode()
    assert invoice.number in text
    assert world.document(world.bob).number not in text
    book = openpyxl.load_workbook(io.BytesIO(_content(client.get(reverse("finance_fapiao_file")))))
    assert [cell.value for cell in book.worksheets[0]["A"]][1:] == list(
        Invoice.objects.filter(kind="invoice").order_by("pk").values_list("number", flat=True)
    )
    head, number = "申请号,数电票号码,开票日期,价税合计（小写）", "25312000000000000001"
    day = timezone.now().astimezone(BEIJING).date()

    def send(total_fen: int) -> Any:
        line = f"{invoice.number},{number},{day},{total_fen / 100:.2f}"
        file = SimpleUploadedFile("numbers.csv", f"{head}\n{line}\n".encode("gb18030"))
        return client.post(page, {"file": file}, follow=True)

    refused = send(invoice.total_fen + 1)
    assert refused.status_code == 422
    assert f"Line 2: The total is {(invoice.total_fen + 1) / 100:.2f}" in refused.content.decode()
    assert "1 number stored." in send(invoice.total_fen).content.decode()
    for who, name in (("fiona", "finance_invoice"), ("alice", "wallet_document")):
        assert number in world.client(who).get(reverse(name, args=[invoice.number])).content.decode()
    assert invoice.number not in client.get(page).content.decode()
    assert client.post(page).status_code == 422


def test_drafts_are_seen_before_they_are_issued(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fiona = world.client("fiona")

    def page() -> str:
        return fiona.get(reverse("finance_drafts")).content.decode()

    assert "Everybody has the documents of this week" in page()
    world.buy(world.alice, world.first, hours=2, quantity=2)
    start, end = period_of(world.first)
    later = moment_of(end)
    world.run(later)
    monkeypatch.setattr(drafts, "timezone", SimpleNamespace(now=lambda: later))
    assert "is not settled to its end" in page()
    settle_delivered(until_hour=end, now=later)
    text = page()
    assert "42.65" in text  # ¥40.00, fee 0.24, VAT 2.41
    assert text.count('<td data-label="Kind">') == 3  # her invoice, Bob's statement and his fee invoice
    issue_invoices(period_start=start, now=later)
    assert "Everybody has the documents of this week" in page()
    assert world.client("alice").get(reverse("finance_drafts")).status_code == 403


def test_a_transfer_says_what_it_belongs_to_and_what_ends_it(world: World) -> None:
    fiona = world.client("fiona")
    posted = Transfer.objects.filter(code="trade", phase="post").exclude(pending__order=None).latest("pk")
    ends = fiona.get(reverse("finance_transfer", args=[posted.pk])).content.decode()
    assert reverse("finance_trade", args=[posted.trade_id]) in ends
    assert reverse("finance_transfer", args=[posted.pending_id]) in ends
    for language, kind in (("en", "Participants&#x27; funds"), ("zh-hans", "参与方资金")):
        held = fiona.get(reverse("finance_transfer", args=[posted.pending_id]), headers={"accept-language": language})
        assert reverse("finance_transfer", args=[posted.pk]) in held.content.decode()
        assert kind in held.content.decode()
    api = f"/api/v1/transfers/{posted.pending_id}"
    assert fiona.get(api).json()["ended_by_id"] == posted.pk
    assert fiona.get(f"/api/v1/transfers/{posted.pk}").json()["ended_by_id"] is None
