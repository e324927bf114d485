"""A table's rows into Parquet and back, by PostgreSQL's COPY and Arrow's CSV: no row is ever a Python object."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from django.db import connection

TYPES = {"bigint": pa.int64(), "integer": pa.int32(), "smallint": pa.int16(), "boolean": pa.bool_()}
MOMENT = pa.timestamp("us", tz="UTC")
"""A column of moments; PostgreSQL's are of microseconds too. What is not listed here is kept as PostgreSQL writes it."""

BLOCK_BYTES = 8 << 20

COLUMNS = """
    SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


class CopyStream(io.RawIOBase):
    """What COPY sends, as a file to read from."""

    def __init__(self, copy: Any) -> None:
        """Read from psycopg's Copy."""
        self._blocks: Iterator[Any] = iter(copy)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what comes next; returns how many bytes, 0 at the end."""
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = memoryview(block).cast("B")
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def columns_of(table: str) -> dict[str, str]:
    """Return the columns of a table with their types' names, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return dict(cursor.fetchall())


def write_rows(*, table: str, order_by: str, path: Path) -> int:
    """Write all rows of `table` to a Parquet file; returns how many."""
    columns = columns_of(table)
    selected = [
        f'(extract(epoch FROM "{name}") * 1000000)::bigint' if kind == "timestamp with time zone" else f'"{name}"'
        for name, kind in columns.items()
    ]
    moments = [name for name, kind in columns.items() if kind == "timestamp with time zone"]
    kinds = {name: pa.int64() if name in moments else TYPES.get(kind, pa.string()) for name, kind in columns.items()}
    schema = pa.schema([(name, MOMENT if name in moments else kind) for name, kind in kinds.items()])
    statement = f"COPY (SELECT {', '.join(selected)} FROM {table} ORDER BY {order_by}) TO STDOUT (FORMAT csv)"
    rows = 0
    with (
        connection.cursor() as cursor,
        pq.ParquetWriter(path, schema, compression="zstd") as writer,
        cursor.copy(statement) as copy,
    ):
        for batch in batches_of(copy, kinds):
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return rows


def batches_of(copy: Any, kinds: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    """Yield what COPY sends as Arrow's batches."""
    file = pa.PythonFile(io.BufferedReader(CopyStream(copy), BLOCK_BYTES), mode="r")
    try:
        reader = csv.open_csv(
            file,
            read_options=csv.ReadOptions(column_names=list(kinds), block_size=BLOCK_BYTES, use_threads=False),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=kinds,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise
        return
    yield from reader


def read_rows(*, path: Path, table: str) -> int:
    """Append the rows of a Parquet file to `table`, which may have columns that the file has not; returns how many."""
    file = pq.ParquetFile(path)
    names = ", ".join(f'"{name}"' for name in file.schema_arrow.names)
    rows = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy:
        for batch in file.iter_batches():
            block = io.BytesIO()
            csv.write_csv(batch, block, csv.WriteOptions(include_header=False, quoting_style="needed"))
            copy.write(block.getbuffer())
            rows += batch.num_rows
    return rows
