"""Reports as files: CSV, XLSX, Parquet and PDF, from one stream of rows."""

from billing.exports.formats import CONTENT_TYPES, FORMATS, TooManyRows, write_report

__all__ = ["CONTENT_TYPES", "FORMATS", "TooManyRows", "write_report"]
