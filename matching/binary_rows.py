"""Many rows out of PostgreSQL as arrays, without a Python object a row: strung together by the server, taken apart by numpy.

The server makes one array of each column, which it writes as `array_send` (arrayfuncs.c) does: dimensions, flags, element type, length
and lower bound, then each element after its size. Numbers are big-endian.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.lib.stride_tricks import sliding_window_view

ARRAY_HEADER_BYTES = 20
SIZE_BYTES = 4


@dataclass(frozen=True, slots=True)
class Ragged:
    """A column of arrays: how many elements each row has, and the elements of all rows in one."""

    lengths: np.ndarray
    elements: np.ndarray

    def take(self, rows: np.ndarray) -> Ragged:
        """Return the rows in the order of `rows`."""
        first = np.cumsum(self.lengths) - self.lengths
        return Ragged(self.lengths[rows], self.elements[spread(first[rows], self.lengths[rows], 1)])


def read_columns(
    *, source: str, group: str, values: Mapping[str, Any], fields: Mapping[str, str], arrays: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], dict[str, Ragged]]:
    """Return the rows of `source` (SQL) by one statement, strung together a value of `group` at a time; in no particular order.

    `fields` (name: numpy's `i2`, `i4`, `i8` or `?`, as the columns are) come as an array each and must not be null, `arrays` of integers
    (name: the type of their elements) each as Ragged, where null is an array without elements. What one group has of a column may have 1 GB.
    """
    # Arrays of one element, which most are where orders are of one hour, are strung together as numbers are.
    columns = [f"array_send(array_agg({name}))" for name in fields]
    for name in arrays:
        columns += [
            f"array_send(array_agg(coalesce(cardinality({name}), 0)))",
            f"array_send(array_agg({name}[1]) FILTER (WHERE cardinality({name}) = 1))",
            f"string_agg(array_send({name}), ''::bytea) FILTER (WHERE cardinality({name}) > 1)",
        ]
    groups = fetch(f"SELECT {', '.join(columns)} FROM ({source}) AS source GROUP BY {group}", values)
    found = iter(zip(*groups, strict=True) if groups else [()] * len(columns))
    numbers = {name: column_of(next(found), kind) for name, kind in fields.items()}
    return numbers, {name: ragged_of(next(found), next(found), next(found), kind) for name, kind in arrays.items()}


def fetch(statement: str, values: Mapping[str, Any]) -> list[tuple[bytes | None, ...]]:
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement.encode(), values, binary=True).fetchall()


def column_of(groups: Iterable[bytes | None], kind: str) -> np.ndarray:
    """Return the elements of an array from each group; none where it is null."""
    element = np.dtype([("size", ">i4"), ("value", kind if kind == "?" else f">{kind}")])
    parts = [np.frombuffer(data, dtype=element, offset=ARRAY_HEADER_BYTES)["value"] for data in groups if data]
    return np.concatenate([np.zeros(0, dtype=kind), *parts], dtype=kind)


def ragged_of(
    lengths: Iterable[bytes | None], ones: Iterable[bytes | None], longer: Iterable[bytes | None], kind: str
) -> Ragged:
    """Return a column of arrays from their lengths, the elements of those that have one, and all other arrays, one after the other."""
    of_row = column_of(lengths, "i4").astype(np.int64)
    if (of_row <= 1).all():
        return Ragged(of_row, column_of(ones, kind).astype(np.int64))
    values = np.zeros(int(of_row.sum()), dtype=np.int64)
    of_element = np.repeat(of_row, of_row)
    values[of_element == 1] = column_of(ones, kind)
    data = np.frombuffer(b"".join(data for data in longer if data), dtype=np.uint8)
    values[of_element > 1] = elements(data, of_row[of_row > 1], kind)
    return Ragged(of_row, values)


def elements(data: np.ndarray, lengths: np.ndarray, kind: str) -> np.ndarray:
    """Return the elements of arrays that stand one after the other in `data`, `lengths` of each."""
    size = np.dtype(kind).itemsize
    taken = ARRAY_HEADER_BYTES + lengths * (SIZE_BYTES + size)
    at = spread(np.cumsum(taken) - taken + ARRAY_HEADER_BYTES + SIZE_BYTES, lengths, SIZE_BYTES + size)
    values: np.ndarray = sliding_window_view(data, size)[at].view(f">{kind}")[:, 0].astype(np.int64)
    return values


def spread(starts: np.ndarray, lengths: np.ndarray, step: int) -> np.ndarray:
    """Return `lengths` places for each start, `step` apart."""
    first = np.cumsum(lengths) - lengths
    places: np.ndarray = np.repeat(starts, lengths) + (np.arange(int(lengths.sum())) - np.repeat(first, lengths)) * step
    return places
