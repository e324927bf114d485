"""Errors that honest use never meets: what they say, and that nothing is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction

from billing import invoice_pdf, typesetting
from billing.holds import InsufficientFunds
from billing.invoicing import InvoiceDiffersFromLedger, issue_invoices
from billing.models import Invoice, NumberSeries, SettlementRun
from billing.parties import exchange_party, is_specimen
from billing.settlement import ClearingNotZero, settle_delivered
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.world import MONDAY, World


def test_a_bid_without_money_says_how_much_is_missing(world: World) -> None:
    with pytest.raises(InsufficientFunds) as refusal:
        world.bid(0, quantity=1000, hours=100, price_fen=1000)
    error = refusal.value
    assert error.needed_fen == 106_900_000
    assert error.available_fen == 100_000_000
    assert error.code == "insufficient_funds"
    assert "¥1,069,000.00" in str(error)
    assert "Top up ¥69,000.00" in str(error)


def test_money_stuck_in_clearing_stops_the_run(world: World) -> None:
    trade_a_week(world)
    world.close(MONDAY + WEEK)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_account SET credits_posted = credits_posted + 1 WHERE kind = 'clearing'")
    with pytest.raises(ClearingNotZero, match="1 fen"), transaction.atomic():
        settle_delivered(until_hour=MONDAY + WEEK, now=world.now)
    assert not SettlementRun.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE billing_vatperiod SET settled_base_fen = settled_base_fen + 1",
        "UPDATE billing_transfer SET amount_fen = amount_fen + 1 WHERE code = 'settlement'",
    ],
)
def test_a_document_that_differs_from_the_ledger_is_not_issued(world: World, change: str) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(change)
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(InvoiceDiffersFromLedger), transaction.atomic():
        issue_invoices(period_start=MONDAY, now=world.now)
    assert not Invoice.objects.exists()
    assert not NumberSeries.objects.filter(last__gt=0).exists()


def test_missing_fonts_are_named(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    document = issue_invoices(period_start=MONDAY, now=world.now)[0]
    monkeypatch.setattr("django.conf.settings.PDF_FONT_DIRS", [tmp_path / "noto-sans-sc"])
    typesetting._compiler.cache_clear()
    with pytest.raises(typesetting.FontsMissing, match="make setup"):
        invoice_pdf.render_invoice(document)


def test_the_exchange_is_a_specimen_until_its_facts_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_specimen(exchange_party())
    monkeypatch.setenv("EXCHANGE_LEGAL_NAME", "某某算力交易有限公司")
    monkeypatch.setenv("EXCHANGE_TAX_ID", "91110000MA00000000")
    party = exchange_party()
    assert party["legal_name"] == "某某算力交易有限公司"
    assert not is_specimen(party)
