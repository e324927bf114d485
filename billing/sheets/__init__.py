"""What people bring as a file: CSV text as spreadsheets save it, amounts, days, and faults by line."""

from billing.sheets.cells import AmountMalformed, DayMalformed, day_of, fen_of
from billing.sheets.faults import HeadsMissing, LineError, LinesRefused, NotText, SheetError, TooLarge
from billing.sheets.table import BYTES_MAX, Row, Sheet, read_sheet

__all__ = [
    "BYTES_MAX",
    "AmountMalformed",
    "DayMalformed",
    "HeadsMissing",
    "LineError",
    "LinesRefused",
    "NotText",
    "Row",
    "Sheet",
    "SheetError",
    "TooLarge",
    "day_of",
    "fen_of",
    "read_sheet",
]
