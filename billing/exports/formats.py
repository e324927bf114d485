"""The formats of a report's file, and one verb that writes any of them."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from billing.exports.csv_file import write_csv
from billing.exports.parquet_file import write_parquet
from billing.exports.pdf_file import TooManyRows, write_pdf
from billing.exports.stream import OnRows, nobody
from billing.exports.xlsx_file import write_xlsx
from billing.exports.zip_file import write_zip
from billing.reports.asked import Asked
from billing.reports.frame import Report

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
FORMATS = ("csv", "xlsx", "parquet", "pdf")
"""What every report comes as."""

__all__ = ["CONTENT_TYPES", "FORMATS", "TooManyRows", "formats_of", "write_report"]


def formats_of(report: Report) -> tuple[str, ...]:
    """Return what a report comes as: one whose rows are documents as a ZIP of them too."""
    return (*FORMATS, "zip") if report.document else FORMATS


def write_report(
    file: IO[bytes],
    *,
    format: str,
    report: Report,
    asked: Asked,
    now: datetime,
    rows_expected: int | None = None,
    on_rows: OnRows = nobody,
) -> int:
    """Write a report to a binary file and return the number of rows; raises TooManyRows, KeyError for no such format.

    `now` is printed on a PDF. `rows_expected` says how many sheets a workbook may need.
    """
    if format == "xlsx":
        return write_xlsx(file, report=report, asked=asked, on_rows=on_rows, rows_expected=rows_expected)
    if format == "pdf":
        return write_pdf(file, report=report, asked=asked, now=now, on_rows=on_rows)
    if format == "zip" and report.document:
        return write_zip(file, report=report, asked=asked, on_rows=on_rows)
    write = {"csv": write_csv, "parquet": write_parquet}[format]
    return write(file, report=report, asked=asked, on_rows=on_rows)
