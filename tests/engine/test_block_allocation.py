"""What a block takes is the exact best, by trying every start, site and quantity."""

from itertools import product
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import Event, Side

from .conftest import MakeEngine
from .play import Line, ask, bid, commands, order

HOURS = 5
SITES = (1, 2, 3)


class Hourly(NamedTuple):
    hour: int
    site: int
    quantity: int
    price: int


class Block(NamedTuple):
    side: Side
    start: int
    hours: int
    flexibility: int
    quantity: int
    price: int | None
    min_quantity: int | None
    one_site: bool


hourly = st.builds(Hourly, st.integers(0, HOURS - 1), st.sampled_from(SITES), st.integers(1, 4), st.integers(10, 16))
blocks = st.builds(
    Block,
    side=st.sampled_from(Side),
    start=st.integers(0, 2),
    hours=st.integers(1, 3),
    flexibility=st.integers(0, 2),
    quantity=st.integers(1, 8),
    price=st.none() | st.integers(10, 16),
    min_quantity=st.none() | st.integers(1, 4),
    one_site=st.booleans(),
)


def total_fen(book: list[Hourly], block: Block, start: int, site: int | None, quantity: int) -> int | None:
    """What `quantity` accelerators in every hour cost (or earn), None where there are too few."""
    total = 0
    for hour in range(start, start + block.hours):
        prices = [o.price for o in book for _ in range(o.quantity) if o.hour == hour and site in (None, o.site)]
        if len(prices) < quantity:
            return None
        total += sum(sorted(prices, reverse=block.side is Side.ASK)[:quantity])
    return total


def best_by_brute_force(book: list[Hourly], block: Block) -> tuple[int, int, int] | None:
    """The (total, quantity, start) that the rule picks, None where nothing meets the limit."""
    least = block.quantity if block.min_quantity is None else min(block.min_quantity, block.quantity)
    sites = SITES if block.one_site and block.side is Side.BID else (None,)
    starts = range(block.start, block.start + block.flexibility + 1)
    ranked = []
    for start, site, quantity in product(starts, sites, range(least, block.quantity + 1)):
        total = total_fen(book, block, start, site, quantity)
        if total is None:
            continue
        surplus = block.side * ((block.price or 0) * quantity * block.hours - total)
        merit = (quantity, surplus) if block.price is None else (surplus, quantity)
        if block.price is None or surplus >= 0:
            ranked.append((merit, -start, -(site or 0), total, quantity))
    if not ranked:
        return None
    _, start, _, total, quantity = max(ranked)
    return total, quantity, -start


def line(id_: int, block: Block) -> Line:
    line = order(id_, block.side, "block", block.start, block.hours, block.quantity, block.price, tif="IOC")
    line |= {"start_flexibility": block.flexibility, "min_quantity": block.min_quantity, "one_site": block.one_site}
    return line | ({"site": 9} if block.side is Side.ASK else {})


@given(book=st.lists(hourly, max_size=14), block=blocks)
@settings(deadline=None, max_examples=150)
def test_a_block_takes_the_exact_best(make_engine: MakeEngine, book: list[Hourly], block: Block) -> None:
    resting = [
        ask(n, o.hour, 1, o.quantity, o.price, site=o.site)
        if block.side is Side.BID
        else bid(n, o.hour, 1, o.quantity, o.price)
        for n, o in enumerate(book)
    ]
    if block.side is Side.ASK:
        block = block._replace(one_site=False)
    engine = make_engine()
    engine.apply(commands(*resting))
    trades = engine.apply(commands(line(len(book), block)))
    trades = trades[trades["event"] == Event.TRADE]
    expected = best_by_brute_force(book, block)
    if expected is None:
        assert len(trades) == 0
        return
    total, quantity, start = expected
    first = first_execution(trades, block.hours)
    assert (int((first["price"] * first["quantity"]).sum()), int(first["hour"].min())) == (total, start)
    assert [int(first["quantity"][first["hour"] == start + i].sum()) for i in range(block.hours)] == [
        quantity
    ] * block.hours


def first_execution(trades: np.ndarray, hours: int) -> np.ndarray:
    """The trades up to where the hours start again: a block in parts may execute more than once."""
    if hours == 1:
        return trades
    again = np.flatnonzero(np.diff(trades["hour"]) < 0)
    return trades[: again[0] + 1] if len(again) else trades
