"""Halts: who stops trading, what enters meanwhile, how it reopens, and that any number of clocks takes each step once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from matching.breaker import watch_prices
from matching.clock import tell_time
from matching.engine.dtypes import ContractState, Do, Kind
from matching.entry import TradingHalted
from matching.halts import (
    CollectMinutesOutOfBounds,
    HaltIsOver,
    IsCollecting,
    ReasonRequired,
    Reopening,
    SpanNotTrading,
    collect_orders,
    halt_trading,
    resume_trading,
    take_due_steps,
)
from matching.matcher import Matcher
from matching.models import Command, ContractRuling, Halt, HaltStep, Market, Order, Participant, Site, Trade
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid, make_market, make_participant, make_site
from tests.matching.conftest import Exchange, place

WHO: dict[str, Any] = {"by": "ops@example.com", "reason": "cooling failed"}
MINUTE = timedelta(minutes=1)


def rulings(market: Market) -> list[tuple[int, int | None, int | None]]:
    return list(
        Command.objects.filter(market=market, do__gte=Do.HALT).order_by("id").values_list("do", "hour", "hours")
    )


def test_a_halted_market_takes_nothing_in_and_trades_nothing(exchange: Exchange) -> None:
    waiting = exchange.place(ask(exchange.north, hours=2))
    halt_trading(market=exchange.market, now=NOW, **WHO)
    with pytest.raises(TradingHalted) as refused:
        exchange.place(bid(exchange.alice, exchange.market))
    assert "cooling failed" in str(refused.value)
    exchange.matcher.drain()
    waiting.refresh_from_db()
    assert (waiting.state, Market.objects.get().state) == (Order.State.OPEN, ContractState.HALTED)
    assert list(find_differences()) == []


def test_halted_hours_leave_the_others_to_trade(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=6))
    halt_trading(market=exchange.market, span=(HOUR + 2, 2), now=NOW, **WHO)
    with pytest.raises(TradingHalted):
        exchange.place(bid(exchange.alice, exchange.market, hours=4))
    exchange.place(bid(exchange.alice, exchange.market, hours=1))
    flexible = exchange.place(bid(exchange.bob, exchange.market, hours=2, start_flexibility=3))
    assert (flexible.state, flexible.executed_start) == (Order.State.FILLED, HOUR + 4)
    assert ContractRuling.objects.count() == 2
    assert list(find_differences()) == []


def test_it_reopens_by_a_call_auction_as_planned(exchange: Exchange) -> None:
    plan = Reopening(NOW + 5 * MINUTE, NOW + 8 * MINUTE)
    halt = halt_trading(market=exchange.market, now=NOW, reopening=plan, **WHO)
    assert take_due_steps(now=NOW + 4 * MINUTE) == 0
    assert take_due_steps(now=NOW + 5 * MINUTE) == 1
    now = NOW + 6 * MINUTE
    exchange.place(ask(exchange.north, hours=1, quantity=3, price_fen=900), now=now)
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=2, price_fen=1100), now=now)
    assert not Trade.objects.exists()
    assert take_due_steps(now=NOW + 8 * MINUTE) == 1
    assert take_due_steps(now=NOW + 9 * MINUTE) == 0
    exchange.matcher.drain()
    trade = Trade.objects.get()
    assert (trade.quantity, trade.traded_at) == (2, NOW + 8 * MINUTE)
    steps = list(HaltStep.objects.filter(halt=halt).values_list("do", "by", "reason"))
    assert steps == [
        (Do.HALT, "ops@example.com", "cooling failed"),
        (Do.COLLECT, "clock", ""),
        (Do.RESUME, "clock", ""),
    ]
    assert list(find_differences()) == []


def test_a_matcher_killed_while_orders_are_collected_opens_the_same(exchange: Exchange) -> None:
    halt = halt_trading(market=exchange.market, now=NOW, collecting=True, **WHO)
    exchange.place(ask(exchange.north, hours=2, quantity=3, price_fen=900))
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=2, quantity=2, price_fen=1100))
    resume_trading(halt_id=halt.pk, now=NOW + MINUTE, **WHO)
    Matcher().drain()  # loads a crossed book, which only an auction may open
    assert Trade.objects.get().hours == 2
    assert list(find_differences()) == []


def test_a_contract_is_as_strict_as_its_strictest_halt(exchange: Exchange) -> None:
    wide = halt_trading(market=exchange.market, span=(HOUR + 1, 6), now=NOW, **WHO)
    narrow = halt_trading(market=exchange.market, span=(HOUR + 3, 2), now=NOW, **WHO)
    resume_trading(halt_id=wide.pk, now=NOW, **WHO)
    collect_orders(halt_id=narrow.pk, minutes=5, now=NOW, **WHO)
    resume_trading(halt_id=narrow.pk, now=NOW, **WHO)
    assert rulings(exchange.market) == [
        (Do.HALT, HOUR + 1, 6),
        (Do.RESUME, HOUR + 1, 2),
        (Do.RESUME, HOUR + 5, 2),
        (Do.COLLECT, HOUR + 3, 2),
        (Do.RESUME, HOUR + 3, 2),
    ]


def test_a_halt_whose_hours_have_closed_is_over(exchange: Exchange) -> None:
    halt = halt_trading(market=exchange.market, span=(HOUR + 1, 2), now=NOW, **WHO)
    later = NOW + timedelta(hours=3)
    tell_time(now=later)
    exchange.matcher.drain()
    assert take_due_steps(now=later) == 1
    halt.refresh_from_db()
    assert (halt.state, halt.ended_at) == (ContractState.OPEN, later)
    exchange.matcher.drain()
    assert list(find_differences()) == []


def test_what_cannot_be_ruled_says_why(exchange: Exchange) -> None:
    market = exchange.market
    with pytest.raises(ReasonRequired):
        halt_trading(market=market, by="ops", reason=" ", now=NOW)
    for span in ((HOUR - 5, 5), (HOUR + 1, 0), (HOUR + 1, 2000), (10**8, 1)):
        with pytest.raises(SpanNotTrading):
            halt_trading(market=market, span=span, now=NOW, **WHO)
    halt = halt_trading(market=market, now=NOW, **WHO)
    with pytest.raises(CollectMinutesOutOfBounds):
        collect_orders(halt_id=halt.pk, minutes=0, now=NOW, **WHO)
    collect_orders(halt_id=halt.pk, minutes=1, now=NOW, **WHO)
    with pytest.raises(IsCollecting):
        collect_orders(halt_id=halt.pk, minutes=1, now=NOW, **WHO)
    resume_trading(halt_id=halt.pk, now=NOW, **WHO)
    with pytest.raises(HaltIsOver):
        resume_trading(halt_id=halt.pk, now=NOW, **WHO)


def test_operators_halt_and_resume_on_the_command_line(exchange: Exchange) -> None:
    symbol = exchange.market.symbol
    call_command("halt", symbol, "--reason", "fire drill", "--by", "ops", stdout=StringIO())
    assert Halt.objects.get().steps.get().by == "ops"
    call_command("resume", "--all", "--reason", "over", "--collect", "3", stdout=StringIO())
    assert Halt.objects.get().state == ContractState.COLLECTING
    call_command("resume", symbol, "--reason", "over", stdout=StringIO())
    assert Halt.objects.get().state == ContractState.OPEN
    with pytest.raises(CommandError, match="no market"):
        call_command("halt", "nothing", "--reason", "x")
    with pytest.raises(CommandError, match="no hour"):
        call_command("halt", symbol, "--reason", "x", "--from-hour", "soon")


@pytest.mark.django_db(transaction=True)
def test_many_clocks_take_each_step_once_and_halt_each_move_once() -> None:
    market = make_market(breaker_bps=1000)
    site, buyer = make_site(market), make_participant()
    matcher = Matcher()
    watch_prices(now=NOW)
    for hub in ("greater-bay", "chengdu-chongqing"):
        halt_trading(market=make_market(hub=hub), now=NOW, reopening=Reopening(NOW + MINUTE, NOW + 2 * MINUTE), **WHO)
    trade_at(site, buyer, [1000, 1200, 1300], hours=3)
    matcher.drain()

    def run(_number: int) -> tuple[int, int]:
        try:
            steps = sum(take_due_steps(now=NOW + 20 * second * MINUTE / 60) for second in range(10))
            return steps, watch_prices(now=NOW + MINUTE)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(run, range(6)))
    assert sum(steps for steps, _ in done) == 4
    assert sum(halts for _, halts in done) == 3
    assert HaltStep.objects.filter(by="clock").count() == 4 + 3
    matcher.drain()
    assert list(find_differences()) == []


def trade_at(site: Site, buyer: Participant, prices: list[int], *, hours: int = 1, minutes: int = 0) -> None:
    for price in prices:
        terms: dict[str, Any] = {"hours": hours, "quantity": 1, "price_fen": price, "kind": Kind.HOURLY}
        requests = [ask(site, **terms), bid(buyer, site.market, **terms)]
        assert all(isinstance(verdict, int) for verdict in place(requests, now=NOW + minutes * MINUTE))


@pytest.fixture
def watched(exchange: Exchange) -> Exchange:
    Market.objects.update(breaker_bps=1000, breaker_minutes=5, breaker_halt_minutes=2, breaker_collect_minutes=3)
    watch_prices(now=NOW)
    return exchange


def look(exchange: Exchange, *, minutes: int = 0) -> int:
    exchange.matcher.drain()
    return watch_prices(now=NOW + minutes * MINUTE)


def test_a_price_that_moves_too_far_halts_its_contract_which_then_reopens(watched: Exchange) -> None:
    trade_at(watched.north, watched.alice, [1000, 1100])
    assert look(watched) == 0
    trade_at(watched.north, watched.alice, [1101], minutes=4)
    assert look(watched, minutes=4) == 1
    assert look(watched, minutes=4) == 0
    halt = Halt.objects.get()
    assert (halt.cause, halt.hour, halt.hours, halt.price_before_fen, halt.price_fen) == (
        Halt.Cause.BREAKER,
        HOUR + 1,
        1,
        1000,
        1101,
    )
    with pytest.raises(TradingHalted, match=r"moved from ¥10\.00 to ¥11\.01"):
        watched.place(bid(watched.bob, watched.market, hours=1), now=NOW + 5 * MINUTE)
    assert take_due_steps(now=NOW + 6 * MINUTE) == 1
    trade_at(watched.north, watched.alice, [1300], minutes=7)
    assert look(watched, minutes=7) == 0
    assert take_due_steps(now=NOW + 9 * MINUTE) == 1
    assert look(watched, minutes=9) == 0  # the auction's price begins a new window
    trade_at(watched.north, watched.alice, [1250, 1400], minutes=10)
    assert look(watched, minutes=10) == 0
    trade_at(watched.north, watched.alice, [1431], minutes=10)
    assert look(watched, minutes=10) == 1
    assert list(find_differences()) == []


def test_a_slow_move_does_not_trip_the_breaker(watched: Exchange) -> None:
    for step, price in enumerate([1000, 1090, 1180, 1270, 1360]):
        trade_at(watched.north, watched.alice, [price], minutes=3 * step)
        assert look(watched, minutes=3 * step) == 0
    assert not Halt.objects.exists()


def test_a_fall_trips_it_and_other_hours_go_on(watched: Exchange) -> None:
    trade_at(watched.north, watched.alice, [1000], hours=2)
    trade_at(watched.north, watched.alice, [890])
    assert look(watched) == 1
    assert rulings(watched.market) == [(Do.HALT, HOUR + 1, 1)]


def test_no_limit_no_breaker(exchange: Exchange) -> None:
    Market.objects.update(breaker_bps=None)
    trade_at(exchange.north, exchange.alice, [1000, 5000])
    assert look(exchange) == 0
