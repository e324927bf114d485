"""Recompute the books from first principles: transfers, trades, rates and documents against each other."""

from __future__ import annotations

from collections.abc import Iterator

from billing.checks import (
    chain,
    credit,
    credit_notes,
    delivery,
    fees,
    holds,
    invoices,
    ledger,
    obligations,
    payments,
    payouts,
    settlement,
    vouchers,
)
from billing.checks.check import run
from matching.verify import one_snapshot

_PARTS = (
    ledger,
    chain,
    fees,
    holds,
    obligations,
    settlement,
    delivery,
    vouchers,
    invoices,
    credit_notes,
    payments,
    payouts,
    credit,
)


def find_differences() -> Iterator[str]:
    """Yield one sentence a difference, naming table and row; nothing when the books hold.

    All checks see the same moment of a running exchange, and the archive as part of it; what clearing has not read yet is no
    difference. Raises ArchiveDamaged.
    """
    with one_snapshot():
        for part in _PARTS:
            yield from run(part.CHECKS)
        yield from invoices.find_altered_documents()
