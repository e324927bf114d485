"""What bringing the same rows in costs at least: COPY into tables with the same columns and indexes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from django.db import connection, transaction

APPENDED = {
    "matching_order": "id",
    "matching_command": "id",
    "matching_trade": "id",
    "matching_orderevent": "id",
    "matching_marketevent": "number",
    "billing_transfer": "id",
    "billing_hold": "order_id",
    "billing_obligation": "trade_id",
}
"""The tables that orders append to, and the column that rises in each; market events count in each market."""


class NewRows:
    """The rows that come between `mark` and `take`, as COPY has them."""

    def mark(self) -> None:
        """Note where the tables end."""
        self._new = {table: self._after(table, column) for table, column in APPENDED.items()}

    def _after(self, table: str, column: str) -> str:
        with connection.cursor() as cursor:
            if table == "matching_marketevent":
                cursor.execute("SELECT market_id, number FROM matching_eventnumber")
                numbers = " ".join(f"WHEN {market} THEN {number}" for market, number in cursor.fetchall())
                return f"number > CASE market_id {numbers} ELSE 0 END" if numbers else "true"
            cursor.execute(f"SELECT coalesce(max({column}), 0) FROM {table}")
            return f"{column} > {cursor.fetchone()[0]}"

    def take(self) -> dict[str, bytes]:
        """Return the rows by table."""
        data = {}
        for table, new in self._new.items():
            select = f"COPY (SELECT * FROM {table} WHERE {new}) TO STDOUT (FORMAT BINARY)"
            with connection.cursor() as cursor, cursor.copy(select) as copy:
                data[table] = b"".join(bytes(block) for block in copy)
        return data


class BareTables:
    """Empty copies of `tables` without their constraints and foreign keys."""

    def __init__(self, prefix: str, tables: Iterable[str]) -> None:
        self._names = {table: f"{prefix}_{table}" for table in tables}
        with connection.cursor() as cursor:
            for table, name in self._names.items():
                cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING INDEXES)")

    def time_copy(self, data: dict[str, bytes]) -> float:
        """Return the seconds that one transaction takes to bring the rows in."""
        started = perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            for table, name in self._names.items():
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(data[table])
        return perf_counter() - started
