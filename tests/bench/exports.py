"""Files of 100,000 settled lines with their 26 columns: seconds an XLSX, and CSV beside a bare COPY of the same rows.

`python -m tests.bench exports` prints the table. BENCH_EXPORT_ROWS sets how many rows.
"""

from __future__ import annotations

import io
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import IO, Any

ROWS = int(os.environ.get("BENCH_EXPORT_ROWS", "100000"))
TIMES = 3
XLSX_SECONDS_MAX = 2
MEMORY_MB_MAX = 200


def measure() -> list[dict[str, Any]]:
    """Return a row a figure, the best of three: other work on the machine only ever adds."""
    import django

    django.setup()
    from tests.bench.pipeline.exchange import new_exchange

    with new_exchange("suanshi_bench_exports_") as exchange:
        return _figures(exchange)


def _figures(exchange: Any) -> list[dict[str, Any]]:
    from billing.exports import write_report
    from billing.reports.asked import read_asked
    from billing.reports.registry import REPORTS
    from billing.settlement import settle_delivered
    from tests.bench.billing.figures import row
    from tests.bench.billing.traded_day import trade_a_day

    until_hour = trade_a_day(exchange=exchange, trades=ROWS)
    now = datetime.now(UTC)
    settle_delivered(until_hour=until_hour, now=now)
    report, asked = REPORTS["lines"], read_asked({"from": "2000-01-01", "to": "2100-01-01"}, now=now)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counted = 0

    def write(format: str) -> None:
        nonlocal counted
        with tempfile.TemporaryFile() as file:
            counted = write_report(file, format=format, report=report, asked=asked, now=now, rows_expected=ROWS)

    seconds = {format: best(partial(write, format)) for format in ("csv", "xlsx", "parquet")}
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    bare = best(lambda: _bare_copy(report, asked))
    name = f"{counted:,} rows of 26 columns"
    found = [
        row(f"XLSX of {name}", seconds["xlsx"], "s", "limit", XLSX_SECONDS_MAX),
        row(f"CSV of {name}", counted / seconds["csv"], "rows/s", "bare COPY TO of the same SELECT", counted / bare),
        row(
            f"Parquet of {name}",
            counted / seconds["parquet"],
            "rows/s",
            "bare COPY TO of the same SELECT",
            counted / bare,
        ),
        row(f"memory that {name} add", memory, "MB", "limit", MEMORY_MB_MAX),
        row(
            f"XLSX of {name}",
            seconds["xlsx"],
            "s",
            "XlsxWriter constant_memory of the same rows",
            _xlsxwriter(report, asked),
        ),
    ]
    for figure in found:
        print(*(value for value in figure.values() if value is not None), file=sys.stderr, flush=True)
    return found


def best(work: Callable[[], object]) -> float:
    """Return the shortest of some runs, in seconds."""
    times = []
    for _turn in range(TIMES):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return min(times)


def _bare_copy(report: Any, asked: Any) -> None:
    """Read the same rows by COPY and write them nowhere: no format, no column of ours."""
    import psycopg
    from django.db import connection

    query = report.query(asked)
    with connection.cursor() as cursor:
        text = psycopg.ClientCursor(cursor.connection).mogrify(
            f"SELECT * FROM ({query.sql}) AS r ORDER BY {query.order}", query.parameters
        )
        with cursor.copy(f"COPY ({text}) TO STDOUT WITH (FORMAT csv)") as copy:
            for _block in copy:
                pass


def _xlsxwriter(report: Any, asked: Any) -> float:
    """Write the same rows through the library cell by cell, once; returns seconds."""
    import xlsxwriter

    from billing.reports.rows import read_rows

    started = perf_counter()
    file: IO[bytes] = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet()
    names = [column.name for column in report.columns(asked)]
    for place, values in enumerate(read_rows(report, asked, offset=0, limit=ROWS * 10)):
        sheet.write_row(place, 0, [values[name] for name in names])
    book.close()
    return perf_counter() - started
