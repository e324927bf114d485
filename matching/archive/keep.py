"""A month leaves the database: written, read back, and only then dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from django.db import OperationalError, connection, transaction

from matching.archive.books import Books, BooksWriter, blank_books, read_books
from matching.archive.folder import (
    VERSION,
    Folder,
    archived_folders,
    described,
    find_damage,
    finish_folder,
    folder_name,
    read_folder,
    sha256_of,
    start_folder,
    write_manifest,
)
from matching.archive.played import SCHEMA, to_table
from matching.archive.rows import read_rows, write_rows
from matching.archive.whole_log import COMMANDS, KEPT, Kept, read_whole_log
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.hours import hour_of
from matching.models import ArchivedMonth, Market
from matching.months import (
    LOCK_TIMEOUT_MS,
    TRIES,
    TablesBusy,
    give_way,
    make_span,
    month_of,
    next_month,
    partition_of,
    was_given_way,
)
from matching.replay import read_tables, replay, replayed_together
from matching.verify.command_log import find_event_differences

Tell = Callable[[str], None]

ARCHIVE_LOCK = 0x5A03
"""Key of the advisory lock that lets one archive at a time."""


class UnableToArchive(Exception):
    """Why a month stays in the database; nothing has changed."""


class MonthNotOver(UnableToArchive):
    """The month has not ended."""


class MonthNotPlayed(UnableToArchive):
    """Commands of the month wait for a matcher."""


class MonthNotDelivered(UnableToArchive):
    """Hours that were traded in the month have not ended, or can still be traded."""


class MonthDiffers(UnableToArchive):
    """The month's trades are not what its commands give."""


class NotReadBack(UnableToArchive):
    """What was written does not read as what was to be written."""


class AnotherArchives(UnableToArchive):
    """Another process is archiving."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep others from archiving meanwhile; raises AnotherArchives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ARCHIVE_LOCK])
        if cursor.fetchone() != (True,):
            raise AnotherArchives("Another process is archiving. Run this again when it has ended.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ARCHIVE_LOCK])


def months_with_rows(*, before: datetime) -> list[datetime]:
    """Return the months that have rows in the database and end by `before`, oldest first."""
    months: set[datetime] = set()
    with connection.cursor() as cursor:
        for kept in KEPT:
            cursor.execute(f"SELECT min({kept.key}), max({kept.key}) FROM {kept.table} WHERE {kept.key} < %s", [before])
            first, last = cursor.fetchone()
            while first is not None and month_of(first) <= month_of(last):
                months.add(month_of(first))
                cursor.execute(
                    f"SELECT min({kept.key}) FROM {kept.table} WHERE {kept.key} >= %s AND {kept.key} < %s",
                    [next_month(month_of(first)), before],
                )
                (first,) = cursor.fetchone()
    return sorted(months)


def archive_month(
    *,
    month: datetime,
    root: Path,
    now: datetime,
    tell: Tell = lambda _: None,
    engine_factory: Callable[[], Engine] = make_engine,
) -> ArchivedMonth:
    """Move a month's commands, trades and order events into the folder `root`/YYYY-MM, with the books at its end.

    Raises UnableToArchive, ArchiveDamaged (of the month before), TablesBusy; then nothing has left the database. The month is
    played again on the way, so none is archived whose trades are not what its commands give. Months go in their order.
    """
    check_month(month, now)
    make_span(month, month)
    partial = start_folder(root, month)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        manifest = write_month(month, partial, tell, engine_factory)
        tell(f"{month:%Y-%m}: reading it back")
        check_files(month, partial, manifest, engine_factory)
        transaction.set_rollback(True)  # of the temporary tables
    folder = finish_folder(partial, root, month)
    tell(f"{month:%Y-%m}: leaving the database")
    return drop_month(month, read_folder(folder), now)


def check_month(month: datetime, now: datetime) -> None:
    """Raise UnableToArchive where a month is not over and done."""
    end = next_month(month)
    if now < end:
        raise MonthNotOver(f"{month:%Y-%m} has not ended.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM matching_command WHERE sequence IS NULL AND at < %s", [end])
        (waiting,) = cursor.fetchone()
        cursor.execute(
            "SELECT max(t.start + t.hours), bool_or(t.start + t.hours > m.closed_until) FROM matching_trade t"
            " JOIN matching_market m ON m.id = t.market_id WHERE t.traded_at >= %s AND t.traded_at < %s",
            [month, end],
        )
        last_hour, is_open = cursor.fetchone()
    if waiting:
        raise MonthNotPlayed(f"{waiting} commands of {month:%Y-%m} wait for a matcher. See manage.py matchers.")
    if last_hour is not None and (is_open or last_hour > hour_of(now)):
        until = datetime.fromtimestamp(last_hour * 3600, UTC)
        raise MonthNotDelivered(f"{month:%Y-%m} traded hours up to {until:%Y-%m-%d %H:00} UTC. Archive it after that.")


# Writing


def write_month(month: datetime, partial: Path, tell: Tell, engine_factory: Callable[[], Engine]) -> dict[str, Any]:
    """Write a month's files and its manifest, which is returned; one snapshot of the database."""
    files: dict[str, Any] = {}
    for kept in KEPT:
        tell(f"{month:%Y-%m}: writing {kept.file}")
        path = partial / kept.file
        rows = write_rows(table=partition_of(kept.table, month), order_by=kept.order_by, path=path)
        files[kept.file] = described(path, rows)
    folders = archived_folders()
    tell(f"{month:%Y-%m}: playing it again")
    spans = spans_of_markets(month)
    books = BooksWriter(partial)
    played_rows = 0
    with pq.ParquetWriter(partial / "played.parquet", SCHEMA, compression="zstd") as played:
        for markets in replayed_together():
            played_rows += write_played(played, month, [market.pk for market in markets], spans)
            write_books(books, folders, markets, spans, engine_factory)
    books.close()
    for name, rows in (("played.parquet", played_rows), *books.rows.items()):
        files[name] = described(partial / name, rows)
    groups: dict[str, dict[str, int]] = {}
    for span in spans.values():
        group = groups.setdefault(span["link_group"], {"first": span["first"], "last": span["last"]})
        group["first"], group["last"] = min(group["first"], span["first"]), max(group["last"], span["last"])
    manifest = {
        "version": VERSION,
        "month": folder_name(month),
        "previous": sha256_of(folders[-1].path / "manifest.json") if folders else None,
        "files": files,
        "groups": groups,
        "markets": {str(market_id): span for market_id, span in spans.items()},
        "books": books.units,
    }
    write_manifest(partial, manifest)
    return manifest


def spans_of_markets(month: datetime) -> dict[int, dict[str, Any]]:
    """Return the first and last sequence of each market's commands in a month, with its symbol and link group."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, m.symbol, m.link_group, min(c.sequence), max(c.sequence), count(*)"
            f" FROM {partition_of(COMMANDS.table, month)} c JOIN matching_market m ON m.id = c.market_id GROUP BY m.id ORDER BY m.id"
        )
        names = ("symbol", "link_group", "first", "last", "commands")
        return {market_id: dict(zip(names, row, strict=True)) for market_id, *row in cursor.fetchall()}


def write_played(
    writer: pq.ParquetWriter, month: datetime, market_ids: list[int], spans: dict[int, dict[str, Any]]
) -> int:
    """Write what the engine of some markets was told in a month; returns how many rows."""
    of_these = [spans[market_id] for market_id in market_ids if market_id in spans]
    if not of_these:
        return 0
    end, last = next_month(month), max(span["last"] for span in of_these)
    rows = 0
    for commands in read_tables(market_ids=market_ids, after=min(span["first"] for span in of_these) - 1):
        table = to_table(commands, np.array([month <= at < end for at in commands.at], dtype=bool))
        writer.write_table(table)
        rows += table.num_rows
        if (commands.sequences[-1] or 0) >= last:
            break
    return rows


def write_books(
    writer: BooksWriter,
    folders: list[Folder],
    markets: list[Market],
    spans: dict[int, dict[str, Any]],
    engine_factory: Callable[[], Engine],
) -> None:
    """Play some markets on from the books of the month before and write what is open at the end; raises MonthDiffers."""
    market_ids = [market.pk for market in markets]
    engine = engine_factory()
    books = latest_books(folders, market_ids, engine)
    last = max((spans[i]["last"] for i in market_ids if i in spans), default=books.sequence)
    symbols = {market.pk: market.symbol for market in markets}
    log = until(last, read_whole_log(folders, market_ids=market_ids, after=books.sequence))
    in_tables = max((f.last_of(i) for f in folders for i in market_ids), default=0)
    for batch in replay(engine, log):
        after, books_until = books.sequence, int(batch.sequences[-1])
        books.follow(batch)
        if after >= in_tables:
            differences = find_event_differences(symbols, batch, after, books_until)
            if (first := next(differences, None)) is not None:
                raise MonthDiffers(f"{first} Nothing was archived. manage.py verify names every difference.")
    writer.write(books, engine)


def latest_books(folders: list[Folder], market_ids: list[int], engine: Engine, before: int | None = None) -> Books:
    """Load the latest books of some markets with a sequence below `before` into `engine`; blank ones where there are none."""
    for folder in reversed(folders):
        for unit, told in enumerate(folder.manifest["books"]):
            if told["markets"] == market_ids and told["sequence"] and (before is None or told["sequence"] < before):
                return read_books(folder.path, unit, told, engine)
    return blank_books(market_ids)


def until(last: int, log: Iterator[Any]) -> Iterator[Any]:
    """Yield a log's commands up to the sequence `last`."""
    for commands in log:
        within = np.flatnonzero(np.array(commands.sequences, dtype=np.int64) <= last)
        if len(within):
            yield commands if len(within) == len(commands) else commands.take(within)
        if len(within) < len(commands):
            return


# Reading back


def check_files(month: datetime, partial: Path, manifest: dict[str, Any], engine_factory: Callable[[], Engine]) -> None:
    """Raise NotReadBack unless the files say what the database says, row by row, and the books load as they were."""
    folder = Folder(partial, manifest)
    for sentence in find_damage(folder):
        raise NotReadBack(sentence)
    for kept in KEPT:
        check_rows(month, partial, kept)
    played = pq.read_table(partial / "played.parquet", columns=["command_id", "is_command"])
    commands = played.filter(played["is_command"]).num_rows
    if commands != manifest["files"][COMMANDS.file]["rows"]:
        raise NotReadBack(f"{partial / 'played.parquet'}: has {commands} commands, the month has others.")
    for unit, told in enumerate(manifest["books"]):
        engine = engine_factory()
        try:
            read_books(partial, unit, told, engine)
        except ValueError as error:
            raise NotReadBack(f"{partial / 'orders.parquet'}: no engine can load it ({error}).") from error
        table = pq.read_table(partial / "resting.parquet", filters=[("unit", "=", unit)])
        resting = engine.resting()
        for name in resting.dtype.names or ():
            if not np.array_equal(table[name].to_numpy(), resting[name]):
                raise NotReadBack(f"{partial / 'resting.parquet'}: an engine that has loaded it has another {name}.")


def check_rows(month: datetime, partial: Path, kept: Kept) -> None:
    """Raise NotReadBack unless a file has the very rows of its partition."""
    part, back = partition_of(kept.table, month), f"back_{kept.table}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {back} (LIKE {part})")
        read_rows(path=partial / kept.file, table=back)
        cursor.execute(
            f"SELECT (SELECT count(*) FROM (TABLE {part} EXCEPT ALL TABLE {back}) AS lost),"
            f" (SELECT count(*) FROM (TABLE {back} EXCEPT ALL TABLE {part}) AS added)"
        )
        if cursor.fetchone() != (0, 0):
            raise NotReadBack(f"{partial / kept.file}: does not read as {part}. Nothing was archived; try again.")


# Dropping


def drop_month(month: datetime, folder: Folder, now: datetime) -> ArchivedMonth:
    """Drop a month's partitions and note that its folder stands for them, in one transaction; raises TablesBusy."""
    for _attempt in range(TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                give_way(cursor)
                return _drop_month(cursor, month, folder, now)
        except OperationalError as error:
            if not was_given_way(error):
                raise
        sleep(LOCK_TIMEOUT_MS / 1000)
    raise TablesBusy(
        f"{month:%Y-%m} is written to {folder.path} but still in the database too: a long statement reads the log. "
        "Run this again when it has ended."
    )


def _drop_month(cursor: Any, month: datetime, folder: Folder, now: datetime) -> ArchivedMonth:
    rows = {kept: folder.manifest["files"][kept.file]["rows"] for kept in KEPT}
    for kept in KEPT:
        part = partition_of(kept.table, month)
        cursor.execute(f"LOCK TABLE {part} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {part}),"
            f" (SELECT count(*) FROM {kept.table}_default WHERE {kept.key} >= %s AND {kept.key} < %s)",
            [month, next_month(month)],
        )
        if (found := cursor.fetchone()) != (rows[kept], 0):
            raise MonthDiffers(f"{part} has changed since it was written ({sum(found)} rows). Run this again.")
    for kept in KEPT:
        cursor.execute(f"ALTER TABLE {kept.table} DETACH PARTITION {partition_of(kept.table, month)}")
        cursor.execute(f"DROP TABLE {partition_of(kept.table, month)}")
    return ArchivedMonth.objects.create(
        month=date(month.year, month.month, 1),
        manifest_sha256=sha256_of(folder.path / "manifest.json"),
        folder=str(folder.path),
        commands=rows[COMMANDS],
        trades=rows[KEPT[1]],
        order_events=rows[KEPT[2]],
        archived_at=now,
    )
