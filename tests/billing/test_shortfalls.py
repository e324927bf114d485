"""What is not delivered is made good to the fen: by the run, by delta runs after it, and back again when a reading is corrected."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import BytesIO, StringIO

import pytest

from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.delivery.readings import NewReading, record_readings
from billing.exports import write_report
from billing.funds import available_fen
from billing.invoicing import issue_invoices
from billing.models import Account, Adjustment, Dispute, Invoice, SettlementRun, VatPeriod
from billing.quote import current_rates, hold_unit_fen
from billing.reports import SettlementFilters, read_asked, settlement_summary
from billing.reports.registry import REPORTS
from billing.reports.rows import read_totals
from billing.rounding import share_half_up
from billing.settlement import settle_delivered
from billing.verify import find_differences
from matching.hours import moment_of
from matching.models import Participant
from tests.billing.report_differences import report_differences
from tests.billing.world import MONDAY, World

START_FEN = 100_000_000


def read(world: World, hour: int, accelerators: int, source_id: str, *, buyer: int = 0, market: int = 0) -> None:
    """A reading that must be taken; its meter's clock shows the hour's end."""
    site, provider = world.sites[market], world.providers[market]
    reading = NewReading(
        site=site.slug,
        hour=hour,
        holder=world.buyers[buyer].slug,
        accelerators=accelerators,
        source="dcim",
        source_id=source_id,
        read_at=moment_of(hour + 1),
    )
    (verdict,) = record_readings(provider_id=provider.pk, readings=[reading], now=world.now)
    assert verdict.error is None


def balance(kind: str, participant: Participant | None = None) -> int:
    account = Account.objects.filter(kind=kind, participant=participant).first()
    return account.credits_posted - account.debits_posted if account else 0


def buy(world: World, *, hours: int = 4, quantity: int = 8, price_fen: int = 1033) -> None:
    bid = world.bid(0, hours=hours, quantity=quantity, price_fen=price_fen)
    world.trade(bid, price_fen=price_fen, quantity=quantity)
    world.clear()


def settle(world: World) -> list[SettlementRun]:
    return settle_delivered(until_hour=world.hour, now=world.now)


def paid_for(value_fen: int) -> int:
    fee = share_half_up(amount_fen=value_fen, bps=60)
    return value_fen + fee + share_half_up(amount_fen=value_fen + fee, bps=600)


def test_without_a_reading_everything_counts_as_delivered(world: World) -> None:
    buy(world)
    world.settle(MONDAY + 4)
    assert available_fen(world.buyers[0].pk) == START_FEN - paid_for(1033 * 32)
    assert not Adjustment.objects.exists()


def test_a_shortfall_known_at_the_cut_off_is_made_good_by_the_run(world: World) -> None:
    buy(world)
    world.close(MONDAY + 4)
    read(world, MONDAY, 8, "a")
    read(world, MONDAY + 1, 5, "b")
    (run,) = settle(world)
    assert (run.adjustments_made, run.principal_fen, run.penalty_fen) == (1, 3 * 1033, 310)
    line = Adjustment.objects.get()
    assert (line.hour, line.accelerators, line.reading.source_id) == (MONDAY + 1, 3, "b")  # type: ignore[union-attr]
    value, principal = 1033 * 32, 1033 * 3
    fee, back = share_half_up(amount_fen=value, bps=60), share_half_up(amount_fen=principal, bps=60)
    net = value + fee - principal - back
    vat = share_half_up(amount_fen=net, bps=600)
    assert available_fen(world.buyers[0].pk) == START_FEN - net - vat + 310
    assert balance("payable", world.providers[0]) == value - share_half_up(amount_fen=value, bps=20) - principal - 310
    assert balance("vat") == vat == VatPeriod.objects.get().posted_fen
    assert list(find_differences()) == []


def test_late_and_corrected_readings_are_posted_as_differences_by_delta_runs(world: World) -> None:
    buy(world)
    world.settle(MONDAY + 4)
    before = available_fen(world.buyers[0].pk)
    read(world, MONDAY + 1, 5, "late")
    (delta,) = settle(world)
    assert (delta.kind, delta.corrects, delta.principal_fen) == (
        "delta",
        SettlementRun.objects.get(kind="delivery"),
        3099,
    )
    assert settle(world) == []
    read(world, MONDAY + 1, 7, "corrected")
    (second,) = settle(world)
    assert second.principal_fen == -2 * 1033
    first, change = Adjustment.objects.order_by("id")
    assert (first.corrects, change.corrects, change.accelerators) == (None, first, -2)
    assert list(find_differences()) == []
    read(world, MONDAY + 1, 8, "all there")
    settle(world)
    assert available_fen(world.buyers[0].pk) == before
    assert sum(Adjustment.objects.values_list("penalty_fen", flat=True)) == 0
    assert list(find_differences()) == []


def test_a_reading_that_changes_nothing_makes_no_run(world: World) -> None:
    buy(world)
    world.settle(MONDAY + 4)
    read(world, MONDAY, 8, "full")
    assert settle(world) == []
    assert not SettlementRun.objects.filter(is_stale=True).exists()


def test_what_is_short_goes_to_the_newest_trades_first(world: World) -> None:
    for quantity, price in ((5, 900), (4, 1100), (3, 1001)):
        world.trade(world.bid(0, hours=1, quantity=quantity, price_fen=price), price_fen=price, quantity=quantity)
    world.clear()
    world.close(MONDAY + 1)
    read(world, MONDAY, 4, "a")
    settle(world)
    lines = Adjustment.objects.order_by("-trade_id").values_list("accelerators", "principal_fen")
    assert list(lines) == [(3, 3003), (4, 4400), (1, 900)]
    assert list(find_differences()) == []


def test_a_debt_that_nothing_covers_is_paid_from_later_money(world: World) -> None:
    """The credit has been spent when a corrected reading takes it back: the buyer owes it, and its next free money pays."""
    buy(world, quantity=800)
    world.close(MONDAY + 4)
    for hour in range(MONDAY, MONDAY + 4):
        read(world, hour, 0, f"{hour}")
    settle(world)
    buyer = world.buyers[0]
    unit_fen = hold_unit_fen(price_fen=9000, rates=current_rates(now=world.now))
    bid = world.bid(0, start=MONDAY + 100, quantity=available_fen(buyer.pk) // unit_fen, price_fen=9000)
    read(world, MONDAY, 800, "corrected")
    settle(world)
    owed = -balance("receivable", buyer)
    assert owed > 0
    assert available_fen(buyer.pk) == 0
    assert list(find_differences()) == []
    world.cancel(bid)
    world.close(MONDAY + 5)
    settle(world)
    assert balance("receivable", buyer) == 0
    assert list(find_differences()) == []


def test_a_providers_debt_is_paid_from_its_next_sales(world: World) -> None:
    """Everything fell short: with the penalty it owes more than it got."""
    buy(world, hours=2)
    world.close(MONDAY + 2)
    read(world, MONDAY, 0, "a")
    read(world, MONDAY + 1, 0, "b")
    settle(world)
    provider = world.providers[0]
    value = 1033 * 16
    fee = share_half_up(amount_fen=value, bps=20)
    assert balance("payable", provider) == 0
    assert balance("receivable", provider) == -(share_half_up(amount_fen=value, bps=1000) + fee)
    assert list(find_differences()) == []
    bid = world.bid(0, start=MONDAY + 3, hours=4, quantity=8)
    world.trade(bid, price_fen=1000, quantity=8)
    world.clear()
    world.settle(MONDAY + 7)
    assert balance("receivable", provider) == 0
    assert list(find_differences()) == []


def test_an_open_dispute_keeps_what_is_contested_and_both_ends_release_it(world: World) -> None:
    buy(world)
    world.close(MONDAY + 4)
    buyer, provider = world.buyers[0], world.providers[0]
    read(world, MONDAY + 1, 7, "a")
    disputes = [
        raise_dispute(site_id=world.sites[0].pk, hour=MONDAY + hour, holder_id=buyer.pk, accelerators=claimed,
                      reason="Nodes were down", by="alice", now=world.now)
        for hour, claimed in ((1, 5), (2, 6))
    ]  # fmt: skip
    settle(world)
    whole = 1033 * 32 - share_half_up(amount_fen=1033 * 32, bps=20)
    assert balance("disputed") == 4 * 1033
    assert balance("payable", provider) == whole - 1033 - 103 - 4 * 1033
    assert list(find_differences()) == []
    resolve_dispute(
        dispute_id=disputes[0].pk, accelerators=None, resolution="The log shows 7", by="fiona", now=world.now
    )
    resolve_dispute(
        dispute_id=disputes[1].pk, accelerators=6, resolution="Two nodes were down", by="fiona", now=world.now
    )
    (delta,) = settle(world)
    assert balance("disputed") == 0
    assert delta.disputed_fen == -4 * 1033
    assert delta.principal_fen == 2 * 1033
    assert balance("payable", provider) == whole - 3 * 1033 - share_half_up(amount_fen=3 * 1033, bps=1000)
    assert [d.state for d in Dispute.objects.order_by("id")] == ["rejected", "upheld"]
    read(world, MONDAY + 2, 8, "the meter still says so")  # a ruling counts before any reading
    assert settle(world) == []
    assert list(find_differences()) == []


def test_documents_state_what_was_delivered_and_what_fell_short(world: World) -> None:
    buy(world, hours=30)
    world.trade(world.bid(1, hours=2, quantity=3), price_fen=1000, quantity=3)
    world.clear()
    world.close(MONDAY + 168)
    read(world, MONDAY + 3, 6, "a")
    settle(world)
    read(world, MONDAY + 25, 0, "b")
    dispute = raise_dispute(site_id=world.sites[0].pk, hour=MONDAY, holder_id=world.buyers[1].pk, accelerators=0,
                            reason="No login", by="b", now=world.now)  # fmt: skip
    settle(world)
    issued = issue_invoices(period_start=MONDAY, now=world.now)
    (invoice,) = issued  # the disputed side and the provider wait
    assert invoice.participant == world.buyers[0]
    assert invoice.accelerator_hours == 240 - 2 - 8
    assert list(find_differences()) == []
    resolve_dispute(dispute_id=dispute.pk, accelerators=0, resolution="Right", by="f", now=world.now)
    with pytest.raises(Exception, match="not settled"):
        issue_invoices(period_start=MONDAY, now=world.now)
    settle(world)
    documents = issue_invoices(period_start=MONDAY, now=world.now)
    statement = next(d for d in documents if d.kind == Invoice.Kind.STATEMENT)
    assert statement.total_fen == balance("payable", world.providers[0])
    summary = settlement_summary(SettlementFilters()).total
    assert (summary.difference_fen, summary.uninvoiced_fen) == (0, 0)
    assert summary.short_fen == 1033 * 10 + 3000
    assert summary.invoiced_fen == sum(i.net_fen for i in Invoice.objects.filter(kind="invoice"))
    out = BytesIO()
    asked = read_asked({"from": "2025-01-01", "to": "2026-12-31"}, now=world.now)
    write_report(out, format="csv", report=REPORTS["lines"], asked=asked, now=world.now)
    assert report_differences(world.now) == {}
    shown = read_totals(REPORTS["shortfalls"], asked).sums
    assert shown["principal_cny"] == summary.short_fen
    charged = sum(Decimal(row["charged_cny"]) for row in csv.DictReader(StringIO(out.getvalue().decode())))
    assert charged * 100 == summary.invoiced_fen
    assert [line.kind for line in statement.lines.all()] == ["compute", "fee", "shortfall"]
    assert list(find_differences()) == []


def test_what_a_holder_resold_is_not_counted_twice(world: World) -> None:
    """Buyer 0 buys eight, resells three at the same site to buyer 1: each is made good for its own shortfall only."""
    buy(world, hours=1)
    bid = world.bid(1, hours=1, quantity=3, price_fen=1500)
    trade = world.trade(bid, price_fen=1500, quantity=3)
    type(trade).objects.filter(pk=trade.pk).update(seller=world.buyers[0])
    world.clear()
    world.close(MONDAY + 1)
    read(world, MONDAY, 4, "a", buyer=0)
    read(world, MONDAY, 1, "b", buyer=1)
    settle(world)
    lines = Adjustment.objects.order_by("trade_id").values_list("trade__buyer_id", "accelerators", "principal_fen")
    assert list(lines) == [(world.buyers[0].pk, 1, 1033), (world.buyers[1].pk, 2, 3000)]
    assert list(find_differences()) == []
