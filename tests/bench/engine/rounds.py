"""Interleaved rounds: every case once a round, so that what disturbs the machine disturbs all of them alike."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any, NamedTuple

ROUNDS = 5

Row = dict[str, Any]
Rates = dict[str, float]
"""Median units a second, by a case's name."""


class Case(NamedTuple):
    """`run` does some work on what `prepare` made, outside the measured time, and returns how many units it did."""

    name: str
    prepare: Callable[[], Any]
    run: Callable[[Any], int]


def median_rates(cases: Iterable[Case]) -> Rates:
    """Return each case's units a second of the thread's CPU time, so that a busy machine disturbs it less."""
    rates: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for case in cases:
            prepared = case.prepare()
            started = time.thread_time()
            count = case.run(prepared)
            rates[case.name].append(count / (time.thread_time() - started))
    return {name: median(values) for name, values in rates.items()}


def row(
    name: str, value: float, unit: str, peer: str = "", peer_value: float | None = None, *, part: str = "engine"
) -> Row:
    """Return a row of the table, of a part of the bench; whole numbers where they are large enough to read."""
    return {
        "name": f"{part}: {name}",
        "value": rounded(value),
        "unit": unit,
        "peer": peer,
        "peer_value": None if peer_value is None else rounded(peer_value),
    }


def rounded(value: float) -> float:
    return round(value) if value >= 1_000 else float(f"{value:.3g}")
