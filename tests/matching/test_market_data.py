"""Public events: a snapshot and the events after it are the book, as the orders table has it; numbers have no gaps."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from matching.book import MarketBooks, books_of_market
from matching.clock import close_gates
from matching.engine.dtypes import Kind, Side, Why
from matching.heartbeat import session
from matching.market_data.reading import LISTEN, EventsNotKept, Notice, PublicEvent, read_events
from matching.market_data.retention import prune_events
from matching.models import EventNumber, MarketEvent, Order, Trade
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid, make_market, make_site
from tests.matching.conftest import Exchange
from tests.matching.random_trading import set_references, trade_at_random

Event = MarketEvent.Event
ALL_HOURS = (0, 10_000_000)

Shown = dict[tuple[int, Side, int], tuple[int, int]]
"""Hour, side, price -> accelerators, orders."""


def shown_in(books: MarketBooks) -> Shown:
    return {
        (book.hour, side, level.price_fen): (level.quantity, level.orders)
        for book in books.books
        for side, levels in ((Side.BID, book.bids), (Side.ASK, book.asks))
        for level in levels
    }


def shown_by_orders(market_id: int) -> Shown:
    """The book that the open hourly orders make."""
    quantity: Counter[tuple[int, Side, int]] = Counter()
    orders: Counter[tuple[int, Side, int]] = Counter()
    for order in Order.objects.filter(market_id=market_id, state="open", kind=Kind.HOURLY):
        for hour, open_now in enumerate(order.shown or order.open, order.start):
            if open_now:
                key = hour, Side(order.side), order.price_fen or order.protection_price_fen or 0
                quantity[key] += open_now
                orders[key] += 1
    return {key: (quantity[key], orders[key]) for key in quantity}


def with_event(shown: Shown, event: PublicEvent) -> None:
    if event.event is Event.LEVEL:
        assert event.hour is not None
        assert event.side is not None
        assert event.price_fen is not None
        key = event.hour, event.side, event.price_fen
        shown[key] = event.quantity or 0, event.orders or 0
        if not event.quantity:
            del shown[key]


def events_after(market_id: int, number: int, dice: random.Random) -> list[PublicEvent]:
    """Read on in pages of any size until there is no more."""
    found: list[PublicEvent] = []
    while True:
        page = read_events(market_id=market_id, after=found[-1].number if found else number, limit=dice.randint(1, 40))
        if not page.events:
            assert page.last_number == (found[-1].number if found else number)
            return found
        found += page.events


@pytest.mark.parametrize("seed", [1, 2])
def test_a_snapshot_and_all_later_events_are_the_book(exchange: Exchange, seed: int) -> None:
    dice = random.Random(seed)
    other = make_site(make_market("A100-SXM4-80G"))
    set_references()
    markets = [exchange.market.pk, other.market_id]
    snapshots: list[tuple[int, MarketBooks]] = [(m, books_of_market(market_id=m, start=0, end=10**7)) for m in markets]
    sites, buyers = [exchange.north, exchange.south, other], [exchange.alice, exchange.bob]
    for _ in trade_at_random(seed=seed, steps=150, sites=sites, buyers=buyers):
        if dice.random() < 0.4:
            exchange.matcher.drain()
            snapshots += [(m, books_of_market(market_id=m, start=0, end=10**7)) for m in markets]
    exchange.matcher.drain()
    assert EventNumber.objects.filter(number__gt=50).count() == 2
    for market_id, books in snapshots:
        shown = shown_in(books)
        later = events_after(market_id, books.number, dice)
        assert [event.number for event in later] == list(range(books.number + 1, books.number + 1 + len(later)))
        for event in later:
            with_event(shown, event)
        assert shown == shown_by_orders(market_id)
        tops = {(e.hour, e.side): (e.price_fen, e.quantity) for e in later if e.event is Event.TOP}
        for (hour, side), top in tops.items():
            prices = [price for h, s, price in shown if (h, s) == (hour, side)]
            best = (max if side is Side.BID else min)(prices, default=None)
            assert top == (best, shown[hour, side, best][0] if best is not None and hour and side else 0)
    told = {event.trade_id for m in markets for event in events_after(m, 0, dice) if event.event is Event.TRADE}
    assert told == set(Trade.objects.values_list("id", flat=True)) != set()
    assert list(find_differences()) == []


def told_since(exchange: Exchange, do: Callable[[], object]) -> list[tuple[object, ...]]:
    before = EventNumber.objects.filter(market=exchange.market).values_list("number", flat=True).first() or 0
    do()
    events = read_events(market_id=exchange.market.pk, after=before).events
    return [(e.event, e.hour, e.hours, e.side, e.price_fen, e.quantity, e.orders, e.state) for e in events]


def tell_closed_gates(exchange: Exchange, now: datetime) -> None:
    close_gates(now=now)
    exchange.matcher.drain()


def test_what_an_order_a_trade_and_a_closing_tell(exchange: Exchange) -> None:
    place = exchange.place
    first, second = HOUR + 1, HOUR + 2
    tell_closed_gates(exchange, NOW)
    assert told_since(exchange, lambda: place(ask(exchange.north, hours=2))) == [
        (Event.LEVEL, first, None, Side.ASK, 1000, 8, 1, None),
        (Event.LEVEL, second, None, Side.ASK, 1000, 8, 1, None),
        (Event.TOP, first, None, Side.ASK, 1000, 8, None, None),
        (Event.TOP, second, None, Side.ASK, 1000, 8, None, None),
    ]
    assert told_since(exchange, lambda: place(ask(exchange.south, hours=1, price_fen=1001))) == [
        (Event.LEVEL, first, None, Side.ASK, 1001, 8, 1, None),
    ]
    assert told_since(exchange, lambda: place(bid(exchange.alice, exchange.market, hours=2, quantity=8))) == [
        (Event.TRADE, first, 2, Side.BID, 1000, 8, None, None),
        (Event.LEVEL, first, None, Side.ASK, 1000, 0, 0, None),
        (Event.LEVEL, second, None, Side.ASK, 1000, 0, 0, None),
        (Event.TOP, first, None, Side.ASK, 1001, 8, None, None),
        (Event.TOP, second, None, Side.ASK, None, 0, None, None),
    ]

    assert told_since(exchange, lambda: tell_closed_gates(exchange, NOW + timedelta(hours=1))) == [
        (Event.STATE, first, None, None, None, None, None, Why.CLOSED),
        (Event.LEVEL, first, None, Side.ASK, 1001, 0, 0, None),
        (Event.TOP, first, None, Side.ASK, None, 0, None, None),
    ]
    assert books_of_market(market_id=exchange.market.pk, start=0, end=10**7).closed_until == second


def test_a_batch_without_news_has_no_number(exchange: Exchange) -> None:
    tell_closed_gates(exchange, NOW)
    order = bid(exchange.alice, exchange.market)  # a block waits outside the books
    assert told_since(exchange, lambda: exchange.place(order)) == []
    assert EventNumber.objects.get().number == 1


def test_old_events_go_and_a_reader_is_told(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north))
    exchange.place(ask(exchange.south, price_fen=900))
    market_id = exchange.market.pk
    last = EventNumber.objects.get().number
    assert prune_events(kept=10) == last - 10
    assert prune_events(kept=10) == 0
    assert read_events(market_id=market_id, after=last - 10).events[0].number == last - 9
    with pytest.raises(EventsNotKept, match=f"events {last - 9} to {last}"):
        read_events(market_id=market_id, after=last - 11)
    with pytest.raises(EventsNotKept):
        read_events(market_id=market_id, after=last + 1)
    assert read_events(market_id=market_id, after=last).events == ()
    prune_events(kept=0)
    with pytest.raises(EventsNotKept):
        read_events(market_id=market_id, after=last - 1)
    assert not MarketEvent.objects.exists()
    exchange.place(bid(exchange.alice, exchange.market, hours=1))
    assert read_events(market_id=market_id, after=last).events[0].number == last + 1


@pytest.mark.django_db(transaction=True)
def test_who_listens_hears_the_market_and_its_last_number(exchange: Exchange) -> None:
    tell_closed_gates(exchange, NOW)
    with session("listener") as listener:
        listener.execute(LISTEN)
        exchange.place(ask(exchange.north, hours=3))
        notices = [Notice.read(n.payload) for n in listener.notifies(timeout=5, stop_after=1)]
    assert notices == [Notice(exchange.market.pk, 7)]
