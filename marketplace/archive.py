"""Old months leave the database, once matching and billing have done with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from billing.archiving import why_unfinished
from matching.archive.keep import UnableToArchive, archive_month, months_with_rows, one_at_a_time
from matching.models import ArchivedMonth
from matching.months import month_of, next_month


class MonthUnfinished(UnableToArchive):
    """Billing has not done with the month."""


def archive_months(
    *, before: datetime, root: Path, now: datetime, tell: Callable[[str], None] = lambda _: None
) -> list[ArchivedMonth]:
    """Archive every month that ends by `before` into folders below `root`, oldest first; returns those that left.

    Stops at the first that is not done: raises UnableToArchive, ArchiveDamaged or TablesBusy after those before it have left.
    Killed anywhere, a month is in the database or in a finished folder, and the next call goes on.
    """
    archived = []
    with one_at_a_time():
        for month in months_with_rows(before=min(month_of(before), month_of(now))):
            if (reason := why_unfinished(since=month, until=next_month(month), now=now)) is not None:
                raise MonthUnfinished(f"{month:%Y-%m} stays in the database: {reason}")
            archived.append(archive_month(month=month, root=root, now=now, tell=tell))
    return archived
