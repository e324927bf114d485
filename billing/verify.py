"""Recompute the books from first principles: transfers, trades, rates and documents against each other."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from billing.checks import chain, delivery, holds, invoices, ledger, obligations, payments, payouts, settlement
from billing.checks.check import run

_PARTS = (ledger, chain, holds, obligations, settlement, delivery, invoices, payments, payouts)


def find_differences() -> Iterator[str]:
    """Yield one sentence a difference, naming table and row; nothing when the books hold.

    All checks see the same moment of a running exchange; what clearing has not read yet is no difference.
    """
    was_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if was_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for part in _PARTS:
            yield from run(part.CHECKS)
        yield from invoices.find_altered_documents()
