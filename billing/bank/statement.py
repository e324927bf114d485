"""A bank statement as read from a file, whatever its format, and why one cannot be taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.sheets import LineError, SheetError

CURRENCY = "CNY"


class StatementUnreadable(SheetError):
    """The message is none."""

    code = "statement_unreadable"


class StatementUnbalanced(SheetError):
    """The lines do not lead from the opening to the closing balance."""

    code = "statement_unbalanced"


class WrongCurrency(LineError):
    """The line is not in yuan."""


class NothingMoved(LineError):
    """The line moves nothing, or money both ways."""


class DayInFuture(LineError):
    """The line's day has not come."""


class ReferenceMissing(LineError):
    """The line has no number of the bank's, so it could be imported twice."""


class ReferenceTwice(LineError):
    """Two lines of the file have one number."""


class LineDiffers(LineError):
    """A line with this number was imported before, with other contents."""


class BalanceDiffers(LineError):
    """The balance after the line is not the one before it and its amount."""


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
