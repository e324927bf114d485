"""Hourly commands: the shared streams by level of detail, in calls of different sizes, and offers of many hours."""

import numpy as np

from matching.engine.dtypes import Detail
from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from matching.engine.reference import ReferenceEngine
from tests.bench.engine.orders import asks
from tests.bench.engine.rounds import Case, Rates, Row, row
from tests.bench.engine.streams import stream, title

DETAILS = {"all events": Detail.ALL, "outcomes": Detail.OUTCOMES, "trades only": Detail.TRADES}
CALLS = (("one", 1), ("one", 64), ("one", 4_096), ("zipf", 4_096))
"""Streams, and how many of their commands a call takes."""
REFERENCE_SLICE = 20_000
"""Commands that the reference engine plays of each stream; it is some hundred times slower."""
ONE_A_CALL = 50_000
OFFER_HOURS = (24, 168, 720)
ORDER_HOURS = 480_000
"""Order-hours of offers in a round."""


def cases() -> list[Case]:
    streams = {name: stream(name) for name in ("one", "zipf")}
    return [
        *(
            playing(f"{name}, {words}", commands, detail)
            for name, commands in streams.items()
            for words, detail in DETAILS.items()
        ),
        *(in_chunks(f"{name}, {size} a call", streams[name][: ONE_A_CALL * size], size) for name, size in CALLS),
        *(reference(name, commands[:REFERENCE_SLICE]) for name, commands in streams.items()),
        *(offering(hours) for hours in OFFER_HOURS),
    ]


def playing(name: str, commands: np.ndarray, detail: Detail) -> Case:
    def run(engine: Engine) -> int:
        engine.apply(commands, detail)
        return len(commands)

    return Case(name, KernelEngine, run)


def in_chunks(name: str, commands: np.ndarray, size: int) -> Case:
    chunks = [commands[at : at + size] for at in range(0, len(commands), size)]

    def run(engine: Engine) -> int:
        for chunk in chunks:
            engine.apply(chunk, Detail.ALL)
        return len(commands)

    return Case(name, KernelEngine, run)


def reference(name: str, commands: np.ndarray) -> Case:
    def run(engine: Engine) -> int:
        engine.apply(commands, Detail.ALL)
        return len(commands)

    return Case(f"{name}, reference", ReferenceEngine, run)


def offering(hours: int) -> Case:
    """Offers at a hundred prices that start on any of thirty days and rest."""
    ids = np.arange(ORDER_HOURS // hours)
    offers = asks(ids, start=ids * 7 % 30 * 24, hours=hours, quantity=8, price=1_500 + ids * 37 % 100)

    def run(engine: Engine) -> int:
        engine.apply(offers, Detail.ALL)
        return len(ids) * hours

    return Case(f"offers of {hours} hours", KernelEngine, run)


def rows(rates: Rates) -> list[Row]:
    return [
        *(
            row(
                f"{title(name)}, {words}",
                rates[f"{name}, {words}"],
                "commands/s",
                f"reference engine, first {REFERENCE_SLICE:,}",
                rates[f"{name}, reference"],
            )
            for name in ("one", "zipf")
            for words in DETAILS
        ),
        *(
            row(
                f"{title(name)}, all events, {size:,} a call",
                rates[f"{name}, {size} a call"],
                "commands/s",
                "a million in one call",
                rates[f"{name}, all events"],
            )
            for name, size in CALLS
        ),
        *(row(f"offers of {hours} hours", rates[f"offers of {hours} hours"], "order-hours/s") for hours in OFFER_HOURS),
    ]
