"""The database is the truth: engines loaded from it are those that ran, and batches may be cut anywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from django.db import connection

from matching.engine.dtypes import Kind
from matching.engine.interface import Engine
from matching.matcher import Matcher
from matching.models import Order, Trade
from matching.verify import find_differences
from tests.factories import make_market, make_site
from tests.matching.conftest import Exchange
from tests.matching.random_trading import set_references, trade_at_random


def resting_as_ranks(engine: Engine) -> list[tuple[int, ...]]:
    """What is open in an engine, with ranks for sequences: only their order means something; blocks and books rank apart."""
    resting = engine.resting()
    is_block = dict(Order.objects.filter(pk__in=resting["id"].tolist()).values_list("id", "kind"))
    block = np.array([is_block[i] == Kind.BLOCK for i in resting["id"].tolist()], dtype=bool)
    rank = np.zeros(len(resting), dtype=np.int64)
    for rows in (
        np.flatnonzero(block),
        *(np.flatnonzero(~block & (resting["hour"] == h)) for h in set(resting["hour"])),
    ):
        rank[rows] = np.argsort(np.argsort(resting["sequence"][rows], kind="stable"))
    fields = resting[["id", "hour", "open", "shown", "site"]].tolist()
    return [(*row, int(r)) for row, r in zip(fields, rank, strict=True)]


def check_executed_alternatives(matcher: Matcher) -> None:
    """What the database says an order has executed as is what its engine says; one loaded since then numbers it 0."""
    executed = dict(
        Order.objects.filter(state="open", executed_alternative__gte=0).values_list("id", "executed_alternative")
    )
    for engine in matcher.engines.values():
        for order_id, place in engine.resting()[["id", "alternative"]].tolist():
            assert place in (0, executed.get(order_id, place))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_rebuilt_engine_is_the_one_that_ran(
    exchange: Exchange, engine_factory: Callable[[], Engine], seed: int
) -> None:
    set_references()
    other = make_site(make_market("A100-SXM4-80G"))
    set_references()
    running = Matcher(engine_factory)
    buyers = [exchange.alice, exchange.bob]
    sites = [exchange.north, exchange.south, other]
    for step, _ in enumerate(trade_at_random(seed=seed, steps=200, sites=sites, buyers=buyers, alternatives=True)):
        if step % 3 == 0:
            running.drain()
        if step % 30 == 0:
            running.drain()
            check_executed_alternatives(running)
            rebuilt = Matcher(engine_factory)
            rebuilt.rebuild()
            for market_id, engine in running.engines.items():
                assert resting_as_ranks(rebuilt.engines[market_id]) == resting_as_ranks(engine)
                rebuilt.engines[market_id].check()
            running = rebuilt
    running.drain()
    assert Trade.objects.exists()
    executed = Order.objects.filter(alternative_count__gt=0).values_list("executed_alternative", flat=True)
    assert {1, 2, 3} & set(executed)
    assert list(find_differences(engine_factory=engine_factory)) == []


def test_the_number_of_statements_does_not_grow_with_the_batch(exchange: Exchange) -> None:
    set_references()
    counts = []
    for seed, steps in ((4, 5), (5, 80)):
        for _ in trade_at_random(
            seed=seed, steps=steps, sites=[exchange.north, exchange.south], buyers=[exchange.alice, exchange.bob]
        ):
            pass
        exchange.matcher.rebuild()
        connection.force_debug_cursor = True
        try:
            connection.queries_log.clear()
            assert exchange.matcher.run_batch()
            counts.append(len(connection.queries))
        finally:
            connection.force_debug_cursor = False
    assert max(counts) <= 22  # three of them where a batch has rulings and a minute
