"""From click to durable trade beside what PostgreSQL and Django cannot do without; docs/bench.md says what each row means.

`python -m tests.bench pipeline` prints the table. Wall-clock time, medians of interleaved rounds, in a database of its own with
synchronous commits.
"""

from __future__ import annotations

from tests.bench.engine.rounds import Row


def measure() -> list[Row]:
    """Return a row a figure: name, value, unit, peer, peer_value."""
    import django

    django.setup()
    from tests.bench.pipeline import batches, live_feed, rebuilding, replay_week, single_orders, takeover
    from tests.bench.pipeline.exchange import new_exchange

    rows: list[Row] = []
    for part in (batches, single_orders, live_feed, rebuilding, takeover):
        with new_exchange() as exchange:
            rows += part.rows(exchange)
    return rows + replay_week.rows()
