"""The hot path: plans go by indexes on tables that have grown, clearing costs a fixed number of statements, and no lock is held
while an engine computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from billing.clearing import clear
from billing.funds import deposit_funds
from marketplace.trading import place_orders, preview_order, replace_orders
from matching.book import best_asks, book_of_contract, books_of_market, price_curve
from matching.breaker import watch_prices
from matching.cancel import cancel_order, mass_cancel
from matching.clock import close_gates, tell_time
from matching.engine.dtypes import Kind, TimeInForce
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.halts import halt_trading, resume_trading, take_due_steps
from matching.holdings import holdings_of
from matching.market_data.candles import candles_of_market
from matching.market_data.reading import read_events
from matching.matcher import Matcher
from matching.models import Order, Site, Trade
from matching.replace import ReplaceRequest
from matching.rules import AlternativeRequest
from matching.standing import read_standing
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange
from tests.matching.grown_tables import GROWN, ROWS, grow

LATER = NOW + timedelta(minutes=9)
"""A time that PostgreSQL has not seen when it last looked at the tables."""

ORDERS = 100
"""Enough that to compare each with each would be more than WORK_MAX."""

WORK_MAX = ROWS // 2
"""Rows that a statement may look at."""

SCANS = re.compile(rf"({'|'.join(GROWN)})(_default|_\d{{4}}_\d\d)?$")


@contextmanager
def explained() -> Iterator[dict[str, dict[str, Any]]]:
    """Collect the plan of each statement that is executed meanwhile, with what each step of it does, by statement."""
    plans: dict[str, dict[str, Any]] = {}

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b", sql) and "pg_notify" not in sql[:30]:
            savepoint = transaction.savepoint()
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {sql}", params)
                plans[" ".join(sql.split())] = cursor.fetchone()[0][0]["Plan"]
            transaction.savepoint_rollback(savepoint)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def steps_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for step in plan.get("Plans", []):
        yield from steps_of(step)


def rows_seen(step: dict[str, Any]) -> int:
    """Return how many rows a step looked at, those among them that it left out."""
    removed = sum(rows for name, rows in step.items() if name.startswith("Rows Removed"))
    return int((step["Actual Rows"] + removed) * step["Actual Loops"])


def faults_of(plan: dict[str, Any]) -> Iterator[str]:
    """Yield which large tables a plan reads from end to end, and what in it looks at too many rows."""
    for step in steps_of(plan):
        table = step.get("Relation Name", "")
        if step["Node Type"] == "Seq Scan" and SCANS.match(table) and step["Actual Loops"]:
            yield f"reads all of {table}"
        if rows_seen(step) > WORK_MAX:
            yield f"{step['Node Type']} {table} looks at {rows_seen(step)} rows"


def trade(exchange: Exchange, matcher: Matcher, count: int, now: datetime = NOW) -> int:
    """Let `count` bids trade and clear that; return how many statements clearing took."""
    requests = [ask(exchange.north, quantity=1, hours=2) for _ in range(count)]
    requests += [
        bid(exchange.alice, exchange.market, quantity=1, hours=2, client_order_id=f"{count}-{n}") for n in range(count)
    ]
    assert all(isinstance(verdict, int) for verdict in place_orders(requests=requests, now=now))
    matcher.drain()
    with CaptureQueriesContext(connection) as captured:
        assert clear(now=now) >= count
    return len(captured)


def test_no_hot_statement_reads_all_of_a_large_table(exchange: Exchange) -> None:
    Site.objects.filter(pk=exchange.north.pk).update(accelerators=1000)
    deposit_funds(participant_id=exchange.alice.pk, amount_fen=10**12, key="test", now=NOW)
    trade(exchange, exchange.matcher, 20)  # makes rows that are made once
    watch_prices(now=NOW)
    grow(exchange)  # PostgreSQL does not look at the tables again, as it has not when orders pour in
    for ask_for in (trade_one, trade_many, change_orders, tell_and_read):
        with explained() as plans:
            ask_for(exchange)
        assert len(plans) > 30
        found = {statement: faults for statement, plan in plans.items() if (faults := list(faults_of(plan)))}
        assert not found, "\n\n".join(f"{', '.join(faults)}: {statement}" for statement, faults in found.items())


def trade_one(exchange: Exchange) -> None:
    trade(exchange, exchange.matcher, 1, LATER)


def trade_many(exchange: Exchange) -> None:
    trade(exchange, exchange.matcher, ORDERS, LATER)


def change_orders(exchange: Exchange) -> None:
    """Let orders wait, be replaced and cancelled, run out, and be loaded again."""
    alice, market, matcher = exchange.alice, exchange.market, exchange.matcher
    bids = [bid(alice, market, price_fen=900, kind=Kind.HOURLY, quantity=2) for _ in range(9)]
    other = AlternativeRequest(market_id=market.pk, start=HOUR + 9, price_fen=800)
    waits = bid(alice, market, price_fen=900, alternatives=(other,))
    soon = LATER + timedelta(minutes=5)
    ends = bid(alice, market, price_fen=900, time_in_force=TimeInForce.GTD, expires_at=soon)
    placed = place_orders(requests=[*bids, waits, ends], now=LATER)
    first, second, *_ = (order for order in placed if isinstance(order, int))
    matcher.drain()
    preview_order(request=ask(exchange.north, price_fen=900), now=LATER)
    replace_orders(requests=[ReplaceRequest(participant_id=alice.pk, order_id=first, quantity=3)], now=LATER)
    cancel_order(participant_id=alice.pk, order_id=second, now=LATER)
    matcher.drain()
    tell_time(now=soon + timedelta(minutes=1))
    matcher.drain()
    mass_cancel(participant_id=alice.pk, now=LATER)
    matcher.drain()
    clear(now=LATER)
    matcher.rebuild()
    read_standing()
    states = Order.objects.filter(pk__in=[order for order in placed if isinstance(order, int)]).values_list("state")
    assert sorted(state for (state,) in states) == ["cancelled"] * 10 + ["expired"]


def tell_and_read(exchange: Exchange) -> None:
    """Let the clock do its rounds, an operator halt the market, and the public read."""
    market, later = exchange.market, LATER + timedelta(minutes=1)
    watch_prices(now=later)
    halt = halt_trading(market=market, by="tests", reason="tests", now=later)
    exchange.matcher.drain()
    resume_trading(halt_id=halt.pk, by="tests", reason="tests", now=later)
    exchange.matcher.drain()
    take_due_steps(now=later)
    read_events(market_id=market.pk, after=read_events(market_id=market.pk, after=0).last_number - 5)
    book_of_contract(market_id=market.pk, hour=HOUR + 1)
    books_of_market(market_id=market.pk, start=HOUR, end=HOUR + 48)
    price_curve(market_id=market.pk, start=HOUR, end=HOUR + 48)
    best_asks(start=HOUR, end=HOUR + 48)
    candles_of_market(market_id=market.pk, minutes=5, since=LATER - timedelta(days=1), until=later)
    holdings_of(participant_id=exchange.alice.pk, start=HOUR, end=HOUR + 48)
    close_gates(now=LATER + timedelta(hours=1))
    exchange.matcher.drain()
    clear(now=later)


def test_clearing_costs_as_many_statements_for_many_trades_as_for_one(exchange: Exchange) -> None:
    deposit_funds(participant_id=exchange.alice.pk, amount_fen=10**12, key="test", now=NOW)
    trade(exchange, exchange.matcher, 2)  # opens the accounts and the VAT period
    assert trade(exchange, exchange.matcher, 1) == trade(exchange, exchange.matcher, 40) <= 32
    assert Trade.objects.count() >= 43


class Watched:
    """An engine that looks, from another session, which locks of tables are held while it computes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.locks: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def apply(self, commands: np.ndarray, *args: Any) -> np.ndarray:
        with connections["default"].copy().cursor() as cursor:  # a session of its own
            cursor.execute(
                "SELECT relation::regclass::text FROM pg_locks WHERE locktype = 'relation' AND granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                "AND relation::regclass::text LIKE 'matching_%' AND pid <> pg_backend_pid()"
            )
            self.locks += [row[0] for row in cursor.fetchall()]
        return self._engine.apply(commands, *args)


@pytest.mark.django_db(transaction=True)
def test_no_lock_is_held_while_the_engine_computes(exchange: Exchange) -> None:
    deposit_funds(participant_id=exchange.alice.pk, amount_fen=10**12, key="test", now=NOW)
    watched: list[Watched] = []

    def watch() -> Any:
        watched.append(Watched(make_engine()))
        return watched[-1]

    matcher = Matcher(watch)
    matcher.rebuild()
    for engine in watched:
        engine.locks.clear()  # loading reads in one transaction, before anything is played
    trade(exchange, matcher, 5)
    assert Order.objects.filter(state="filled").exists()
    assert [engine.locks for engine in watched] == [[]] * len(watched)
