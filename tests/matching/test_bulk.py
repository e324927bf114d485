"""Array literals are read by PostgreSQL as what they were made of."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from matching.bulk import array_literal


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int", [1, -(2**31), None, 2**31 - 1]),
        ("bigint", []),
        ("text", ["", "NULL", 'a"b', "c\\d", "{e,f}", None, "算市"]),
        ("timestamptz", [datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC), None]),
    ],
)
def test_an_array_comes_back_as_it_was(type_: str, values: list[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{type_}[]", [array_literal(values)])
        assert cursor.fetchone() == (values,)
