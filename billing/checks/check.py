"""A check: an SQL query that selects what is wrong, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db import connection


class Check(NamedTuple):
    """`sentence` is a format string over the columns that `sql` selects; no row means that all is well."""

    sentence: str
    sql: str


def run(checks: Iterable[Check]) -> Iterator[str]:
    """Yield a sentence a wrong row, naming its table and id."""
    for check in checks:
        with connection.cursor() as cursor:
            cursor.execute(check.sql)
            names = [column.name for column in cursor.description]
            for row in cursor.fetchall():
                yield check.sentence.format(**dict(zip(names, row, strict=True)))
