"""What pages and the API read: books, the price curve, holdings; and what owners may do to their orders."""

from __future__ import annotations

import pytest

from matching.book import BestAsk, Level, best_asks, book_of_contract, price_curve
from matching.cancel import (
    OrderAlreadyGone,
    OrderNotFound,
    cancel_order,
    cancel_orders,
    mass_cancel,
)
from matching.engine.dtypes import Kind
from matching.holdings import holdings_of
from matching.models import Order
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange, replace


def test_the_book_has_levels_best_first(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=1, price_fen=1100))
    exchange.place(ask(exchange.south, hours=1, price_fen=1100, quantity=2))
    exchange.place(ask(exchange.south, hours=1, price_fen=1000, quantity=3))
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, price_fen=800))
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, price_fen=900))
    book = book_of_contract(market_id=exchange.market.pk, hour=HOUR + 1)
    assert book.asks == (Level(1000, 3, 1), Level(1100, 10, 2))
    assert book.bids == (Level(900, 2, 1), Level(800, 2, 1))
    assert (book.best_bid_fen, book.best_ask_fen) == (900, 1000)
    assert len(book_of_contract(market_id=exchange.market.pk, hour=HOUR + 1, depth=1).asks) == 1


def test_the_price_curve_has_every_hour(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=2, price_fen=1000, quantity=1))
    exchange.place(ask(exchange.north, hours=2, price_fen=1001, quantity=8))
    exchange.place(bid(exchange.alice, exchange.market, hours=2, quantity=2))
    first, second, third = price_curve(market_id=exchange.market.pk, start=HOUR + 1, end=HOUR + 4)
    assert (first.hour, first.best_ask_fen, first.ask_quantity) == (HOUR + 1, 1001, 7)
    assert (first.last_price_fen, first.vwap_fen, first.volume, first.last_traded_at) == (1001, 1001, 2, NOW)
    assert second.volume == 2
    assert (third.best_ask_fen, third.volume, third.vwap_fen) == (None, 0, None)
    assert best_asks(start=HOUR + 1, end=HOUR + 2) == [BestAsk(exchange.market.pk, HOUR + 1, 1001, 7, 7)]
    assert best_asks(start=HOUR + 1, end=HOUR + 2, market_ids=[]) == []


def test_holdings_are_spans_of_equal_hours(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=3))
    exchange.place(bid(exchange.alice, exchange.market, start=HOUR + 2, hours=2, quantity=3))
    exchange.place(ask(exchange.north, participant=exchange.alice, start=HOUR + 3, hours=1, quantity=1, price_fen=9000))
    provider = holdings_of(participant_id=exchange.north.provider_id, start=HOUR, end=HOUR + 24)
    assert [(h.start, h.end, h.capacity, h.offered, h.sold, h.free) for h in provider] == [
        (HOUR + 1, HOUR + 2, 64, 8, 0, 56),
        (HOUR + 2, HOUR + 4, 64, 5, 3, 56),
    ]
    mine = holdings_of(participant_id=exchange.alice.pk, start=HOUR, end=HOUR + 24)
    assert [(h.site, h.start, h.hours, h.usable, h.offered, h.free) for h in mine] == [
        (exchange.north, HOUR + 2, 1, 3, 0, 3),
        (exchange.north, HOUR + 3, 1, 3, 1, 2),
    ]


def test_an_order_of_another_cannot_be_cancelled(exchange: Exchange) -> None:
    order = exchange.place(bid(exchange.alice, exchange.market))
    with pytest.raises(OrderNotFound, match="no order with this number"):
        cancel_order(participant_id=exchange.bob.pk, order_id=order.pk, now=NOW)
    order.participant_id = exchange.bob.pk
    with pytest.raises(OrderNotFound):
        replace(order, quantity=1)


def test_an_order_that_is_gone_cannot_be_cancelled(exchange: Exchange) -> None:
    order = exchange.place(bid(exchange.alice, exchange.market))
    cancel_order(participant_id=exchange.alice.pk, order_id=order.pk, now=NOW)
    cancel_order(participant_id=exchange.alice.pk, order_id=order.pk, now=NOW)  # twice, before the matcher reads it
    exchange.matcher.drain()
    with pytest.raises(OrderAlreadyGone, match="no longer open"):
        cancel_order(participant_id=exchange.alice.pk, order_id=order.pk, now=NOW)
    with pytest.raises(OrderAlreadyGone):
        replace(order, quantity=1)


def test_many_cancels_have_a_verdict_each(exchange: Exchange) -> None:
    orders = [exchange.place(bid(exchange.alice, exchange.market)) for _ in range(2)]
    other = exchange.place(bid(exchange.bob, exchange.market))
    ids = [orders[0].pk, other.pk, orders[1].pk]
    verdicts = cancel_orders(participant_id=exchange.alice.pk, order_ids=ids, now=NOW)
    assert [type(verdict) for verdict in verdicts] == [type(None), OrderNotFound, type(None)]
    exchange.matcher.drain()
    assert Order.objects.filter(state=Order.State.CANCELLED).count() == 2
    assert mass_cancel(participant_id=exchange.alice.pk, now=NOW) == 0
