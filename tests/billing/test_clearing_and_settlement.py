from __future__ import annotations

import pytest

from billing.funds import available_fen
from billing.models import Account, Hold, Obligation, SettlementLine, SettlementRun, Transfer, VatPeriod
from billing.quote import current_rates, hold_unit_fen
from billing.rounding import share_half_up
from billing.settlement import HoursNotOver, settle_delivered
from matching.models import Participant
from tests.billing.world import MONDAY, World

START_FEN = 100_000_000


def balance(kind: str, participant: Participant | None = None) -> int:
    account = Account.objects.get(kind=kind, participant=participant)
    return account.credits_posted - account.debits_posted


def test_a_bid_holds_its_worst_case_and_a_cancel_frees_it(world: World) -> None:
    bid = world.bid(0, hours=3, quantity=2, price_fen=1850)
    unit = hold_unit_fen(price_fen=1850, rates=current_rates(now=world.now))
    assert unit == 1850 + 12 + 113
    assert available_fen(world.buyers[0].pk) == START_FEN - 6 * unit
    world.cancel(bid)
    assert world.clear() == 1
    assert available_fen(world.buyers[0].pk) == START_FEN
    assert not Hold.objects.exists()


def test_a_trade_below_the_limit_gives_the_difference_back_at_once(world: World) -> None:
    bid = world.bid(0, hours=4, quantity=2, price_fen=1850, block=True)
    world.trade(bid, price_fen=1700, quantity=2)
    assert world.clear() == 2
    value = 1700 * 8
    fee = share_half_up(amount_fen=value, bps=60)
    vat = share_half_up(amount_fen=value + fee, bps=600)
    assert available_fen(world.buyers[0].pk) == START_FEN - value - fee - vat
    assert not Hold.objects.exists()
    assert world.clear() == 0


def test_what_is_left_of_a_bid_stays_held(world: World) -> None:
    bid = world.bid(0, hours=4, quantity=3, price_fen=1000)
    world.trade(bid, price_fen=1000, quantity=1, start=MONDAY + 1, hours=2)
    world.clear()
    assert Hold.objects.get(order=bid).accelerator_hours == 10
    world.cut(bid, 2)
    world.clear()
    assert Hold.objects.get(order=bid).accelerator_hours == 8
    world.close(MONDAY + 1)
    world.clear()
    assert Hold.objects.get(order=bid).accelerator_hours == 6


def test_a_rejected_bid_gets_everything_back(world: World) -> None:
    world.reject(world.bid(0))
    world.clear()
    assert available_fen(world.buyers[0].pk) == START_FEN


def test_the_maker_pays_the_makers_rate(world: World) -> None:
    bid = world.bid(0, quantity=100)
    trade = world.trade(bid, price_fen=1000, quantity=100, bid_is_taker=False)
    world.clear()
    obligation = Obligation.objects.get(trade=trade)
    assert (obligation.buyer_fee_bps, obligation.seller_fee_bps) == (20, 60)


def test_settlement_pays_the_provider_the_exchange_and_the_tax_office(world: World) -> None:
    bid = world.bid(0, hours=30, quantity=7, price_fen=1033, block=True)
    world.trade(bid, price_fen=1033, quantity=7)
    assert world.settle(MONDAY + 30) == 2  # two Beijing days
    value = 1033 * 7 * 30
    buyer_fee, seller_fee = share_half_up(amount_fen=value, bps=60), share_half_up(amount_fen=value, bps=20)
    vat = share_half_up(amount_fen=value + buyer_fee, bps=600)
    assert balance("payable", world.providers[0]) == value - seller_fee
    assert balance("fees") == buyer_fee + seller_fee
    assert balance("vat") == vat
    assert balance("clearing") == 0
    assert balance("funds", world.buyers[0]) == START_FEN - value - buyer_fee - vat
    assert available_fen(world.buyers[0].pk) == START_FEN - value - buyer_fee - vat
    assert balance("obligations", world.buyers[0]) == 0
    assert Obligation.objects.get().is_settled
    assert [line.hours for line in SettlementLine.objects.order_by("start")] == [24, 6]


def test_fees_never_drift_however_often_a_trade_is_settled(world: World) -> None:
    """61 fen at 60 bps is a third of a fen an hour: rounding each hour alone would never take a fee."""
    bid = world.bid(0, hours=48, quantity=1, price_fen=61)
    world.trade(bid, price_fen=61, quantity=1)
    for hour in range(MONDAY + 1, MONDAY + 49):
        world.settle(hour)
    value = 61 * 48
    assert sum(SettlementLine.objects.values_list("buyer_fee_fen", flat=True)) == share_half_up(
        amount_fen=value, bps=60
    )
    assert balance("vat") == share_half_up(amount_fen=value + share_half_up(amount_fen=value, bps=60), bps=600)
    assert balance("clearing") == 0


def test_vat_is_kept_by_invoice_period(world: World) -> None:
    world.hour = MONDAY + 100
    bid = world.bid(0, start=MONDAY + 160, hours=20, quantity=3, price_fen=777)
    world.trade(bid, price_fen=777, quantity=3)
    world.clear()
    first, second = VatPeriod.objects.order_by("start")
    assert (first.start, second.start) == (MONDAY, MONDAY + 168)
    value = 777 * 3
    fee = share_half_up(amount_fen=value * 20, bps=60)
    first_fee = share_half_up(amount_fen=value * 8, bps=60)
    assert first.unsettled_base_fen == value * 8 + first_fee
    assert second.unsettled_base_fen == value * 12 + fee - first_fee
    world.settle(MONDAY + 180)
    first.refresh_from_db()
    assert first.posted_fen == share_half_up(amount_fen=value * 8 + first_fee, bps=600)
    assert first.unsettled_base_fen == 0
    assert first.pending is None


def test_running_settlement_again_does_nothing(world: World) -> None:
    bid = world.bid(0, hours=5, quantity=1)
    world.trade(bid, price_fen=900, quantity=1)
    world.settle(MONDAY + 3)
    transfers = Transfer.objects.count()
    assert settle_delivered(until_hour=MONDAY + 3, now=world.now) == []
    assert Transfer.objects.count() == transfers
    assert SettlementRun.objects.count() == 1


def test_hours_that_have_not_ended_are_not_settled(world: World) -> None:
    with pytest.raises(HoursNotOver):
        settle_delivered(until_hour=world.hour + 1, now=world.now)


def test_hours_whose_gate_the_matcher_has_not_closed_wait(world: World) -> None:
    bid = world.bid(0, hours=2, quantity=2)
    world.trade(bid, price_fen=900, quantity=1)
    world.hour = MONDAY + 2
    assert settle_delivered(until_hour=MONDAY + 2, now=world.now) == []
    assert world.settle(MONDAY + 2) == 1
