"""The exchange as its three people use it: list, bid, see it filled, export the report, open the invoice."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from billing.clearing import clear
from billing.models import Hold
from matching.models import Order
from tests.browser.exchange import Exchange
from tests.browser.person import Person
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_provider_lists_a_buyer_buys_and_finance_reports(
    browser: Browser, web: WebServer, exchange: Exchange
) -> None:
    bob = Person(browser, web.url)
    bob.signs_in(exchange.provider_email)
    page = bob.goes_to("/provider/")
    page.get_by_label("Hours", exact=True).fill("24")
    page.get_by_label("Accelerators", exact=True).fill("32")
    page.get_by_label("Price", exact=True).fill("12.34")
    expect(page.locator("#listing-preview")).to_contain_text("768")  # 32 accelerators x 24 hours
    bob.keeps_picture("journey-1-list")
    page.get_by_role("button", name="List it").click()
    expect(page.locator("body")).to_contain_text("12.34")

    alice = Person(browser, web.url)
    alice.signs_in(exchange.buyer_email)
    page = alice.goes_to("/")
    row = page.get_by_role("row").filter(has_text="12.34")
    expect(row).to_contain_text("Wuhu-1")
    alice.keeps_picture("journey-2-offers")
    row.get_by_role("link", name="Buy").click()
    page.get_by_label("Accelerators", exact=True).fill("8")
    page.get_by_label("Hours", exact=True).fill("6")
    expect(page.locator("#preview")).to_contain_text("Fills now")
    expect(page.locator("#preview")).to_contain_text("592.32")  # 8 x 6 x 12.34
    alice.keeps_picture("journey-3-preview")
    page.get_by_role("button", name="Place bid, hold").click()
    order = Order.objects.filter(participant=exchange.buyer).latest("pk")
    expect(page.locator("main")).to_contain_text("Filled", timeout=30_000)
    order.refresh_from_db()
    assert (order.state, order.filled_accelerator_hours, order.filled_value_fen) == ("filled", 48, 59_232)
    alice.keeps_picture("journey-4-filled")
    clear(now=order.placed_at)
    assert not Hold.objects.filter(order=order).exists()

    fiona = Person(browser, web.url)
    fiona.signs_in(exchange.finance_email)
    page = fiona.goes_to("/finance/invoices/")
    page.get_by_role("link", name=exchange.invoice.number).first.click()
    expect(page.locator("main")).to_contain_text("North Bank Model Lab")
    fiona.keeps_picture("journey-5-invoice")
    text = PdfReader(fiona.downloads("Download PDF")).pages[0].extract_text()
    assert "North-Bank Co., Ltd." in text
    assert "增值税" in text
    assert exchange.invoice.number in text

    page = fiona.goes_to("/finance/")
    page.get_by_role("link", name="Everything").first.click()
    expect(page.locator(".reconciliation")).to_contain_text("0.00")
    fiona.keeps_picture("journey-6-report")
    table = list(csv.DictReader(fiona.downloads("CSV").read_text(encoding="utf-8-sig").splitlines()))
    assert len(table) >= 1
    sheet = load_workbook(io.BytesIO(fiona.downloads("XLSX").read_bytes())).active
    assert sheet is not None
    assert sheet.max_row >= 2
    assert [person.errors for person in (bob, alice, fiona)] == [[], [], []]
