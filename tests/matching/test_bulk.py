"""Array literals are read by PostgreSQL as what they were made of; a COPY fails like any other statement."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from matching.bulk import array_literal, copy_rows
from tests.factories import make_market


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


@pytest.mark.django_db
def test_an_error_within_a_copy_is_one_of_djangos() -> None:
    market = make_market()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_rows(table="matching_clockmark", columns=("market_id", "told_until", "turn"), rows=[(market.pk, 0, 0)] * 2)
