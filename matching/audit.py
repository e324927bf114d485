"""The log played again from any sequence on, archive and database as one, against every trade and order event that it made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db import connection, transaction

from matching.archive.folder import Folder, archived_folders
from matching.archive.keep import latest_books, until
from matching.archive.whole_log import ORDER_EVENTS, TRADES, add_archive, read_whole_log
from matching.batch import Batch
from matching.bulk import array_literal
from matching.command_log import Commands
from matching.engine.dtypes import NULL, Do
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.models import Lease, Market
from matching.months import TABLES
from matching.replay import replay, replayed_together
from matching.verify.command_log import find_event_differences

LAST = 2**62


class UnableToAudit(Exception):
    """What was asked for cannot be audited; the sentence says why."""


@dataclass(slots=True)
class Audited:
    """What an audit has gone through."""

    commands: int = 0
    trades: int = 0
    order_events: int = 0
    sequences: list[np.ndarray] = field(default_factory=list)

    def count(self, batch: Batch) -> None:
        """Add a piece of the log."""
        self.commands += len(batch.commands)
        self.trades += int(batch.is_trade.sum())
        self.order_events += int((~batch.is_trade).sum())
        self.sequences.append(batch.sequences)


def audit_group(
    *,
    link_group: str,
    first: int,
    last: int | None = None,
    engine_factory: Callable[[], Engine] = make_engine,
    audited: Audited | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Generator[str]:
    """Yield a sentence for each difference between a link group's log from `first` to `last` and what is stored of it.

    Starts from the nearest books before `first` in the archive, else from the first command. Reads one state of the database, so
    the exchange may go on meanwhile. `audited` counts along. Raises UnableToAudit, ArchiveDamaged.
    """
    audited = audited or Audited()
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS SHARE MODE")
        folders = archived_folders()
        units = units_of(link_group)
        ids = [market.pk for unit in units for market in unit]
        add_archive([f for f in folders if any(f.last_of(i) >= first for i in ids)], (TRADES, ORDER_EVENTS))
        for markets in units:
            log = Log(markets, folders, first, LAST if last is None else last)
            yield from audit_markets(log, engine_factory(), audited, tell)
        yield from find_gaps(link_group, audited, first)
        transaction.set_rollback(True)


def units_of(link_group: str) -> list[list[Market]]:
    """Return the markets of a group, those together that one engine has to play; raises UnableToAudit."""
    units = [unit for unit in replayed_together() if any(market.link_group == link_group for market in unit)]
    if not units:
        raise UnableToAudit(f"There is no market in a link group {link_group}. manage.py matchers lists the groups.")
    return units


@dataclass(frozen=True, slots=True)
class Log:
    """What is audited of some markets: sequences from `first` to `last`."""

    markets: Sequence[Market]
    folders: Sequence[Folder]
    first: int
    last: int

    @property
    def symbols(self) -> dict[int, str]:
        """The symbol of each market."""
        return {market.pk: market.symbol for market in self.markets}


def audit_markets(log: Log, engine: Engine, audited: Audited, tell: Callable[[str], None]) -> Iterator[str]:
    """Play some markets' log and compare what it gives from `first` on."""
    ids = list(log.symbols)
    books = latest_books(list(log.folders), ids, engine, before=log.first)
    names = ", ".join(log.symbols.values())
    tell(f"{names}: from the books after {books.sequence:,}" if books.sequence else f"{names}: from the first command")
    after = log.first - 1
    commands = until(log.last, read_whole_log(log.folders, market_ids=ids, after=books.sequence))
    for batch in replay(engine, split(commands, after)):
        upto = int(batch.sequences[-1])
        if upto < log.first:
            continue
        yield from find_event_differences(log.symbols, batch, after, upto)
        yield from find_entry_differences(batch)
        audited.count(batch)
        after = upto
        tell(
            f"{names}: {upto:,}, {audited.trades:,} fills and {audited.order_events:,} order events agree or are named"
        )
    yield from find_event_differences(log.symbols, None, after, log.last)


def split(log: Iterator[Commands], at: int) -> Iterator[Commands]:
    """Cut the piece of a log in which the sequence `at` is behind it."""
    for commands in log:
        is_before = np.array(commands.sequences, dtype=np.int64) <= at
        parts = [np.flatnonzero(is_before), np.flatnonzero(~is_before)]
        yield from (commands.take(n) for n in parts if len(n))


ORDERS = f"""
    SELECT id, participant_id, market_id, start, hours, coalesce(site_id, {NULL}), start_flexibility, side, kind, sequence
    FROM matching_order WHERE id = ANY(%s::bigint[]) ORDER BY id
"""
ORDER_FIELDS = ("id", "participant", "market", "start", "hours", "site", "start_flexibility", "side", "kind")


def find_entry_differences(batch: Batch) -> Iterator[str]:
    """Compare the orders that came in with their rows, and their rows' sequences with the log's."""
    rows = batch.commands.engine
    is_new = np.flatnonzero(rows["do"] == Do.NEW)
    due = {
        int(rows["id"][n]): (*(int(rows[name][n]) for name in ORDER_FIELDS), int(batch.sequences[n]))
        for n in is_new.tolist()
    }
    with connection.cursor() as cursor:
        cursor.execute(ORDERS, [array_literal(due)])
        stored = {row[0]: row for row in cursor.fetchall()}
    for order_id, values in due.items():
        if order_id not in stored:
            yield f"matching_order {order_id}: is missing, the log has it at sequence {values[-1]}."
            continue
        for name, value, logged in zip((*ORDER_FIELDS, "sequence"), stored[order_id], values, strict=True):
            if value != logged:
                yield f"matching_order {order_id}: {name} is {value}, the log has {logged}."


def find_gaps(link_group: str, audited: Audited, first: int) -> Iterator[str]:
    """Name the sequences that no command has; a group's have no gap since its markets were linked."""
    linked = Lease.objects.filter(link_group=link_group).values_list("linked_sequence", flat=True).first()
    if linked is None or not audited.sequences:
        return
    found = np.unique(np.concatenate(audited.sequences))
    found = found[found > linked]
    start = max(first, linked + 1)
    if not len(found):
        return
    missing = np.setdiff1d(np.arange(start, found[-1] + 1), found)
    if len(missing):
        shown = ", ".join(f"{n:,}" for n in missing[:5].tolist())
        yield f"The log of {link_group} lacks {len(missing):,} commands: {shown}{' ...' if len(missing) > 5 else ''}."
