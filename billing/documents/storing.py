"""Documents are numbered without a gap and stored whole, with the code by which a change of them would show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from billing.models import Invoice, InvoiceLine, NumberSeries
from billing.period import BEIJING

SERIES = {Invoice.Kind.INVOICE: "B", Invoice.Kind.STATEMENT: "P", Invoice.Kind.FEE: "F"}
"""Buyers' invoices, providers' statements and their fee invoices are numbered apart; notes on them have a C or D in front."""

_NOTE_LETTERS = {Invoice.Kind.CREDIT: "C", Invoice.Kind.DEBIT: "D"}

Document = tuple[Invoice, list[InvoiceLine]]


def series_of(invoice: Invoice) -> str:
    """Return the series in which a document is numbered (`B`, or `CB` for a credit note on such)."""
    return _NOTE_LETTERS.get(Invoice.Kind(invoice.kind), "") + SERIES[invoice.document_kind]


def store_documents(documents: Sequence[Document], *, now: datetime) -> list[Invoice]:
    """Number and store documents with their lines, in the order given; amounts follow from the lines.

    Each series' row stays locked to the end of the transaction, so that no number is skipped or given twice, whatever rolls back.
    """
    year = now.astimezone(BEIJING).year
    counters = {
        series: _locked(series, year) for series in sorted({series_of(invoice) for invoice, _lines in documents})
    }
    for invoice, lines in documents:
        counter = counters[series_of(invoice)]
        counter.last += 1
        invoice.series, invoice.year, invoice.sequence = counter.series, counter.year, counter.last
        invoice.number = f"SS-{counter.year}-{counter.series}-{counter.last:06d}"
        invoice.issued_at = now
        add_up(invoice, lines)
        invoice.check_code = check_code_of(invoice, lines)
    invoices = Invoice.objects.bulk_create([invoice for invoice, _lines in documents])
    for invoice, lines in documents:
        for line in lines:
            line.invoice = invoice
    InvoiceLine.objects.bulk_create([line for _invoice, lines in documents for line in lines])
    for counter in counters.values():
        counter.save(update_fields=["last"])
    return invoices


def add_up(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Give a document its amounts, which follow from its lines, and the lines their places."""
    invoice.net_fen = sum(line.amount_fen for line in lines)
    invoice.vat_fen = sum(line.vat_fen for line in lines)
    invoice.total_fen = invoice.net_fen + invoice.vat_fen
    invoice.accelerator_hours = sum(line.quantity for line in lines if line.is_compute)
    for position, line in enumerate(lines, start=1):
        line.position = position


def check_code_of(invoice: Invoice, lines: Sequence[InvoiceLine]) -> str:
    """Return the sha256 of a document's canonical content: every printed field, lines in order, as JSON with sorted keys."""
    names = ("kind", "number", "participant_id", "start", "end", "buyer", "seller", "net_fen", "vat_fen", "total_fen")
    line_names = ("position", "market_id", "item", "item_zh", "specification", "specification_zh", "quantity")
    content = {
        **{name: getattr(invoice, name) for name in (*names, "vat_rate_bps", "accelerator_hours")},
        **({"voucher_fen": invoice.voucher_fen} if invoice.voucher_fen else {}),
        "issued_at": invoice.issued_at.astimezone(UTC).isoformat(),
        "lines": [[getattr(line, name) for name in (*line_names, "amount_fen", "vat_fen")] for line in lines],
    }
    if invoice.corrects is not None:
        content |= {"corrects": invoice.corrects.number, "cause": invoice.cause, "reason": invoice.reason}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _locked(series: str, year: int) -> NumberSeries:
    NumberSeries.objects.bulk_create([NumberSeries(series=series, year=year)], ignore_conflicts=True)
    return NumberSeries.objects.select_for_update().get(series=series, year=year)
