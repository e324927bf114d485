"""The hot path: plans go by indexes on tables that have grown, clearing costs a fixed number of statements, and no lock is held
while an engine computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from billing.clearing import clear
from billing.funds import deposit_funds
from marketplace.trading import place_orders
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.matcher import Matcher
from matching.models import Order, Trade
from tests.factories import NOW, ask, bid
from tests.matching.conftest import Exchange

GROWN = (r"matching_orderevent\w*", "matching_order", "matching_booklevel", "matching_holding")
ROWS = 20_000
ENDED_ORDERS = f"""
    INSERT INTO matching_order (participant_id, market_id, side, kind, start, hours, quantity, price_fen, time_in_force,
        start_flexibility, one_site, post_only, self_trade, state, why, open, filled_accelerator_hours, filled_value_fen, alternative_count, placed_at)
    SELECT %s, %s, 1, 0, 1, 1, 1, 1000, 0, 0, false, false, 0, 'filled', '', '{{0}}', 1, 1000, 0, now() FROM generate_series(1, {ROWS})
"""


@contextmanager
def explained() -> Iterator[dict[str, str]]:
    """Collect the plan of each statement that is executed meanwhile, by statement."""
    plans: dict[str, str] = {}

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b", sql) and "pg_notify" not in sql[:30]:
            with transaction.atomic(), connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans[" ".join(sql.split())] = "\n".join(row[0] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def grow(exchange: Exchange) -> None:
    """Fill the tables with what has long been done, and let PostgreSQL know."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED_ORDERS, [exchange.alice.pk, exchange.market.pk])
        cursor.execute(
            "INSERT INTO matching_holding (participant_id, site_id, hour, capacity, committed) SELECT %s, %s, n, 64, 0 FROM generate_series(1, %s) AS n",
            [exchange.south.provider_id, exchange.south.pk, ROWS],
        )
        cursor.execute(
            "INSERT INTO matching_booklevel (market_id, hour, side, price_fen, quantity, orders) "
            "SELECT %s, n, -1, 1000, 1, 1 FROM generate_series(1, %s) AS n",
            [exchange.market.pk, ROWS],
        )
        for table in ("matching_order", "matching_booklevel", "matching_holding"):
            cursor.execute(f"ANALYZE {table}")


def trade(exchange: Exchange, matcher: Matcher, count: int) -> int:
    """Let `count` bids trade and clear that; return how many statements clearing took."""
    requests = [ask(exchange.north, quantity=1, hours=2) for _ in range(count)]
    requests += [
        bid(exchange.alice, exchange.market, quantity=1, hours=2, client_order_id=f"{count}-{n}") for n in range(count)
    ]
    assert all(isinstance(verdict, int) for verdict in place_orders(requests=requests, now=NOW))
    matcher.drain()
    with CaptureQueriesContext(connection) as captured:
        assert clear(now=NOW) >= count
    return len(captured)


@pytest.mark.parametrize("count", [1, 30])
def test_no_hot_statement_reads_all_of_a_large_table(exchange: Exchange, count: int) -> None:
    deposit_funds(participant_id=exchange.alice.pk, amount_fen=10**12, key="test", now=NOW)
    trade(exchange, exchange.matcher, 20)  # makes rows that are made once
    grow(exchange)
    with explained() as plans:
        trade(exchange, exchange.matcher, count)
    assert Trade.objects.exists()
    assert len(plans) > 20
    scans = re.compile(rf"Seq Scan on ({'|'.join(GROWN)})\b")
    found = [plan for plan in plans.values() if scans.search(plan)]
    assert not found, "\n".join(found)


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
