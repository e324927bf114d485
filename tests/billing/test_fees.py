"""Fees by volume and by participant, VAT by tax code: which apply, how versions come to be, and that holds always suffice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from billing import versions
from billing.fees.terms import read_fee_terms
from billing.fees.versions import (
    DayAlreadyTraded,
    TiersInvalid,
    approve_schedule,
    new_schedule,
    propose_schedule,
    touched_by,
)
from billing.funds import available_fen
from billing.models import FeeDay, FeeSchedule, Invoice, Obligation, Rate, TaxCode, VatPeriod
from billing.quote import current_rates, quote_fills
from billing.tax.versions import approve_tax_code, approve_vat_rate, propose_tax_code, propose_vat_rate
from billing.verify import find_differences
from matching.models import Change, Order
from tests.billing.test_invoicing import WEEK
from tests.billing.world import MONDAY, World

TIERS = [(0, 20, 60), (1_000_000, 15, 40), (10_000_000, 0, 20)]
TOMORROW = MONDAY  # a world stands a day before
TODAY = MONDAY - 24


def enter(world: World, tiers: list[tuple[int, int, int]], *, day: int, buyer: int | None = None) -> FeeSchedule:
    """Propose and approve a schedule as two people."""
    participant_id = None if buyer is None else world.buyers[buyer].pk
    schedule = new_schedule(tiers=tiers, from_hour=day, reason="Agreed", participant_id=participant_id)
    propose_schedule(schedule=schedule, by="ann@x.example", now=world.now)
    return approve_schedule(schedule_id=schedule.pk, by="bob@x.example", now=world.now)


def buy(world: World, value_fen: int, *, buyer: int = 0, bid_is_taker: bool = True) -> Obligation:
    bid = world.bid(buyer, price_fen=value_fen, start=MONDAY + 5 * 24)
    trade = world.trade(bid, price_fen=value_fen, quantity=1, bid_is_taker=bid_is_taker)
    world.clear()
    return Obligation.objects.get(trade_id=trade.pk)


def test_a_tier_follows_the_volume_of_the_30_days_before(world: World) -> None:
    enter(world, TIERS, day=TOMORROW)
    assert buy(world, 900_000).buyer_fee_bps == 60  # still the schedule that came with the exchange
    world.hour = TOMORROW
    rates = current_rates(now=world.now, participant_id=world.buyers[0].pk)
    first, second = buy(world, 400_000), buy(world, 100_000, bid_is_taker=False)
    assert (first.buyer_fee_bps, first.seller_fee_bps) == (60, 20)  # ¥9,000.00 so far
    assert (second.buyer_fee_bps, second.seller_fee_bps) == (20, 60)  # what is traded today counts from tomorrow
    assert rates.taker_fee_bps == 60
    terms = read_fee_terms(participant_ids=[world.buyers[0].pk], now=world.now)[world.buyers[0].pk]
    assert (terms.volume_fen, terms.next_tier, terms.missing_fen) == (900_000, (1_000_000, 15, 40), 100_000)
    world.hour = TOMORROW + 24
    rates = current_rates(now=world.now, participant_id=world.buyers[0].pk)
    third = buy(world, 100_000)
    assert (third.buyer_fee_bps, third.seller_fee_bps) == (40, 15) == (rates.taker_fee_bps, rates.maker_fee_bps)
    assert buy(world, 100_000, buyer=1).buyer_fee_bps == 60  # somebody else's volume is its own
    world.hour = TODAY + 31 * 24
    assert current_rates(now=world.now, participant_id=world.buyers[0].pk).taker_fee_bps == 60  # the first day has left
    assert list(find_differences()) == []


def test_a_trade_of_yesterday_that_clears_late_counts_from_the_next_day(world: World) -> None:
    enter(world, TIERS, day=TODAY + 48)
    world.hour = TODAY + 71
    late = world.bid(0, price_fen=2_000_000, start=MONDAY + 5 * 24)
    world.trade(late, price_fen=2_000_000, quantity=1)
    world.hour = TODAY + 72
    assert buy(world, 1000).buyer_fee_bps == 40  # one batch: yesterday's counts
    world.hour = TODAY + 95
    world.trade(world.bid(1, price_fen=2_000_000, start=MONDAY + 5 * 24), price_fen=2_000_000, quantity=1)
    day = FeeDay.objects.get(participant=world.buyers[0], day=TODAY + 72)
    assert (day.volume_fen, day.taker_fee_bps) == (2_000_000, 40)
    world.clear()
    assert list(find_differences()) == []


def test_an_override_goes_before_the_schedule_until_it_ends(world: World) -> None:
    enter(world, [(0, 0, 5)], day=TOMORROW, buyer=0)
    enter(world, [], day=TOMORROW + 48, buyer=0)
    world.hour = TOMORROW
    assert (buy(world, 100_000).buyer_fee_bps, buy(world, 100_000, buyer=1).buyer_fee_bps) == (5, 60)
    assert (
        current_rates(now=world.now, participant_id=world.buyers[0].pk).hold_fee_bps == 60
    )  # it ends while a bid may live
    world.hour = TOMORROW + 48
    assert buy(world, 100_000).buyer_fee_bps == 60
    assert Change.objects.filter(what="fee_schedule.approve", participant_id=world.buyers[0].pk).count() == 2
    assert list(find_differences()) == []


def test_no_hold_falls_short_whatever_tier_applies_or_is_entered_later(world: World) -> None:
    """A bid of all that a buyer has fills after its tier has got worse, and after a dearer schedule was entered."""
    enter(world, [(0, 30, 80), (1000, 0, 1)], day=TOMORROW)
    buy(world, 5000)
    world.hour = TOMORROW
    rates = current_rates(now=world.now, participant_id=world.buyers[0].pk)
    assert (rates.taker_fee_bps, rates.hold_fee_bps) == (1, 80)
    free = available_fen(world.buyers[0].pk)
    bid = world.bid(0, start=MONDAY + 40 * 24, hours=10, quantity=7, price_fen=free // 70 * 93 // 100)
    enter(world, [(0, 100, 900)], day=TOMORROW + 24)
    world.hour = TOMORROW + 35 * 24
    for hour in range(10):
        world.trade(bid, price_fen=bid.price_fen or 0, quantity=7, start=bid.start + hour, hours=1)
    world.clear()
    assert set(Obligation.objects.filter(bid=bid).values_list("buyer_fee_bps", flat=True)) == {80}
    assert available_fen(world.buyers[0].pk) >= 0
    assert list(find_differences()) == []


def test_quote_trade_invoice_and_books_agree_on_tier_and_tax_code(world: World) -> None:
    enter(world, [(0, 0, 33)], day=TOMORROW, buyer=0)
    status = propose_tax_code(
        participant_id=world.buyers[0].pk, tax_code=TaxCode.EXPORT, from_hour=MONDAY, reason="Abroad", by="a",
        now=world.now,
    )  # fmt: skip
    approve_tax_code(status_id=status.pk, by="b", now=world.now)
    world.hour = MONDAY
    rates = current_rates(now=world.now, participant_id=world.buyers[0].pk)
    quote = quote_fills(value_fen=123_450, rates=rates)
    before = available_fen(world.buyers[0].pk)
    buy(world, 123_450)
    buy(world, 123_450, buyer=1)
    assert (rates.vat_bps, before - available_fen(world.buyers[0].pk)) == (0, quote.total_fen)
    world.settle(MONDAY + WEEK)
    from billing.invoicing import issue_invoices

    issue_invoices(period_start=MONDAY, now=world.now)
    invoice = Invoice.objects.get(kind="invoice", participant=world.buyers[0])
    assert (invoice.net_fen, invoice.vat_fen) == (quote.value_fen + quote.fee_fen, 0)
    assert Invoice.objects.get(kind="invoice", participant=world.buyers[1]).vat_rate_bps == 600
    assert list(find_differences()) == []


def test_a_vat_rate_starts_with_a_week_that_nothing_touches(world: World) -> None:
    buy(world, 5000)
    world.bid(1, start=MONDAY + WEEK + 3, hours=200)

    def enter_vat(start: int) -> Rate:
        return propose_vat_rate(tax_code="services", bps=900, from_hour=start, reason="New law", by="a", now=world.now)

    with pytest.raises(versions.VersionTooEarly, match="2025-12-15"):
        enter_vat(MONDAY + 2 * WEEK)
    rate = enter_vat(MONDAY + 3 * WEEK)
    bid = world.bid(0, start=MONDAY + 3 * WEEK + 5)  # meanwhile
    with pytest.raises(versions.VersionTooEarly):
        approve_vat_rate(rate_id=rate.pk, by="b", now=world.now)
    world.cancel(bid)
    world.clear()
    approve_vat_rate(rate_id=rate.pk, by="b", now=world.now)
    world.trade(world.bid(0, start=MONDAY + 3 * WEEK + 5, price_fen=10_000), price_fen=10_000, quantity=1)
    world.clear()
    assert VatPeriod.objects.get(start=MONDAY + 3 * WEEK).rate_bps == 900
    assert list(find_differences()) == []


def test_whom_a_version_touches(world: World) -> None:
    buy(world, 2_000_000)
    enter(world, [(0, 0, 5)], day=TOMORROW, buyer=1)
    world.hour = TOMORROW
    buy(world, 1000, buyer=1)
    (seller, buyer) = touched_by(schedule=new_schedule(tiers=TIERS, from_hour=MONDAY + 48, reason=""), now=world.now)
    assert (buyer.participant, buyer.taker_fee_bps, buyer.new_taker_fee_bps) == (world.buyers[0], 60, 40)
    assert seller.participant == world.providers[0]
    assert not buyer.is_dearer
    own = new_schedule(tiers=[], from_hour=MONDAY + 48, reason="", participant_id=world.buyers[1].pk)
    (one,) = touched_by(schedule=own, now=world.now)
    assert (one.taker_fee_bps, one.new_taker_fee_bps, one.is_dearer) == (5, 60, True)


def _decided_twice(world: World) -> None:
    schedule = enter(world, TIERS, day=TOMORROW)
    approve_schedule(schedule_id=schedule.pk, by="eve@x.example", now=world.now)


def _own(world: World) -> None:
    schedule = propose_schedule(
        schedule=new_schedule(tiers=TIERS, from_hour=TOMORROW, reason="So"), by="ann@x.example", now=world.now
    )
    approve_schedule(schedule_id=schedule.pk, by="ANN@x.example", now=world.now)


def _traded(world: World) -> None:
    schedule = new_schedule(tiers=TIERS, from_hour=TOMORROW, reason="So")
    propose_schedule(schedule=schedule, by="ann@x.example", now=world.now)
    now, world.hour = world.now, TOMORROW
    buy(world, 1000)
    approve_schedule(schedule_id=schedule.pk, by="bob@x.example", now=now)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (lambda w: enter(w, TIERS, day=TODAY), versions.VersionTooEarly),
        (lambda w: new_schedule(tiers=[], from_hour=MONDAY, reason="x"), TiersInvalid),
        (lambda w: new_schedule(tiers=[(1, 1, 1)], from_hour=MONDAY, reason="x"), TiersInvalid),
        (lambda w: new_schedule(tiers=[(0, 1, 1), (9, 1, 1), (9, 0, 0)], from_hour=MONDAY, reason="x"), TiersInvalid),
        (lambda w: new_schedule(tiers=[(0, -1, 1)], from_hour=MONDAY, reason="x"), versions.RateOutOfRange),
        (lambda w: new_schedule(tiers=[(0, 1, 1001)], from_hour=MONDAY, reason="x"), versions.RateOutOfRange),
        (
            lambda w: propose_vat_rate(
                tax_code="services", bps=10_001, from_hour=MONDAY, reason="x", by="a", now=w.now
            ),
            versions.RateOutOfRange,
        ),
        (
            lambda w: propose_schedule(
                schedule=new_schedule(tiers=TIERS, from_hour=MONDAY, reason=" "), by="a", now=w.now
            ),
            versions.ReasonMissing,
        ),
        (_decided_twice, versions.VersionDecided),
        (_own, versions.SecondPersonNeeded),
        (_traded, DayAlreadyTraded),
    ],
)
def test_a_version_that_cannot_be_is_refused_by_name(
    world: World, bad: Callable[[World], object], error: type[versions.UnableToVersion]
) -> None:
    with pytest.raises(error) as caught:
        bad(world)
    assert str(caught.value)


def test_no_version_is_edited_or_deleted(world: World) -> None:
    schedule = enter(world, TIERS, day=TOMORROW)
    for change in (
        lambda: FeeSchedule.objects.filter(pk=schedule.pk).update(taker_fee_bps=[1, 1, 1]),
        lambda: FeeSchedule.objects.filter(pk=schedule.pk).delete(),
        lambda: Rate.objects.update(bps=1),
    ):
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
            change()
    assert Order.objects.count() == 0
