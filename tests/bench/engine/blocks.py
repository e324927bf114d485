"""Block bids that fill at once from books of different shapes, and one that the books refuse.

shallow: ten makers an hour at ten prices, each with more than all blocks take. deep: five makers an hour go into each block.
flexible: as shallow, with 24 hours to start in. one_site: as shallow, with ten sites to choose from.
"""

from collections.abc import Callable

import numpy as np

from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from tests.bench.engine.orders import IOC, asks, block_bids
from tests.bench.engine.rounds import Case, Rates, Row, row

HOURS = (1, 4, 24, 168)
SHAPES = ("shallow", "deep", "flexible", "one_site")
BLOCK_HOURS = 240_000
"""Hours of all blocks in a round."""
FLEXIBILITY = 24
FIRST_BLOCK = 10_000_000
ALL_OF_THEM = 1_000_000
"""A quantity that no block empties."""


def cases() -> list[Case]:
    return [
        *(filling(shape, hours) for shape in SHAPES for hours in HOURS),
        Case("refused", lambda: shallow(24), block_runner(24, price=1)),
    ]


def filling(shape: str, hours: int) -> Case:
    books: Callable[[], Engine] = lambda: deep(hours) if shape == "deep" else shallow(hours + FLEXIBILITY)  # noqa: E731
    flexibility = FLEXIBILITY if shape == "flexible" else 0
    run = block_runner(hours, price=2_000, start_flexibility=flexibility, one_site=shape == "one_site")
    return Case(f"{hours} {shape}", books, run)


def block_runner(hours: int, **columns: int) -> Callable[[Engine], int]:
    ids = FIRST_BLOCK + np.arange(BLOCK_HOURS // hours)
    bids = block_bids(ids, start=0, hours=hours, quantity=5, tif=IOC, **columns)

    def run(engine: Engine) -> int:
        engine.apply(bids)
        return len(bids)

    return run


def shallow(hours: int) -> Engine:
    """Every hour has ten sellers; which is the cheapest, and how cheap, differs from hour to hour."""
    ids = np.arange(10 * hours)
    hour, site = ids // 10, ids % 10
    price = 1_500 + (hour * 37 + site * 13) % 100
    engine = KernelEngine()
    engine.apply(asks(ids, participant=site, site=site, start=hour, hours=1, quantity=ALL_OF_THEM, price=price))
    return engine


def deep(hours: int) -> Engine:
    """Five makers of one accelerator an hour for each of the blocks to come, at ten prices."""
    ids = np.arange(5 * (BLOCK_HOURS // hours))
    engine = KernelEngine()
    engine.apply(asks(ids, start=0, hours=hours, quantity=1, price=1_500 + ids % 10))
    return engine


def rows(rates: Rates) -> list[Row]:
    hourly = rates["one, outcomes"]
    return [
        *(
            row(f"block of {hours} hours, {shape}", rates[f"{hours} {shape}"], "blocks/s")
            for shape in SHAPES
            for hours in HOURS
        ),
        row("block of 24 hours, refused on price", rates["refused"], "blocks/s"),
        row(
            "a block of 24 hours, shallow",
            1e6 / rates["24 shallow"],
            "us",
            "40 hourly commands of one",
            40 * 1e6 / hourly,
        ),
    ]
