"""`make bench-large`: the pipeline among ten million old trades and a million open orders, beside one that is young.

Both exchanges live in databases of their own on the same server and are measured in one run; the larger takes some minutes to fill
and 8 GB of disk.
"""

from __future__ import annotations

import os
import sys
from typing import Any

OLD_TRADES = int(os.environ.get("OLD_TRADES", "10000000"))
OPEN_ORDERS = int(os.environ.get("OPEN_ORDERS", "1000000"))
CHUNK = 1_000_000


def main() -> None:
    """Measure both and print how much slower the larger one is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from tests.bench.pipeline import batches, single_orders
    from tests.bench.pipeline.exchange import DATABASE, new_exchange
    from tests.bench.pipeline.old_trades import insert_old_trades
    from tests.bench.pipeline.open_orders import insert_open_asks

    measured: list[list[dict[str, Any]]] = []
    for is_large in (False, True):
        with new_exchange(f"{DATABASE}{os.getpid()}") as exchange:
            if is_large:
                print("filling ...", file=sys.stderr, flush=True)
                for first in range(0, OLD_TRADES, CHUNK):
                    insert_old_trades(exchange, first=first, count=min(CHUNK, OLD_TRADES - first))
                insert_open_asks(exchange, count=OPEN_ORDERS, hours=1, span=1_000)
            measured.append([*batches.rows(exchange), *single_orders.rows(exchange)])
    for young, large in zip(*measured, strict=True):
        ratio = young["value"] / large["value"]
        print(f"{young['name']}: {young['value']} and {large['value']} {young['unit']}, {ratio:.2f} times slower")


if __name__ == "__main__":
    main()
