"""Time from call to events, one command a call, in wall-clock time; beside it a call that has nothing to do."""

from statistics import median
from time import perf_counter_ns

import numpy as np

from matching.engine.dtypes import Detail
from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from tests.bench.engine.rounds import ROUNDS, Row, row
from tests.bench.engine.streams import stream

CALLS = 200_000
PERCENTILES = (50, 99, 99.9)


def rows() -> list[Row]:
    commands = stream("one")[:CALLS]
    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(latencies(KernelEngine(), [commands[n : n + 1] for n in range(CALLS)]))
        floor.append(latencies(KernelEngine(), [commands[:0]] * CALLS))
    return [
        row(
            f"latency of a command of one, p{percentile}",
            at(ours, percentile),
            "us",
            "an empty call",
            at(floor, percentile),
        )
        for percentile in PERCENTILES
    ]


def at(rounds: list[np.ndarray], percentile: float) -> float:
    """Return the median over the rounds, in microseconds."""
    return median(float(np.percentile(ns, percentile)) for ns in rounds) / 1_000


def latencies(engine: Engine, calls: list[np.ndarray]) -> np.ndarray:
    """Return each call's nanoseconds."""
    ns = []
    for commands in calls:
        started = perf_counter_ns()
        engine.apply(commands, Detail.ALL)
        ns.append(perf_counter_ns() - started)
    return np.array(ns)
