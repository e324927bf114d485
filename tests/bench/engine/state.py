"""Questions about what rests, and the whole state out and in: why_not, snapshot, restore."""

from collections.abc import Callable

import numpy as np

from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from tests.bench.engine.orders import asks, block_bids
from tests.bench.engine.resting_blocks import BLOCKS, FIRST_BLOCK, with_blocks
from tests.bench.engine.rounds import Case, Rates, Row, row

QUANTITIES = 1_000_000
HOURS = 24
QUESTIONS = 2_000
SHORT_OF_HOURS = 500_000
"""Id of the first block that lacks accelerators, not money."""


def cases() -> list[Case]:
    return [
        Case("why_not price", with_blocks, asking_for(FIRST_BLOCK, BLOCKS)),
        Case("why_not hours", with_hungry_blocks, asking_for(SHORT_OF_HOURS, 100)),
        Case("snapshot", with_offers, lambda engine: len(engine.snapshot()) * 0 + 1),
        Case("restore", lambda: (KernelEngine(), with_offers().snapshot()), restore),
        Case("load", lambda: (KernelEngine(), offers(), with_offers().resting()), load),
    ]


def asking_for(first: int, count: int) -> Callable[[Engine], int]:
    ids = [first + n % count for n in range(QUESTIONS)]

    def run(engine: Engine) -> int:
        for order_id in ids:
            engine.why_not(order_id)
        return len(ids)

    return run


def with_hungry_blocks() -> Engine:
    """Blocks that may start in a day's 24 hours and want more than there is in any of them."""
    engine = with_blocks()
    ids = SHORT_OF_HOURS + np.arange(100)
    engine.apply(block_bids(ids, start=0, hours=HOURS, quantity=100_000, price=9_000, start_flexibility=24))
    return engine


def offers() -> np.ndarray:
    """A million quantities that rest: offers of a day in a hundred markets."""
    ids = np.arange(QUANTITIES // HOURS)
    price = 1_500 + ids * 37 % 100
    return asks(ids, market=ids % 100, start=ids // 100 % 30 * HOURS, hours=HOURS, quantity=8, price=price)


def with_offers() -> Engine:
    engine = KernelEngine()
    engine.apply(offers())
    return engine


def restore(prepared: tuple[Engine, bytes]) -> int:
    engine, data = prepared
    engine.restore(data)
    return 1


def load(prepared: tuple[Engine, np.ndarray, np.ndarray]) -> int:
    engine, orders, resting = prepared
    engine.load(orders, resting)
    return 1


def rows(rates: Rates) -> list[Row]:
    return [
        row("why_not of a 24-hour block that lacks money", 1e6 / rates["why_not price"], "us", "limit", 50),
        row(
            "why_not of a 24-hour block, 25 starts, that lacks accelerators",
            1e6 / rates["why_not hours"],
            "us",
            "limit",
            50,
        ),
        row("snapshot of 1,000,000 resting quantities", 1e3 / rates["snapshot"], "ms"),
        row(
            "restore of 1,000,000 resting quantities",
            1e3 / rates["restore"],
            "ms",
            "load() of the same",
            1e3 / rates["load"],
        ),
    ]
