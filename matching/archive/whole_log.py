"""Archive and tables as one log: for statements, by views that stand before the tables; for engines, by their commands in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from django.db import connection

from matching.archive.folder import ArchiveDamaged, Folder, find_damage
from matching.archive.played import from_table, in_order, read_played, to_table
from matching.archive.rows import columns_of, read_rows
from matching.command_log import Commands
from matching.replay import COMMANDS_A_READ, read_tables


class Kept(NamedTuple):
    """A table kept by months, and its file in a month's folder."""

    table: str
    key: str
    file: str
    order_by: str


COMMANDS = Kept("matching_command", "at", "commands.parquet", "market_id, sequence")
TRADES = Kept("matching_trade", "traded_at", "trades.parquet", "market_id, sequence, ordinal")
ORDER_EVENTS = Kept("matching_orderevent", "at", "order_events.parquet", "market_id, sequence, ordinal")
KEPT = (COMMANDS, TRADES, ORDER_EVENTS)


def add_archive(folders: Sequence[Folder], tables: Iterable[Kept] = KEPT) -> None:
    """Let every later statement of this transaction see the rows of `folders` in `tables`; raises ArchiveDamaged.

    A temporary view stands before each table, which PostgreSQL looks for first. It ends with the transaction, which has to be
    rolled back.
    """
    if damage := [sentence for folder in folders for sentence in find_damage(folder)]:
        raise ArchiveDamaged(" ".join(damage))
    if not folders:
        return
    for kept in tables:
        columns = ", ".join(f'"{name}"' for name in columns_of(kept.table))
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            (schema,) = cursor.fetchone()
            cursor.execute(f"CREATE TEMP TABLE archived_{kept.table} (LIKE {kept.table})")
            for name in columns_of(kept.table):  # a column that is newer than a file is empty there
                cursor.execute(f'ALTER TABLE archived_{kept.table} ALTER COLUMN "{name}" DROP NOT NULL')
        for folder in folders:
            read_rows(path=folder.file(kept.file), table=f"archived_{kept.table}")
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE INDEX ON archived_{kept.table} (market_id, sequence)")
            cursor.execute(f"ANALYZE archived_{kept.table}")
            cursor.execute(
                f"CREATE TEMP VIEW {kept.table} AS SELECT {columns} FROM {schema}.{kept.table}"
                f" UNION ALL SELECT {columns} FROM archived_{kept.table}"
            )


FIRST_IN_TABLES = "SELECT min(sequence) FROM matching_command WHERE market_id = ANY(%s) AND sequence > %s"

NEVER = 2**62


def read_whole_log(folders: Sequence[Folder], *, market_ids: Sequence[int], after: int = 0) -> Iterator[Commands]:
    """Yield the commands of some markets with sequences above `after`, by sequence, from the archive and then the tables.

    A command that was accepted before a month ended may be played after one of the next month, so months overlap by a little.
    The tables must be seen as they are, without `add_archive`.
    """
    ids = list(market_ids)
    months = [folder for folder in folders if any(folder.last_of(market_id) > after for market_id in ids)]
    with connection.cursor() as cursor:
        cursor.execute(FIRST_IN_TABLES, [ids, after])
        (first_in_tables,) = cursor.fetchone()
    firsts = [min((f.first_of(i) for i in ids if f.last_of(i)), default=NEVER) for f in months]
    firsts.append(NEVER if first_in_tables is None else first_in_tables)
    rest: pa.Table | None = None
    for row, folder in enumerate(months):
        found = read_played(folder.file("played.parquet"), market_ids=ids, after=after)
        table = in_order(pa.concat_tables([rest, found])) if rest is not None else found
        bound = np.searchsorted(table["sequence"].to_numpy(), min(firsts[row + 1 :]))
        yield from pieces(table.slice(0, bound))
        rest = table.slice(bound)
    yield from with_rest(read_tables(market_ids=ids, after=after), rest)


def with_rest(log: Iterator[Commands], rest: pa.Table | None) -> Iterator[Commands]:
    """Yield a log with archived commands in their places."""
    for commands in log:
        if rest is None or not rest.num_rows:
            yield commands
            continue
        bound = np.searchsorted(rest["sequence"].to_numpy(), commands.sequences[-1] or 0, side="right")
        table = pa.concat_tables([rest.slice(0, bound), to_table(commands, np.ones(len(commands), dtype=bool))])
        yield from_table(in_order(table))
        rest = rest.slice(bound)
    if rest is not None:
        yield from pieces(rest)


def pieces(table: pa.Table) -> Iterator[Commands]:
    """Cut archived commands into pieces, never within one sequence."""
    sequences = table["sequence"].to_numpy()
    start = 0
    while start < len(sequences):
        end = min(start + COMMANDS_A_READ, len(sequences))
        end = int(np.searchsorted(sequences, sequences[end - 1], side="right"))
        yield from_table(table.slice(start, end - start))
        start = end
