"""Statements of the hot path, parsed once a connection."""

from __future__ import annotations

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

BY_INDEX = ", ".join(f"set_config('enable_{way}', 'off', true)" for way in ("seqscan", "hashjoin", "mergejoin"))
"""To be selected in a transaction: what it then prepares goes by indexes, row by row. A plan is kept, and one made while a table is
small would read all of it when it has become large."""


def prepared_cursor() -> CursorWrapper:
    """Return a cursor that prepares what it executes: for statements that are the same every time, their values apart.

    Django's own cursors write values into the statement, so that PostgreSQL parses and plans it again for each order. Each value
    needs a type that the statement gives it, as `%s::int[]` does.
    """
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrap(cursor)  # type: ignore[arg-type]  # as Django itself does
