"""Everything that matching stores, recomputed from first principles.

`command_log.py` plays the log of all linked markets through a fresh engine and compares trades, events and orders; `sums.py` recomputes
what is kept as sums: filled quantities, holdings, book levels, cursors; `market_data.py` what the public reads;
`rulings.py` bands and halts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from matching.archive.folder import archived_folders
from matching.archive.whole_log import add_archive
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.months import TABLES
from matching.replay import replayed_together
from matching.verify.command_log import find_log_differences
from matching.verify.market_data import find_market_data_differences
from matching.verify.rulings import find_ruling_differences
from matching.verify.sums import find_sum_differences

__all__ = ["find_differences", "one_snapshot"]


def find_differences(*, engine_factory: Callable[[], Engine] = make_engine) -> Iterator[str]:
    """Yield a sentence for each difference, naming table and row; nothing where all agrees.

    Reads one state of the database and of the archive, so the exchange may go on meanwhile; within a transaction, the state that
    it sees. Raises ArchiveDamaged.
    """
    with one_snapshot():
        yield from find_sum_differences()
        yield from find_market_data_differences()
        yield from find_ruling_differences()
        for markets in replayed_together():
            yield from find_log_differences(markets=markets, engine=engine_factory())


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Let every read see one state of database and archive; raises ArchiveDamaged. What is written meanwhile is undone.

    A transaction that is already open keeps its own isolation.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS SHARE MODE")  # no month leaves from here on
        add_archive(archived_folders())
        if is_outermost:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield
        transaction.set_rollback(True)
