"""What owners may change of orders that are out: quantity and price, up and down; each hour is judged alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F

from matching.cancel import OrderAlreadyGone, OrderNotFound, cancel_order
from matching.capacity import NothingToSell
from matching.engine.dtypes import Event, Kind, TimeInForce, Why
from matching.entry import ClientOrderIdConflict, PriceOffTick, PriceOutOfBounds, QuantityOffLot, QuantityOutOfBounds
from matching.models import BookLevel, Command, Holding, Market, Order, OrderEvent, Trade
from matching.replace import (
    NothingToChange,
    OrderNamedTwice,
    OrderNeverWaits,
    ReplaceRequest,
    WouldTradeAtOnce,
    check_replaces,
)
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange, replace


def committed(participant_id: int, hour: int) -> int:
    return Holding.objects.get(participant_id=participant_id, hour=hour).committed


def replaced(exchange: Exchange, order: Order, **values: Any) -> Order:
    """Ask for a replace, play it, and return the order as it stands."""
    replace(order, **values)
    exchange.matcher.drain()
    order.refresh_from_db()
    return order


def play_last(exchange: Exchange, order: Order) -> None:
    """Let what waits reach the matcher after what is placed next."""
    Command.objects.filter(sequence__isnull=True, order=order).update(id=F("id") + 1000)


def test_a_raise_goes_to_the_back(exchange: Exchange) -> None:
    first = exchange.place(ask(exchange.north, hours=1, quantity=4))
    second = exchange.place(ask(exchange.south, hours=1, quantity=4))
    assert replaced(exchange, first, quantity=6).open == [6]
    assert first.quantity == 6
    assert committed(exchange.north.provider_id, HOUR + 1) == 6
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=5))
    assert dict(Trade.objects.values_list("ask_id", "quantity")) == {second.pk: 4, first.pk: 1}
    assert list(find_differences()) == []


def test_hours_are_judged_alone(exchange: Exchange) -> None:
    """The hour that has traded is raised and goes to the back, the other is cut and keeps its place."""
    first = exchange.place(ask(exchange.north, hours=2, quantity=8))
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=5))
    second = exchange.place(ask(exchange.south, hours=2, quantity=8))
    assert replaced(exchange, first, quantity=6).open == [6, 6]
    assert first.places is not None
    exchange.matcher.rebuild()
    exchange.place(bid(exchange.bob, exchange.market, kind=Kind.HOURLY, hours=2, quantity=8))
    bought = Trade.objects.filter(buyer=exchange.bob).values_list("start", "ask_id", "quantity")
    assert sorted(bought) == [
        (HOUR + 1, second.pk, 8),
        (HOUR + 2, first.pk, 6),
        (HOUR + 2, second.pk, 2),
    ]


def test_a_new_price_moves_the_levels_and_may_trade(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, price_fen=1300))
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=2, price_fen=1200))
    assert replaced(exchange, order, price_fen=1250).price_fen == 1250
    assert list(BookLevel.objects.filter(side=-1).values_list("price_fen", "quantity", "orders")) == [(1250, 8, 1)]
    assert replaced(exchange, order, price_fen=1100).open == [6]
    assert Trade.objects.get().price_fen == 1200
    assert OrderEvent.objects.filter(order=order, event=Event.ACCEPTED).count() == 2
    assert list(find_differences()) == []


def test_a_replaced_block_is_tried_as_if_arriving(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=2, price_fen=1300))
    order = exchange.place(bid(exchange.alice, exchange.market, hours=2, quantity=2, price_fen=1200))
    replaced(exchange, order, price_fen=1300, quantity=3)
    assert (order.state, order.filled_accelerator_hours, order.quantity) == (Order.State.FILLED, 6, 3)
    assert list(find_differences()) == []


def test_a_flexible_block_commits_a_raise_in_every_hour_that_it_might_use(exchange: Exchange) -> None:
    order = exchange.place(
        ask(exchange.north, kind=Kind.BLOCK, hours=1, start_flexibility=1, quantity=4, min_quantity=1)
    )
    replace(order, quantity=6)
    assert [committed(exchange.north.provider_id, HOUR + h) for h in (1, 2)] == [6, 6]
    play_last(exchange, order)
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, start=HOUR + 2, hours=1, quantity=1))
    order.refresh_from_db()
    assert (order.executed_start, order.open) == (HOUR + 2, [3])
    assert [committed(exchange.north.provider_id, HOUR + h) for h in (1, 2)] == [0, 4], "the raise was overtaken"
    assert list(find_differences()) == []


def test_a_raise_that_trades_have_overtaken_changes_nothing(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=2, quantity=8))
    replace(order, quantity=10)
    assert committed(exchange.north.provider_id, HOUR + 1) == 10
    play_last(exchange, order)
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=6))
    order.refresh_from_db()
    assert (order.open, order.quantity) == ([2, 8], 8)
    assert [committed(exchange.north.provider_id, HOUR + h) for h in (1, 2)] == [8, 8]
    told = OrderEvent.objects.get(order=order, event=Event.REJECTED)
    assert told.why == Why.OVERTAKEN
    assert order.state == Order.State.OPEN
    assert list(find_differences()) == []


def test_a_new_price_is_not_overtaken(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, quantity=8))
    replace(order, price_fen=1100)
    play_last(exchange, order)
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=6))
    order.refresh_from_db()
    assert (order.open, order.price_fen) == ([2], 1100)


def test_changes_on_their_way_are_reckoned_with(exchange: Exchange) -> None:
    """A cut, then a raise, then a price, none of them read yet: all of them are done, one after another."""
    order = exchange.place(ask(exchange.north, hours=2, quantity=8))
    replace(order, quantity=3)
    replace(order, quantity=12)
    with pytest.raises(NothingToChange):
        replace(order, quantity=12)
    replace(order, price_fen=1500)
    with pytest.raises(NothingToChange):
        replace(order, price_fen=1500)
    assert committed(exchange.north.provider_id, HOUR + 1) == 17, "sold, open, and what may be raised from 3 to 12"
    assert list(find_differences()) == []
    exchange.matcher.drain()
    order.refresh_from_db()
    assert (order.open, order.price_fen) == ([12, 12], 1500)
    assert committed(exchange.north.provider_id, HOUR + 1) == 12
    assert list(find_differences()) == []


def test_a_cancel_before_a_raise_frees_all_of_it(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, quantity=8))
    cancel_order(participant_id=exchange.north.provider_id, order_id=order.pk, now=NOW)
    replace(order, quantity=9)
    exchange.matcher.run_batch(limit=1)
    exchange.matcher.drain()
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert committed(exchange.north.provider_id, HOUR + 1) == 0
    assert list(find_differences()) == []


def test_nobody_raises_beyond_what_is_free(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, quantity=60))
    with pytest.raises(NothingToSell, match="4 free accelerators"):
        replace(order, quantity=65)
    assert replaced(exchange, order, quantity=64).open == [64]


def test_post_only_is_judged_when_asked_and_when_read(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, post_only=True, kind=Kind.HOURLY))
    replace(order, price_fen=900)
    play_last(exchange, order)
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=1, price_fen=950))
    order.refresh_from_db()
    assert (order.state, order.price_fen) == (Order.State.OPEN, 1000)
    assert OrderEvent.objects.get(order=order, event=Event.REJECTED).why == Why.POST_ONLY
    with pytest.raises(WouldTradeAtOnce, match=r"¥9\.50"):
        replace(order, price_fen=900)
    assert list(find_differences()) == []


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({}, NothingToChange),
        ({"quantity": 8}, NothingToChange),
        ({"price_fen": 1000}, NothingToChange),
        ({"quantity": 8, "price_fen": 1000}, NothingToChange),
        ({"quantity": 0}, QuantityOutOfBounds),
        ({"quantity": 1_000_002}, QuantityOutOfBounds),
        ({"quantity": 3}, QuantityOffLot),
        ({"price_fen": 0}, PriceOutOfBounds),
        ({"price_fen": 1001}, PriceOffTick),
    ],
)
def test_what_is_refused(exchange: Exchange, values: dict[str, Any], refusal: type[Exception]) -> None:
    Market.objects.update(lot=2, tick_fen=5)
    order = exchange.place(ask(exchange.north))
    with pytest.raises(refusal):
        replace(order, **values)
    assert not Command.objects.filter(sequence__isnull=True).exists()


def test_an_order_that_is_gone_or_never_waits_is_not_replaced(exchange: Exchange) -> None:
    order = exchange.place(bid(exchange.alice, exchange.market, time_in_force=TimeInForce.IOC))
    with pytest.raises(OrderAlreadyGone):
        replace(order, quantity=1)
    pending = Order.objects.get(pk=order.pk)
    pending.state = Order.State.PENDING
    pending.save()
    with pytest.raises(OrderNeverWaits):
        replace(pending, quantity=1)


def test_many_have_a_verdict_each(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north))
    asked = [
        ReplaceRequest(participant_id=exchange.north.provider_id, order_id=i, quantity=3)
        for i in (order.pk, order.pk, order.pk + 1)
    ]
    verdicts = check_replaces(requests=asked)
    assert [type(verdict).__name__ for verdict in verdicts] == ["CheckedReplace", "OrderNamedTwice", "OrderNotFound"]
    assert isinstance(verdicts[1], OrderNamedTwice)
    assert isinstance(verdicts[2], OrderNotFound)


def test_the_same_client_order_id_after_a_replace_is_still_the_same_order(exchange: Exchange) -> None:
    request = ask(exchange.north, client_order_id="mine")
    order = exchange.place(request)
    assert replaced(exchange, order, quantity=3, price_fen=1100).quantity == 3
    assert exchange.place(request).pk == order.pk
    with pytest.raises(ClientOrderIdConflict):
        exchange.place(ask(exchange.north, client_order_id="mine", quantity=3, price_fen=1100))
