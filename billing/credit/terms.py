"""What an invoice says about its payment, as it was when it was issued: prepaid, on terms, due on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from billing.models import Invoice, InvoiceDue, InvoicePayment


@dataclass(frozen=True, slots=True)
class Terms:
    """What was prepaid in fen when the invoice was issued, and what was due until when, `days` after the issue."""

    prepaid_fen: int
    due_fen: int
    due_on: date
    days: int


def terms_of(invoice: Invoice) -> Terms | None:
    """Return an invoice's terms of payment; None where its buyer prepays all of it. What came in later changes nothing."""
    due: InvoiceDue | None = getattr(invoice, "due", None)
    if due is None:
        return None
    prepaid = due.payments.filter(kind=InvoicePayment.Kind.PREPAID).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    return Terms(prepaid_fen=prepaid, due_fen=due.total_fen - prepaid, due_on=due.due_on, days=due.terms_days)
