"""The ledger as other people's accounting software reads it: Beancount, hledger, CSV."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import IO

from django.db import connection, transaction

from billing.books import beancount, csv_table, hledger
from billing.books.chart import Chart
from billing.books.journal import Detail, Journal, read_journal

FORMATS: dict[str, Callable[[IO[str], Journal], None]] = {
    "beancount": beancount.write_journal,
    "hledger": hledger.write_journal,
    "csv": csv_table.write_journal,
}
"""What writes a journal, by format."""

ENDINGS = {"beancount": "beancount", "hledger": "journal", "csv": "csv"}


def export_books(
    file: IO[str], *, format: str, chart: Chart, detail: Detail = Detail.DAY, first: date | None = None,
    last: date | None = None,
) -> None:  # fmt: skip
    """Write the posted transfers of the Beijing days `first` to `last` (both included, None leaves one open) as a journal.

    Everything is read at one moment of a running exchange. The file opens with the balances before `first` and ends by
    asserting the balance of every account, so that whoever checks it checks it against our ledger. Memory does not grow
    with the number of transfers. Raises ChartError when the chart lacks a kind of account.
    """
    was_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if was_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        FORMATS[format](file, read_journal(chart=chart, detail=detail, first=first, last=last))
