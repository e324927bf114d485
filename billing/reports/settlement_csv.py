"""The settlement report as CSV, written by PostgreSQL itself (COPY)."""

from __future__ import annotations

from typing import IO

import psycopg
from django.db import connection

from billing.reports.columns import report_sql
from billing.reports.filters import SettlementFilters


def write_csv(file: IO[bytes], *, filters: SettlementFilters) -> None:
    """Write the report to a binary file: UTF-8, a head of column names, amounts in yuan with two decimals.

    Memory does not grow with the number of lines.
    """
    select, parameters = report_sql(filters, in_yuan=True)
    connection.ensure_connection()
    # COPY takes no parameters from the server's side: they are quoted into its text.
    with connection.cursor() as cursor:
        text = psycopg.ClientCursor(cursor.connection).mogrify(select, parameters)
        with cursor.copy(f"COPY ({text}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            for block in copy:
                file.write(block)
