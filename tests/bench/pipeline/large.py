"""`make bench-large`: the pipeline of an exchange with ten million old trades and a million open orders, beside a young one.

Both have a database of their own on the same server and are measured in turn, round by round. BENCH_LARGE_TRADES and
BENCH_LARGE_ORDERS make the large one smaller; 600,000 and 100,000 take five minutes, half of them to fill it.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.pipeline.exchange import Exchange
    from tests.bench.pipeline.scene import Scene

TRADES = int(os.environ.get("BENCH_LARGE_TRADES", "10000000"))
OPEN_ORDERS = int(os.environ.get("BENCH_LARGE_ORDERS", "1000000"))
KEEPS = os.environ.get("BENCH_LARGE_KEEP", "") not in ("", "0")
CHUNK = 500_000
ROUNDS = 3


def main() -> None:
    """Measure both and print how much slower the larger one is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from tests.bench.pipeline.exchange import DATABASE, new_exchange
    from tests.bench.pipeline.scene import new_scene

    with (
        new_exchange(f"{DATABASE}young_") as young,
        new_scene(young) as beside,
        large_exchange(DATABASE) as large,
        new_scene(large) as scene,
    ):
        compare(scene, beside)


@contextmanager
def large_exchange(prefix: str) -> Iterator[Exchange]:
    """Make a large exchange, or take the one that was kept, and work on it."""
    from tests.bench.pipeline.exchange import kept_exchange, new_exchange

    if KEEPS:
        with kept_exchange(f"{prefix}large_kept", fill) as exchange:
            yield exchange
    else:
        with new_exchange(f"{prefix}large_") as exchange:
            fill(exchange)
            yield exchange


def fill(exchange: Exchange) -> None:
    """Insert what a large exchange has, in the database at hand."""
    from tests.bench.pipeline.filling import filling
    from tests.bench.pipeline.old_trades import TABLES, insert_old_trades
    from tests.bench.pipeline.open_orders import insert_open_asks

    started = perf_counter()
    with filling(TABLES):
        for first in range(0, TRADES, CHUNK):
            insert_old_trades(first=first, count=min(CHUNK, TRADES - first), of=TRADES)
            print(f"{first + CHUNK:,} trades, {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    insert_open_asks(exchange, count=OPEN_ORDERS, hours=1, span=1_000)
    seconds = perf_counter() - started
    print(f"{TRADES:,} trades and {OPEN_ORDERS:,} open orders, filled in {seconds:.0f} s", file=sys.stderr, flush=True)


def compare(large: Scene, young: Scene) -> None:
    """Measure the two in turn and print the medians."""
    found: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for _ in range(ROUNDS):
        for place, scene in enumerate((young, large)):
            for name, value in scene.measure().items():
                found[name][place].append(value)
    for name, (of_young, of_large) in found.items():
        print(
            f"{name}: {median(of_young):.3g} young, {median(of_large):.3g} large, {median(of_large) / median(of_young):.2f} times"
        )


if __name__ == "__main__":
    main()
