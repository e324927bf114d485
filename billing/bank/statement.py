"""A bank statement as read from a file, whatever its format, and why one cannot be taken in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

CURRENCY = "CNY"
FILE_BYTES_MAX = 10 << 20


class UnableToImportStatement(Exception):
    """A statement that is not taken in; nothing of it was stored."""


class StatementUnreadable(UnableToImportStatement):
    """The file is neither CSV nor CAMT.053, or too large."""


class HeadsMissing(UnableToImportStatement):
    """The CSV file lacks a column."""


class StatementUnbalanced(UnableToImportStatement):
    """The lines do not lead from the opening to the closing balance."""


class LineError(UnableToImportStatement):
    """A line that cannot be taken in."""


class WrongCurrency(LineError):
    """The line is not in yuan."""


class AmountUnreadable(LineError):
    """The line moves no readable amount."""


class DayUnreadable(LineError):
    """The line's day is none, or in the future."""


class ReferenceMissing(LineError):
    """The line has no number of the bank's, so it could be imported twice."""


class ReferenceTwice(LineError):
    """Two lines of the file have one number."""


class LineDiffers(LineError):
    """A line with this number was imported before, with other contents."""


class BalanceDiffers(LineError):
    """The balance after the line is not the one before it and its amount."""


class LinesRefused(UnableToImportStatement):
    """Lines that cannot be taken in, all of them: `errors` has (line of the file or entry of the statement, error)."""

    def __init__(self, errors: Sequence[tuple[int, LineError]]) -> None:
        """Name each line and what is wrong with it."""
        self.errors = errors
        super().__init__("\n".join(_("Line %(line)s: %(why)s") % {"line": n, "why": error} for n, error in errors))


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementLine:
    """One movement: `amount_fen` above 0 came in; `line` is its place in the file."""

    line: int
    reference: str
    booked_on: date
    amount_fen: int
    counterparty: str
    counterparty_account: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """The lines of a file, and its balances where it gives them."""

    lines: Sequence[StatementLine]
    opening_fen: int | None
    closing_fen: int | None


def fen_of(text: str) -> int:
    """Read an amount in yuan, such as `1,234.50` or `¥-8`, as fen; raises AmountUnreadable."""
    try:
        fen = Decimal(re.sub(r"[,¥￥\s]", "", text)) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != int(fen) or abs(fen) > 10**15:
        raise AmountUnreadable(_("%(text)s is no amount in yuan and fen.") % {"text": text or "—"})
    return int(fen)


def day_of(text: str) -> date:
    """Read 2025-12-01, 2025/12/1 or 20251201, with or without a time behind it; raises DayUnreadable."""
    match = re.match(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:\D.*)?$", text, re.ASCII)
    try:
        if match:
            return date(*map(int, match.groups()))
    except ValueError:
        pass
    raise DayUnreadable(_("%(text)s is no day. Write it as 2025-12-01.") % {"text": text or "—"})
