"""Everything that matching stores, recomputed from first principles.

`command_log.py` plays every market's log through a fresh engine and compares trades, events and orders; `sums.py` recomputes
what is kept as sums: filled quantities, holdings, book levels, cursors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.models import Market
from matching.verify.command_log import find_log_differences
from matching.verify.sums import find_sum_differences

__all__ = ["find_differences"]


def find_differences(*, engine_factory: Callable[[], Engine] = make_engine) -> Iterator[str]:
    """Yield a sentence for each difference, naming table and row; nothing where all agrees.

    Run it while no matcher writes, or inside a REPEATABLE READ transaction: it reads many tables one after another.
    """
    yield from find_sum_differences()
    for market in Market.objects.order_by("id"):
        yield from find_log_differences(market=market, engine=engine_factory())
