"""A report's rows out of the database as COPY gives them: bytes for CSV, Arrow batches for everything else.

Memory does not grow with the rows: COPY sends them as they are read, and a batch holds a megabyte of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from pyarrow import csv

from billing.reports.asked import Asked
from billing.reports.frame import Column, Form, Report
from billing.reports.rows import ordered

BATCH_BYTES = 1 << 20
OnRows = Callable[[int], None]
"""Told how many rows have been read so far, about once a batch."""

Expressions = Mapping[Form, str]
"""How SQL writes a form's column `{name}`."""

PLAIN: Expressions = {Form.FEN: "{name} * 0.01", Form.TIME: "left({name}::text, 16)"}
"""As people read it: yuan with two decimals, minutes."""


def nobody(_rows: int) -> None:
    """Leave the number of rows unsaid."""


@contextmanager
def copied(report: Report, asked: Asked, expressions: Expressions) -> Iterator[psycopg.Copy]:
    """Give the rows as CSV with a head, in blocks of bytes."""
    selected = ", ".join(
        f'{expressions.get(column.form, "{name}").format(name=column.name)} AS "{column.name}"'
        for column in report.columns(asked)
    )
    sql, parameters = ordered(report.query(asked), selected)
    connection.ensure_connection()
    with connection.cursor() as cursor:
        # COPY takes no parameters from the server's side: they are quoted into its text.
        text = psycopg.ClientCursor(cursor.connection).mogrify(sql, parameters)
        with cursor.copy(f"COPY ({text}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            yield copy


def arrow_batches(
    report: Report,
    asked: Asked,
    *,
    expressions: Expressions,
    types: Mapping[Form, pa.DataType],
    on_rows: OnRows = nobody,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows as Arrow batches; a form without a type is text, and NULL is null."""
    columns = report.columns(asked)
    convert = csv.ConvertOptions(
        column_types={column.name: types.get(column.form, pa.string()) for column in columns},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    with copied(report, asked, expressions) as copy:
        reader = csv.open_csv(
            _Bytes(copy),
            read_options=csv.ReadOptions(use_threads=False, block_size=BATCH_BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
        rows = 0
        for batch in reader:
            rows += batch.num_rows
            on_rows(rows)
            yield batch


class Sums:
    """The totals of the columns that add up, taken from the batches as they pass."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """Begin at 0."""
        self._columns = [column for column in columns if column.adds]
        self.values = {column.name: Decimal(0) for column in self._columns}

    def add(self, batch: pa.RecordBatch) -> None:
        """Add a batch; its numbers may stand as text."""
        for column in self._columns:
            numbers = pc.cast(batch.column(column.name), pa.decimal128(38, 2))
            self.values[column.name] += pc.sum(numbers).as_py() or Decimal(0)


class _Bytes(io.RawIOBase):
    """COPY's blocks as a file to read."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer):
            if not self._rest:
                block = self._copy.read()
                if not block:
                    break
                self._rest = memoryview(block)
            size = min(len(buffer) - filled, len(self._rest))
            buffer[filled : filled + size] = self._rest[:size]
            self._rest = self._rest[size:]
            filled += size
        return filled
