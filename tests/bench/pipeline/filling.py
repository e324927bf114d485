"""Tables without what slows a flood of rows down, and with all of it again once they are full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

# Primary keys stay: others refer to them, and rows come in their order.
FOUND = """
    SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON '),
           quote_ident(c.conname), pg_get_constraintdef(c.oid)
    FROM pg_index i
    LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype = 'u'
    WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
    ORDER BY i.indexrelid
"""

QUICKLY = {
    "synchronous_commit": "off",
    "session_replication_role": "replica",
    "work_mem": "'256MB'",
    "maintenance_work_mem": "'1GB'",
}


@contextmanager
def filling(tables: Sequence[str]) -> Iterator[None]:
    """Drop all indexes of `tables` but the primary keys and check no references meanwhile; then build them, vacuum, and write all to disk."""
    with connection.cursor() as cursor:
        for name, value in QUICKLY.items():
            cursor.execute(f"SET {name} = {value}")
        cursor.execute(FOUND, [list(tables)])
        found = cursor.fetchall()
        for index, table, _, constraint, _ in found:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {index}")
        yield
        for _, table, index_is, constraint, constraint_is in found:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {constraint_is}" if constraint else index_is
            )
        for table in tables:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        for name in QUICKLY:
            cursor.execute(f"RESET {name}")
        cursor.execute("CHECKPOINT")
