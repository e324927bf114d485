"""What an operator lets a participant do holds for whatever comes in next, however it comes in."""

from __future__ import annotations

import pytest

from matching.cancel import cancel_order
from matching.engine.dtypes import Kind
from matching.limits import Limits, OrderAboveLimit, ParticipantStopped, TooManyOpenOrders, set_limits
from matching.models import Change, Order
from tests.factories import NOW, bid
from tests.matching.conftest import Exchange, place, replace


def limit(exchange: Exchange, **limits: int | bool) -> None:
    values = Limits(**limits)  # type: ignore[arg-type]
    set_limits(participant_id=exchange.alice.pk, limits=values, by="olga@example.com", reason="Papers missing", now=NOW)


def hourly(exchange: Exchange, **fields: int) -> Order:
    return exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, price_fen=100, **fields))


def test_a_stopped_participant_cancels_and_cuts_and_does_nothing_else(exchange: Exchange) -> None:
    order, other = hourly(exchange, quantity=8), hourly(exchange, quantity=8)
    limit(exchange, is_stopped=True)
    with pytest.raises(ParticipantStopped, match="Papers missing"):
        hourly(exchange)
    with pytest.raises(ParticipantStopped):
        replace(order, quantity=9)
    with pytest.raises(ParticipantStopped):
        replace(order, price_fen=101)
    replace(order, quantity=4)
    cancel_order(participant_id=exchange.alice.pk, order_id=other.pk, now=NOW)
    exchange.matcher.drain()
    assert Order.objects.get(pk=order.pk).quantity == 4
    assert Order.objects.get(pk=other.pk).state == Order.State.CANCELLED
    exchange.place(bid(exchange.bob, exchange.market, kind=Kind.HOURLY, price_fen=100))
    limit(exchange)
    hourly(exchange)
    assert Change.objects.filter(what="participant.limit").count() == 2


def test_the_size_of_one_order_is_bounded_when_placed_and_when_raised(exchange: Exchange) -> None:
    limit(exchange, order_accelerator_hours_max=8)
    with pytest.raises(OrderAboveLimit, match="of 12 accelerator-hours"):
        hourly(exchange, quantity=3, hours=4)
    order = hourly(exchange, quantity=2, hours=4)
    with pytest.raises(OrderAboveLimit):
        replace(order, quantity=3)


def test_open_orders_are_counted_within_a_batch_too(exchange: Exchange) -> None:
    limit(exchange, open_orders_max=3)
    order = hourly(exchange)
    requests = [bid(exchange.alice, exchange.market, kind=Kind.HOURLY, price_fen=100) for _ in range(4)]
    verdicts = place(requests)
    assert [isinstance(v, TooManyOpenOrders) for v in verdicts] == [False, False, True, True]
    exchange.matcher.drain()
    cancel_order(participant_id=exchange.alice.pk, order_id=order.pk, now=NOW)
    exchange.matcher.drain()
    hourly(exchange)
