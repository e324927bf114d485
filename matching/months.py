"""The months in which commands, trades and order events are kept: PostgreSQL's partitions by the time of the command.

A command, its trades and its events have the same time, so a month is whole: all that its commands did. The partitions are made
ahead; where nobody has made a month, its rows go into the default partition, and move when it is made.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import sleep

from django.db import OperationalError, connection, transaction

TABLES = {"matching_command": "at", "matching_trade": "traded_at", "matching_orderevent": "at"}
"""The tables kept by months, with the column that says which."""

MONTHS_AHEAD = 2

LOCK_TIMEOUT_MS = 300
"""How long a change of partitions waits for those at work on the tables, before it lets them by and tries again."""

TRIES = 20


class TablesBusy(Exception):
    """A long statement keeps the tables in use; nothing was changed. Try again when it has ended."""


def month_of(moment: datetime) -> datetime:
    """Return the start of a moment's month, UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime, count: int = 1) -> datetime:
    """Return the start of the month `count` after the one that starts at `month`; before it where `count` is negative."""
    months = month.year * 12 + month.month - 1 + count
    return month.replace(year=months // 12, month=months % 12 + 1)


def partition_of(table: str, month: datetime) -> str:
    """Name the partition of a month."""
    return f"{table}_{month:%Y_%m}"


def make_months(*, now: datetime, ahead: int = MONTHS_AHEAD) -> int:
    """Make the partitions of this month and the next `ahead` where they are missing; returns how many.

    Months whose rows stand in the default partition, because nobody had made them, are made too. Asking again makes nothing.
    Raises TablesBusy.
    """
    first = month_of(now)
    return make_span(first, next_month(first, ahead)) + sum(make_span(month, month) for month in unmade_months())


def unmade_months() -> list[datetime]:
    """Return the months that have rows in a default partition, oldest first."""
    statement = " UNION ".join(
        f"SELECT date_trunc('month', {key}, 'UTC') FROM {table}_default" for table, key in TABLES.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return sorted(month for (month,) in cursor.fetchall())


def make_span(first: datetime, last: datetime) -> int:
    """Make the partitions of the months from `first` to `last`; raises TablesBusy. See `make_months`."""
    for _attempt in range(TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                give_way(cursor)
                cursor.execute("SELECT matching_make_months(%s, %s)", [first, last])
                return int(cursor.fetchone()[0])
        except OperationalError as error:
            if not was_given_way(error):
                raise
        sleep(LOCK_TIMEOUT_MS / 1000)
    raise TablesBusy("A long statement keeps the tables of the log in use. Nothing was changed; try again later.")


def give_way(cursor) -> None:  # type: ignore[no-untyped-def]
    """Let this transaction wait for no lock longer than the traders behind it can bear."""
    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")


def was_given_way(error: OperationalError) -> bool:
    """Say whether a statement ended because a lock was not to be had."""
    return getattr(error.__cause__, "sqlstate", None) == "55P03"
