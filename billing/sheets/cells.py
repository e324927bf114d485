"""Amounts and days as people and banks write them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from billing.sheets.faults import LineError

FEN_MAX = 10**15
_DAY = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\S.*)?|(\d{4})/(\d{1,2})/(\d{1,2})(?: \S.*)?|(\d{4})(\d{2})(\d{2})", re.ASCII
)


class AmountMalformed(LineError):
    """No amount in yuan and whole fen."""


class DayMalformed(LineError):
    """No day of the calendar."""


def fen_of(text: str) -> int:
    """Read an amount in yuan, such as `1,234.50` or `¥-8`, as fen; raises AmountMalformed."""
    try:
        fen = Decimal(re.sub(r"[,，¥￥\s]", "", text)) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != int(fen) or abs(fen) > FEN_MAX:
        raise AmountMalformed(_("%(text)s is no amount in yuan and fen.") % {"text": text or "—"})
    return int(fen)


def day_of(text: str) -> date:
    """Read 2025-12-01, with or without a time behind it; raises DayMalformed.

    Nothing is guessed: 2025/12/1, as spreadsheets save it, and 20251201, as banks write it, are the only other forms.
    """
    match = _DAY.fullmatch(text.strip())
    try:
        if match:
            return date(*(int(part) for part in match.groups() if part))
    except ValueError:
        pass
    raise DayMalformed(_("%(text)s is no day. Write it as 2025-12-01.") % {"text": text or "—"})
