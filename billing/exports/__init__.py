"""Reports as files: CSV, XLSX, Parquet and PDF, from one stream of rows, and their documents as a ZIP."""

from billing.exports.formats import CONTENT_TYPES, FORMATS, TooManyRows, formats_of, write_report

__all__ = ["CONTENT_TYPES", "FORMATS", "TooManyRows", "formats_of", "write_report"]
