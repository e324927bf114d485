"""The order books beside what they must keep up with; docs/bench.md says what each row means.

`python -m tests.bench engine` prints the table. Figures are medians of five interleaved rounds in CPU time of the thread, latency
excepted.
"""

from tests.bench.engine import blocks, hourly, latency, memory, peers, resting_blocks, state
from tests.bench.engine.rounds import Row, median_rates


def measure() -> list[Row]:
    """Return a row a figure: name, value, unit, peer, peer_value."""
    parts = (hourly, peers, blocks, resting_blocks, state)
    rates = median_rates([case for part in parts for case in part.cases()])
    return [*(row for part in parts for row in part.rows(rates)), *latency.rows(), *memory.rows()]
