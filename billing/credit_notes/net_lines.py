"""What is left of a document: its lines less its credit notes plus its debit notes."""

from __future__ import annotations

from typing import NamedTuple

from billing.models import Invoice, InvoiceLine

NET_LINES = """
SELECT coalesce(d.corrects_id, d.id) AS document_id, l.kind, l.market_id,
    sum(CASE d.kind WHEN 'credit' THEN -l.quantity ELSE l.quantity END)::bigint AS quantity,
    sum(CASE d.kind WHEN 'credit' THEN -l.amount_fen ELSE l.amount_fen END)::bigint AS amount_fen
FROM billing_invoiceline l JOIN billing_invoice d ON d.id = l.invoice_id
GROUP BY 1, 2, 3
"""
"""A row a document, kind of line and market: what they come to by now. An allowance is a line of its own, not above nothing."""


class Key(NamedTuple):
    """What a line is about; an allowance on compute has the market, one on a fee has none."""

    kind: str
    market_id: int | None


class Left(NamedTuple):
    """A line of a document and what of it has not been credited."""

    line: InvoiceLine
    quantity: int
    amount_fen: int


def net_amounts(document: Invoice) -> dict[Key, int]:
    """Return what each kind of line of a document comes to by now, in fen before VAT."""
    amounts: dict[Key, int] = {}
    for invoice in (document, *document.notes.prefetch_related("lines")):
        for line in invoice.lines.all():
            key = Key(line.kind, line.market_id)
            amounts[key] = amounts.get(key, 0) + invoice.sign * line.amount_fen
    return amounts


def creditable_lines(document: Invoice) -> list[Left]:
    """Return the lines that finance may credit, compute and fees above nothing, with what is left of each."""
    amounts = net_amounts(document)
    return [
        Left(line, line.quantity, max(0, amounts[Key(line.kind, line.market_id)] + amounts.get(_allowance(line), 0)))
        for line in document.lines.select_related("market__compute_class", "market__hub").order_by("position")
        if line.kind in (InvoiceLine.Kind.COMPUTE, InvoiceLine.Kind.FEE) and line.amount_fen > 0
    ]


def left_fen(document: Invoice) -> int:
    """Return what a document comes to by now, with VAT."""
    return document.total_fen + sum(note.sign * note.total_fen for note in document.notes.all())


def _allowance(line: InvoiceLine) -> Key:
    return Key(InvoiceLine.Kind.ALLOWANCE, line.market_id)
