"""Orders good till a time end at their minute, whatever the clock did, and nothing trades with them after it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from matching.clock import tell_time
from matching.engine.dtypes import Do, Kind, TimeInForce
from matching.hours import moment_of
from matching.matcher import Matcher
from matching.models import Command, Market, Order, Site, Trade
from matching.rules import OrderRequest
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid, make_market, make_site
from tests.matching.conftest import Exchange, place


def till(request: OrderRequest, minutes: int) -> OrderRequest:
    return replace(request, time_in_force=TimeInForce.GTD, expires_at=NOW + timedelta(minutes=minutes))


def times() -> list[int | None]:
    return list(Command.objects.filter(do=Do.TIME).order_by("id").values_list("minute", flat=True))


MINUTE = int(NOW.timestamp()) // 60


def test_it_trades_before_its_minute_and_ends_at_it(exchange: Exchange) -> None:
    offer = exchange.place(till(ask(exchange.north, quantity=8), 5))
    exchange.place(bid(exchange.alice, exchange.market, hours=1), now=NOW + timedelta(minutes=4, seconds=59))
    assert Trade.objects.count() == 1
    assert tell_time(now=NOW + timedelta(minutes=4, seconds=59)).minutes == 0
    assert tell_time(now=NOW + timedelta(minutes=5)).minutes == 1
    assert tell_time(now=NOW + timedelta(minutes=6)).minutes == 0
    exchange.matcher.drain()
    offer.refresh_from_db()
    assert (offer.state, offer.closed_at) == (Order.State.EXPIRED, NOW + timedelta(minutes=5))
    assert times() == [MINUTE + 5]
    assert list(find_differences()) == []


def test_nothing_trades_with_it_after_its_minute_however_late_the_clock(exchange: Exchange) -> None:
    exchange.place(till(ask(exchange.north), 5))
    later = exchange.place(bid(exchange.alice, exchange.market, hours=1), now=NOW + timedelta(minutes=5))
    assert later.state == Order.State.OPEN
    assert not Trade.objects.exists()


def test_a_time_after_the_last_gate_is_the_gate(exchange: Exchange) -> None:
    hourly = exchange.place(till(ask(exchange.north, hours=3), 60 * 24 * 9))
    assert hourly.expires_at == moment_of(HOUR + 3)
    block = exchange.place(till(bid(exchange.alice, exchange.market, hours=9, start_flexibility=2), 60 * 24 * 9))
    assert block.expires_at == moment_of(HOUR + 3)


def test_the_same_client_order_id_with_a_time_again_is_the_same_order(exchange: Exchange) -> None:
    request = till(bid(exchange.alice, exchange.market, client_order_id="once"), 60 * 24 * 9)
    assert place([request]) == place([request])


def test_a_market_order_has_no_time(exchange: Exchange) -> None:
    Market.objects.update(reference_price_fen=1000)
    order = exchange.place(till(bid(exchange.alice, exchange.market, price_fen=None), 5))
    assert (order.time_in_force, order.expires_at) == (TimeInForce.IOC, None)


def test_one_that_reaches_the_inbox_after_its_minute_was_told_ends_too(exchange: Exchange) -> None:
    short, long = (exchange.place(till(bid(exchange.alice, exchange.market), minutes)) for minutes in (5, 50))
    tell_time(now=NOW + timedelta(minutes=5))
    place([till(bid(exchange.bob, exchange.market), 4)], now=NOW)  # accepted in time, but committed late
    assert tell_time(now=NOW + timedelta(minutes=5, seconds=1)).minutes == 1
    assert tell_time(now=NOW + timedelta(minutes=5, seconds=2)).minutes == 0
    Matcher().drain()
    for order in (short, long):
        order.refresh_from_db()
    assert (short.state, long.state) == (Order.State.EXPIRED, Order.State.OPEN)
    assert Order.objects.get(participant=exchange.bob).state == Order.State.EXPIRED
    assert list(find_differences()) == []


def trade_and_wait(exchange: Exchange, market: Market, site: Site) -> None:
    """Place orders of every kind that will end at gates and at minutes, and some that will not."""
    for minutes in (1, 61, 200, 500):
        place([till(ask(site, hours=6, quantity=4, price_fen=1500 + minutes), minutes)])
        place([till(bid(exchange.alice, market, hours=3, start_flexibility=2, price_fen=900), minutes)])
    place([ask(site, hours=9, quantity=4, price_fen=1900), bid(exchange.bob, market, hours=4, price_fen=901)])
    place([bid(exchange.bob, market, start=HOUR + 2, kind=Kind.HOURLY, hours=2, price_fen=800)])


def test_downtime_of_hours_ends_the_same_as_ticking(exchange: Exchange) -> None:
    """One market is told every minute, its twin once after five hours, and once is enough."""
    trade_and_wait(exchange, exchange.market, exchange.north)
    for minutes in range(300):
        tell_time(now=NOW + timedelta(minutes=minutes))
        exchange.matcher.drain()
    twin = make_market("A100-SXM4-80G")
    trade_and_wait(exchange, twin, make_site(twin))
    told = Command.objects.filter(market=twin).count()
    tell_time(now=NOW + timedelta(minutes=299))
    assert list(Command.objects.filter(market=twin).order_by("id")[told:].values_list("do", flat=True)) == [
        Do.CLOSE,
        Do.TIME,
    ]
    exchange.matcher.drain()
    ends = [
        list(Order.objects.filter(market=m).order_by("id").values_list("state", "why", "open"))
        for m in (exchange.market, twin)
    ]
    assert ends[0] == ends[1]
    assert {state for state, _, _ in ends[0]} == {Order.State.OPEN, Order.State.EXPIRED}
    assert list(find_differences()) == []


@pytest.mark.django_db(transaction=True)
def test_many_clocks_tell_each_minute_once() -> None:
    market = make_market()
    site = make_site(market)
    place([till(ask(site, quantity=1), minutes) for minutes in (3, 4, 4, 9)])

    def run(number: int) -> int:
        try:
            return sum(tell_time(now=NOW + timedelta(minutes=step - number % 3)).minutes for step in range(12))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        told = sum(pool.map(run, range(6)))
    minutes = times()
    assert told == len(minutes) == len(set(minutes))
    assert minutes == sorted(minutes, key=lambda minute: minute or 0)
    Matcher().drain()
    assert set(Order.objects.values_list("state", flat=True)) == {Order.State.EXPIRED}
    assert list(find_differences()) == []
