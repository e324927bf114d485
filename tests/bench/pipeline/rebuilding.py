"""A million open hourly quantities from the database into an engine that is ready to trade."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from django.db import connection

from matching.engines import make_engine
from matching.rebuild import load_engine
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.figures import row
from tests.bench.pipeline.open_orders import insert_open_asks

ROUNDS = 3
LIMIT_S = 5
QUANTITIES = 1_000_000


def rows(exchange: Exchange) -> list[Row]:
    """Return the figures of one exchange, which has no open orders yet."""
    found = []
    for orders, hours in ((20_000, 50), (QUANTITIES, 1)):
        insert_open_asks(exchange, count=orders, hours=hours, span=1_000)
        seconds = median(seconds_to_load(exchange) for _ in range(ROUNDS))
        name = f"rebuild {QUANTITIES:,} open quantities: {orders:,} orders of {hours} h"
        found.append(row(name, seconds, "s", "limit", LIMIT_S))
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE matching_booklevel, matching_contract, matching_holding")
            cursor.execute("DELETE FROM matching_order")
            cursor.execute("VACUUM matching_order")
    return found


def seconds_to_load(exchange: Exchange) -> float:
    engine = make_engine()
    started = perf_counter()
    load_engine(engine=engine, closed_until=dict.fromkeys(exchange.markets, 0))
    seconds = perf_counter() - started
    assert len(engine.resting()) == QUANTITIES
    return seconds
