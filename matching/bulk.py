"""Many values in one statement: rows by COPY, array literals for `unnest`, and rows by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model

from matching.prepared import prepared_cursor

M = TypeVar("M", bound=Model)


def copy_rows(*, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append `rows` to `table` with one COPY, in the order given; names are ours, never a person's."""
    names = ", ".join(f'"{column}"' for column in columns)
    copying = connection.wrap_database_errors  # else a COPY alone would raise the driver's errors, which nobody expects
    with copying, connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def array_literal(values: Iterable[object]) -> str:
    """Write integers, words and moments as a PostgreSQL array, several times quicker than psycopg's adaptation of a list."""
    given = list(values)
    # Most columns are integers throughout, and Python writes a list of these itself.
    return "{" + ",".join(map(str if set(map(type, given)) <= {int} else _element, given)) + "}"


def read_rows(model: type[M], ids: Iterable[int]) -> list[M]:
    """Return the rows of `ids`; for paths on which the making of a query would cost more than its running."""
    return read_where(model, "id = ANY(%s::bigint[])", [array_literal(ids)])


def read_where(model: type[M], condition: str, parameters: Sequence[str]) -> list[M]:
    """Return the rows that meet a condition, whose words are ours and its values the parameters, each with its type."""
    fields = model._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    with prepared_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {model._meta.db_table} WHERE {condition}", parameters)
        names = [field.attname for field in fields]
        return [model.from_db(connection.alias, names, row) for row in cursor.fetchall()]


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if type(value) is int:
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def next_ids(*, table: str, count: int) -> list[int]:
    """Take `count` ids of a table's own sequence, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')::regclass) FROM generate_series(1, %s)", [table, count]
        )
        return sorted(row[0] for row in cursor.fetchall())
