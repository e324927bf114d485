"""Settlement of many trades and the printing of invoices beside what cannot be done without; docs/bench.md says what each row means.

`python -m tests.bench billing` prints the table. BENCH_SETTLE_TRADES and BENCH_DOCUMENTS set how many trades and documents.
"""

from __future__ import annotations

import sys

from tests.bench.engine.rounds import Row


def measure() -> list[Row]:
    """Return a row a figure: name, value, unit, peer, peer_value; tell each as soon as it is known."""
    import django

    django.setup()
    from tests.bench.billing import documents, settlement
    from tests.bench.pipeline.exchange import new_exchange

    rows: list[Row] = []
    for part in (settlement, documents):
        with new_exchange("suanshi_bench_billing_") as exchange:
            found = part.rows(exchange)
        for row in found:
            print(*(value for value in row.values() if value is not None), file=sys.stderr, flush=True)
        rows += found
    return rows
