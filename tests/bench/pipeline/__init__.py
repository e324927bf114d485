"""From click to durable trade beside what PostgreSQL and Django cannot do without; docs/bench.md says what each row means.

`python -m tests.bench pipeline` prints the table; `python -m tests.bench.pipeline batches takeover` the rows of these files alone.
Wall-clock time, medians of interleaved rounds, in a database of its own with synchronous commits.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from tests.bench.engine.rounds import Row

PARTS = ("batches", "single_orders", "live_feed", "rebuilding", "takeover", "replay_week")


def measure(parts: Sequence[str] = PARTS) -> list[Row]:
    """Return a row a figure: name, value, unit, peer, peer_value; tell each as soon as it is known."""
    import django

    django.setup()
    rows: list[Row] = []
    for part in parts:
        found = rows_of(part)
        for row in found:
            print(*(value for value in row.values() if value is not None), file=sys.stderr, flush=True)
        rows += found
    return rows


def rows_of(part: str) -> list[Row]:
    """Return the rows of one of PARTS; all but the week, which has its own, get a new exchange."""
    from tests.bench.pipeline.exchange import new_exchange

    module = importlib.import_module(f"tests.bench.pipeline.{part}")
    if part == "replay_week":
        return list(module.rows())
    with new_exchange() as exchange:
        return list(module.rows(exchange))
