"""Finance's week: a run corrected by a late reading, from the total down to the reading, a credit note, a payout by two people, four files."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from billing.delivery.readings import NewReading, record_readings
from billing.models import Invoice, Payout, SettlementLine
from billing.period import date_of
from billing.settlement import settle_delivered
from billing.verify import find_differences
from marketplace.accounts.models import User
from matching.hours import hour_of, moment_of
from tests.browser.exchange import PASSWORD, Exchange
from tests.browser.person import Person
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def fall_short(exchange: Exchange) -> int:
    """Let a late reading say that one hour had three accelerators too few, and let settlement run; returns the hour."""
    line = SettlementLine.objects.select_related("trade").order_by("start").first()
    assert line is not None
    now, hour = timezone.now(), line.start + 1
    reading = NewReading(
        site=exchange.site.slug, hour=hour, holder=exchange.buyer.slug, accelerators=line.trade.quantity - 3,
        source="wuhu-1", source_id="m-40812", read_at=moment_of(hour + 1),
    )  # fmt: skip
    (verdict,) = record_readings(provider_id=exchange.provider.pk, readings=[reading], now=now)
    assert verdict.error is None
    exchange.provider.bank_account = "6222 0000 1"
    exchange.provider.save()
    settle_delivered(until_hour=hour_of(now - timedelta(hours=1)), now=now)
    return hour


def credit(fiona: Person, invoice: Invoice) -> None:
    """Credit ten yuan of an invoice's compute, from its page, once what that does has been looked at."""
    page = fiona.goes_to("/finance/invoices/")
    page.get_by_role("link", name=invoice.number, exact=True).click()
    page.locator(f"a[href$='/{invoice.number}/credit']").click()
    expect(page.locator("h1")).to_have_text(f"Credit {invoice.number}")
    page.locator("input[name=line_1]").fill("10.00")
    page.locator("textarea[name=reason], input[name=reason]").fill("Slow network on Tuesday")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.locator("#plan")).to_contain_text("¥10.60")  # and VAT
    fiona.keeps_picture("finance-4-credit-note")
    page.get_by_role("button", name="Issue a credit note of ¥10.60").click()
    expect(page.locator("main")).to_contain_text("Slow network on Tuesday")
    note = Invoice.objects.get(corrects=invoice, reason="Slow network on Tuesday")
    expect(page.locator("main")).to_contain_text(note.number)
    assert (note.kind, note.net_fen, note.total_fen, note.sign) == ("credit", 1_000, 1_060, -1)


def test_finance_from_a_run_to_the_reading_a_credit_note_a_payout_and_four_files(
    browser: Browser, web: WebServer, exchange: Exchange
) -> None:
    hour = fall_short(exchange)
    week = f"from={date_of(hour - 24)}&to={date_of(hour + 48)}"
    User.objects.create_user("greta@example.com", PASSWORD, finance_role="approver")
    fiona = Person(browser, web.url)
    fiona.signs_in(exchange.finance_email)

    page = fiona.goes_to("/finance/runs/")
    page.locator("tbody a[href^='/finance/runs/']").first.click()
    expect(page.locator("main")).to_contain_text("made good")
    delta = page.get_by_role("row").filter(has_text="delta")
    expect(delta).to_contain_text("34.50")  # three accelerators at ¥11.50, the difference to the run before
    expect(delta).to_contain_text("3.45")

    page = fiona.goes_to(f"/finance/reports/reconciliation/?{week}")
    expect(page.locator("main")).to_contain_text("Everything agrees, difference 0.00")
    fiona.keeps_picture("finance-1-reconciliation")
    page.get_by_role("row").filter(has_text="North Bank").locator("a[href*='/reports/shortfalls/']").click()
    expect(page.locator("h1")).to_have_text("Shortfalls and disputes")
    page.locator("a[href^='/finance/trades/']").first.click()
    expect(page.locator("h1")).to_contain_text("3 acc-h short")
    expect(page.locator("main")).to_contain_text("difference 0.00")
    fiona.keeps_picture("finance-2-trade")
    page.get_by_role("link", name="wuhu-1 · m-40812").click()
    expect(page.locator("main")).to_contain_text("accelerators held")

    credit(fiona, exchange.invoice)
    page = fiona.goes_to(f"/finance/reports/reconciliation/?{week}")
    expect(page.locator("main")).to_contain_text("Everything agrees, difference 0.00")

    page = fiona.goes_to("/finance/payouts/")
    page.get_by_role("button", name="Prepare").click()
    expect(page.locator("body")).to_contain_text("Somebody else in finance has to approve it")
    batch = page.url
    greta = Person(browser, web.url)
    greta.signs_in("greta@example.com")
    page = greta.goes_to(batch.removeprefix(web.url))
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("body")).to_contain_text("The file for the bank is ready")
    assert Payout.objects.get().batch.approved_by == "greta@example.com"

    page = greta.goes_to(f"/finance/reports/lines/?{week}")
    files = {name: greta.downloads(name) for name in ("CSV", "XLSX", "Parquet", "PDF")}
    rows = list(csv.DictReader(files["CSV"].read_text(encoding="utf-8").splitlines()))
    charged = sum(Decimal(row["charged_cny"]) for row in rows)
    sheet = openpyxl.load_workbook(files["XLSX"].open("rb")).worksheets[0]
    place = [str(cell.value).splitlines()[-1] for cell in sheet[1]].index("Charged before VAT (CNY)")
    assert Decimal(str(sheet.cell(row=sheet.max_row, column=place + 1).value)) == charged > 0
    assert sum(pq.read_table(files["Parquet"])["charged_cny"].to_pylist()) == charged
    text = PdfReader(files["PDF"]).pages[0].extract_text()
    assert f"{charged:,}" in text
    page = greta.goes_to("/finance/reports/changes/")
    expect(page.locator("main")).to_contain_text("Approved a payout batch")
    expect(page.locator("main")).to_contain_text("Downloaded a report")
    expect(page.locator("main")).to_contain_text("Issued a credit note")
    greta.keeps_picture("finance-3-changes")
    assert fiona.errors == greta.errors == []
    assert list(find_differences()) == []
