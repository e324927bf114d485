"""Many rows out of PostgreSQL as arrays, without a Python object a row: packed by the server, taken apart by numpy.

The server strings the rows of a group together as their types' send functions write them: `record_send` (rowtypes.c) the number of
columns, then each with type and size before it; `array_send` (arrayfuncs.c) dimensions, flags, element type, length and lower bound,
then each element after its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.lib.stride_tricks import sliding_window_view

ARRAY_HEADER_BYTES = 20
EMPTY_ARRAY_BYTES = 12
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


def read_packed(
    *, source: str, group: str, values: Mapping[str, Any], fields: Mapping[str, str], arrays: Mapping[str, int]
) -> tuple[np.ndarray, dict[str, Ragged]]:
    """Return the rows of `source` (SQL) by one statement, packed a value of `group` at a time; in no particular order.

    `fields` (name: numpy's `i2`, `i4`, `i8` or `?`, as the columns are) come as a structured array, `arrays` of integers (name: bytes
    of an element) each as Ragged. None of them may be null. A group may have 1 GB.
    """
    names = [*fields, *(f"cardinality({name})" for name in arrays)]
    packed = [f"record_send(row({', '.join(names)}))", *(f"array_send({name})" for name in arrays)]
    columns = ", ".join(f"string_agg({each}, ''::bytea)" for each in packed)
    # The lengths of the arrays stand in the record.
    layout = [("columns", ">i4")]
    for name, kind in {**fields, **{f"length of {name}": "i4" for name in arrays}}.items():
        layout += [(f"type of {name}", ">i4"), (f"size of {name}", ">i4"), (name, kind if kind == "?" else f">{kind}")]
    row = np.dtype(layout)
    groups = fetch(f"SELECT {columns} FROM ({source}) AS source GROUP BY {group}", values)
    records = np.concatenate([np.zeros(0, dtype=row), *(np.frombuffer(found[0], dtype=row) for found in groups)])
    ragged = {}
    for column, (name, size) in enumerate(arrays.items(), start=1):
        lengths = records[f"length of {name}"].astype(np.int64)
        data = np.frombuffer(b"".join(found[column] for found in groups), dtype=np.uint8)
        ragged[name] = Ragged(lengths, elements(data, lengths, size))
    return records, ragged


def fetch(statement: str, values: Mapping[str, Any]) -> list[tuple[bytes, ...]]:
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement.encode(), values, binary=True).fetchall()


def elements(data: np.ndarray, lengths: np.ndarray, size: int) -> np.ndarray:
    """Return the elements of arrays that stand one after the other in `data`, `lengths` of each, `size` bytes an element."""
    taken = np.where(lengths > 0, ARRAY_HEADER_BYTES + lengths * (SIZE_BYTES + size), EMPTY_ARRAY_BYTES)
    starts = np.cumsum(taken) - taken
    at = spread(starts + ARRAY_HEADER_BYTES + SIZE_BYTES, lengths, SIZE_BYTES + size)
    values = np.zeros(len(at), dtype=np.int64)
    if len(at):
        values[:] = sliding_window_view(data, size)[at].view(f">i{size}")[:, 0]
    return values


def spread(starts: np.ndarray, lengths: np.ndarray, step: int) -> np.ndarray:
    """Return `lengths` places for each start, `step` apart."""
    first = np.cumsum(lengths) - lengths
    places: np.ndarray = np.repeat(starts, lengths) + (np.arange(int(lengths.sum())) - np.repeat(first, lengths)) * step
    return places
