"""Why a payout cannot be done."""

from __future__ import annotations


class UnableToPayOut(Exception):
    """A payout that cannot be prepared, approved or answered; the text says why and what to do."""

    code = "unable_to_pay_out"
    field: str | None = None
