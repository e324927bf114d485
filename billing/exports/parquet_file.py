"""A report as Parquet: typed columns, amounts as decimals in yuan, times without a zone in Beijing's."""

from __future__ import annotations

from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from billing.exports.stream import PLAIN, Expressions, OnRows, arrow_batches, nobody
from billing.reports.asked import Asked
from billing.reports.frame import Form, Report

TYPES = {
    Form.COUNT: pa.int64(),
    Form.FEN: pa.decimal128(20, 2),
    Form.DAY: pa.date32(),
    Form.TIME: pa.timestamp("us"),
}
_EXPRESSIONS: Expressions = {form: expression for form, expression in PLAIN.items() if form != Form.TIME}


def write_parquet(file: IO[bytes], *, report: Report, asked: Asked, on_rows: OnRows = nobody) -> int:
    """Write one row group a batch, heads of both languages in the fields' metadata; returns the number of rows."""
    schema = pa.schema(
        [
            pa.field(
                column.name, TYPES.get(column.form, pa.string()), metadata={"zh": column.head_zh, "en": column.head}
            )
            for column in report.columns(asked)
        ],
        metadata={"report": report.name, "title_zh": report.title_zh, "title": report.title, **asked.values},
    )
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in arrow_batches(report, asked, expressions=_EXPRESSIONS, types=TYPES, on_rows=on_rows):
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
    return rows
