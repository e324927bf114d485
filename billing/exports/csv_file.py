"""A report as CSV, written by PostgreSQL itself (COPY)."""

from __future__ import annotations

from typing import IO

from billing.exports.stream import PLAIN, OnRows, copied, nobody
from billing.reports.asked import Asked
from billing.reports.frame import Report

ROWS_BETWEEN = 10_000


def write_csv(file: IO[bytes], *, report: Report, asked: Asked, on_rows: OnRows = nobody) -> int:
    """Write UTF-8 with a head of column names, amounts in yuan with two decimals; returns the number of rows."""
    rows = -1  # PostgreSQL sends a message a row, and one for the head
    with copied(report, asked, PLAIN) as copy:
        write = file.write
        for rows, message in enumerate(copy):
            write(message)
            if rows % ROWS_BETWEEN == 0:
                on_rows(rows)
    return max(rows, 0)
