"""What ten thousand resting blocks in a market cost an hourly command that touches none of them, and one that touches a hundred."""

from collections.abc import Callable

import numpy as np

from matching.engine.dtypes import TimeInForce
from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from tests.bench.engine.orders import IOC, asks, block_bids, cancels, pairs
from tests.bench.engine.rounds import Case, Rates, Row, row

BLOCKS = 10_000
TOUCHED = 100
HOURS = 24
DAYS = BLOCKS // TOUCHED
FAR = DAYS * HOURS + 1_000
"""An hour that no block can use."""
COMMANDS = 20_000
FIRST_BLOCK, FIRST_ASK = 1_000_000, 2_000_000


def cases() -> list[Case]:
    return [
        Case("touches none", with_blocks, asking(FAR, COMMANDS)),
        Case("no blocks", lambda: with_supply(KernelEngine()), asking(FAR, COMMANDS)),
        Case("touches a hundred", with_blocks, asking(5, COMMANDS // 10)),
        Case("block try", lambda: (with_supply(KernelEngine()), waiting(FIRST_BLOCK, BLOCKS, IOC)), trying),
    ]


def with_supply(engine: Engine) -> Engine:
    """Every hour of a hundred days has ten sellers, all above what the blocks pay."""
    ids = np.arange(10 * DAYS)
    engine.apply(
        asks(ids, participant=ids % 10, start=ids // 10 * HOURS, hours=HOURS, quantity=100, price=1_500 + ids % 10)
    )
    return engine


def with_blocks() -> Engine:
    """A hundred blocks wait for each of the days."""
    engine = with_supply(KernelEngine())
    engine.apply(waiting(FIRST_BLOCK, BLOCKS, TimeInForce.GTC))
    return engine


def waiting(first: int, count: int, tif: TimeInForce) -> np.ndarray:
    n = np.arange(count)
    return block_bids(first + n, start=n % DAYS * HOURS, hours=HOURS, quantity=8, price=1_000 + n % 97, tif=tif)


def asking(hour: int, count: int) -> Callable[[Engine], int]:
    """Hourly asks above what the blocks pay, each cancelled before the next."""
    ids = FIRST_ASK + np.arange(count // 2)
    commands = pairs(asks(ids, participant=77, start=hour, hours=1, quantity=3, price=1_490), cancels(ids))

    def run(engine: Engine) -> int:
        engine.apply(commands)
        return len(ids)

    return run


def trying(prepared: tuple[Engine, np.ndarray]) -> int:
    """The same blocks as they arrive, find all too dear and go."""
    engine, blocks = prepared
    engine.apply(blocks)
    return len(blocks)


def rows(rates: Rates) -> list[Row]:
    nanoseconds = {name: 1e9 / rates[name] for name in ("touches none", "no blocks", "touches a hundred", "block try")}
    return [
        row(
            "10,000 resting blocks: an ask and its cancel that touch none",
            nanoseconds["touches none"],
            "ns",
            "without blocks",
            nanoseconds["no blocks"],
        ),
        row(
            "10,000 resting blocks: an ask and its cancel that touch 100",
            nanoseconds["touches a hundred"],
            "ns",
            "100 such blocks arriving",
            TOUCHED * nanoseconds["block try"],
        ),
    ]
