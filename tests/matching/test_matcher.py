"""The matcher end to end: what a trade, a cancel and a gate leave in the database."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from matching.cancel import cancel_order, mass_cancel
from matching.clock import close_gates
from matching.engine.dtypes import Kind, SelfTrade, TimeInForce
from matching.models import BookLevel, Command, Holding, Market, Order, OrderEvent, Trade
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange, replace


def committed(participant_id: int, hour: int) -> int:
    return sum(Holding.objects.filter(participant_id=participant_id, hour=hour).values_list("committed", flat=True))


def test_a_block_bid_takes_the_cheapest_asks(exchange: Exchange) -> None:
    dear = exchange.place(ask(exchange.north, price_fen=1100))
    cheap = exchange.place(ask(exchange.south, price_fen=1000, quantity=1))
    order = exchange.place(bid(exchange.alice, exchange.market, hours=4, quantity=2, price_fen=1200))
    assert order.state == Order.State.FILLED
    assert order.filled_accelerator_hours == 8
    assert order.filled_value_fen == 4 * (1000 + 1100)
    assert order.open == [0]
    assert order.executed_start == HOUR + 1
    trades = Trade.objects.order_by("ordinal").values_list("ask_id", "start", "hours", "quantity", "price_fen")
    assert list(trades) == [(cheap.pk, HOUR + 1, 4, 1, 1000), (dear.pk, HOUR + 1, 4, 1, 1100)]
    trade = Trade.objects.first()
    assert trade is not None
    assert trade.traded_at == NOW
    assert (trade.buyer_id, trade.sequence, trade.taker_side) == (exchange.alice.pk, order.sequence, 1)


def test_the_book_shows_what_is_left(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=2, quantity=8))
    exchange.place(bid(exchange.alice, exchange.market, hours=1, quantity=3))
    levels = BookLevel.objects.order_by("hour").values_list("hour", "side", "price_fen", "quantity", "orders")
    assert list(levels) == [(HOUR + 1, -1, 1000, 5, 1), (HOUR + 2, -1, 1000, 8, 1)]
    exchange.place(bid(exchange.alice, exchange.market, hours=1, quantity=5))
    assert list(BookLevel.objects.values_list("hour", flat=True)) == [HOUR + 2]


def test_a_buyer_holds_what_it_bought_and_may_sell_it_again(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=2))
    exchange.place(bid(exchange.alice, exchange.market, hours=2, quantity=3))
    holding = Holding.objects.get(participant=exchange.alice, hour=HOUR + 1)
    assert (holding.site_id, holding.capacity, holding.committed) == (exchange.north.pk, 3, 0)
    resale = exchange.place(ask(exchange.north, participant=exchange.alice, hours=2, quantity=2, price_fen=900))
    order = exchange.place(bid(exchange.bob, exchange.market, hours=2, quantity=2))
    assert order.filled_value_fen == 2 * 2 * 900
    resale.refresh_from_db()
    assert resale.state == Order.State.FILLED
    holding.refresh_from_db()
    assert (holding.capacity, holding.committed) == (3, 2)
    assert Holding.objects.get(participant=exchange.bob, hour=HOUR + 1).capacity == 2


def test_a_cancel_gives_the_unfilled_part_back(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=2))
    exchange.place(bid(exchange.alice, exchange.market, hours=1, quantity=3))
    cancel_order(participant_id=exchange.north.provider_id, order_id=order.pk, now=NOW)
    exchange.matcher.drain()
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert order.open == [0, 0]
    assert order.closed_at == NOW
    assert committed(exchange.north.provider_id, HOUR + 1) == 3
    assert committed(exchange.north.provider_id, HOUR + 2) == 0
    assert not BookLevel.objects.exists()


def test_mass_cancel_ends_all_of_one_participant_in_one_market(exchange: Exchange) -> None:
    mine = [exchange.place(bid(exchange.alice, exchange.market)) for _ in range(3)]
    other = exchange.place(bid(exchange.bob, exchange.market))
    assert mass_cancel(participant_id=exchange.alice.pk, market_id=exchange.market.pk, now=NOW) == 3
    exchange.matcher.drain()
    assert {order.state for order in Order.objects.filter(pk__in=[o.pk for o in mine])} == {"cancelled"}
    other.refresh_from_db()
    assert other.state == Order.State.OPEN


def test_a_closed_gate_expires_hours_and_frees_them(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=3))
    waiting = exchange.place(bid(exchange.alice, exchange.market, price_fen=1, hours=1))
    flexible = exchange.place(bid(exchange.alice, exchange.market, price_fen=1, hours=1, start_flexibility=1))
    close_gates(now=NOW + timedelta(hours=1))
    exchange.matcher.drain()
    for each in (order, waiting, flexible):
        each.refresh_from_db()
    assert order.open == [0, 8, 8]
    assert committed(exchange.north.provider_id, HOUR + 1) == 0
    assert waiting.state == Order.State.EXPIRED
    assert flexible.state == Order.State.OPEN
    assert Market.objects.get().closed_until == HOUR + 2
    reduced = OrderEvent.objects.get(order=order)
    assert (reduced.hour, reduced.quantity) == (HOUR + 1, 8)


def test_an_order_after_a_late_clock_does_not_trade_in_a_closed_hour(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north))
    late = NOW + timedelta(hours=1)
    order = exchange.place(bid(exchange.alice, exchange.market, hours=1, start_flexibility=5), now=late)
    assert order.executed_start == HOUR + 2


def test_an_order_that_meets_its_own_does_not_trade(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=1))
    exchange.place(bid(exchange.alice, exchange.market, hours=1, quantity=4))
    resale = exchange.place(ask(exchange.north, participant=exchange.alice, hours=1, quantity=4, price_fen=900))
    order = exchange.place(
        bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=2, self_trade=SelfTrade.CANCEL_TAKER)
    )
    assert (order.state, order.why, order.filled_accelerator_hours) == (Order.State.CANCELLED, "self_trade", 0)
    resale.refresh_from_db()
    assert resale.open == [4]


def test_a_market_order_fills_within_its_protection_and_never_rests(exchange: Exchange) -> None:
    Market.objects.update(reference_price_fen=1000, protection_band_bps=1000)
    exchange.place(ask(exchange.north, hours=1, quantity=1, price_fen=1100))
    exchange.place(ask(exchange.north, hours=1, quantity=1, price_fen=1101))
    order = exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=2, price_fen=None))
    assert order.protection_price_fen == 1100
    assert order.time_in_force == TimeInForce.IOC
    assert (order.state, order.filled_accelerator_hours) == (Order.State.EXPIRED, 1)


def test_a_cut_keeps_the_place_and_frees_the_rest(exchange: Exchange) -> None:
    first = exchange.place(ask(exchange.north, hours=2))
    second = exchange.place(ask(exchange.south, hours=2))
    replace(first, quantity=5)
    exchange.matcher.drain()
    first.refresh_from_db()
    assert first.open == [5, 5]
    assert committed(exchange.north.provider_id, HOUR + 1) == 5
    assert list(BookLevel.objects.values_list("quantity", flat=True)) == [13, 13]
    order = exchange.place(bid(exchange.alice, exchange.market, hours=2, quantity=6))
    assert order.filled_accelerator_hours == 12
    assert dict(Trade.objects.values_list("ask_id", "quantity")) == {first.pk: 5, second.pk: 1}


def test_a_cut_that_would_raise_an_hour_changes_nothing(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=2, quantity=8))
    # The owner asks for 5 while, unseen, 6 of one hour trade before the matcher reads the cut.
    replace(order, quantity=5)
    Command.objects.filter(sequence__isnull=True).update(id=F("id") + 10)
    exchange.place(bid(exchange.alice, exchange.market, hours=1, quantity=6))
    order.refresh_from_db()
    assert order.open == [2, 8]
    assert committed(exchange.north.provider_id, HOUR + 1) == 8


def test_a_selling_block_commits_its_flexible_hours_until_it_executes(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, kind=Kind.BLOCK, hours=2, start_flexibility=2, quantity=4))
    assert [committed(exchange.north.provider_id, HOUR + h) for h in range(1, 6)] == [4, 4, 4, 4, 0]
    buying = bid(exchange.alice, exchange.market, kind=Kind.HOURLY, start=HOUR + 2, hours=2, quantity=5, price_fen=2000)
    exchange.place(buying)
    order.refresh_from_db()
    assert (order.state, order.executed_start) == (Order.State.FILLED, HOUR + 2)
    assert [committed(exchange.north.provider_id, HOUR + h) for h in range(1, 6)] == [0, 4, 4, 0, 0]
    assert order.filled_value_fen == 2 * 4 * 2000
