"""Invoices, statements and notes as PDF, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from billing.documents.content import document_content, document_contents
from billing.models import Invoice
from billing.typesetting import Standard, typeset

TEMPLATE = Path(__file__).parent / "documents" / "document.typ"

READ_AT_ONCE = 50
"""Of many documents, so many are read before they are printed."""


def render_invoice(invoice: Invoice, *, standard: Standard | None = None) -> bytes:
    """Return the PDF of a stored document; the same document gives the same bytes. Raises FontsMissing.

    `standard` asks for a PDF that keeps to it, as Factur-X needs.
    """
    return typeset(TEMPLATE, document_content(invoice), at=invoice.issued_at, standard=standard)


def render_invoices(ids: Sequence[int]) -> Iterator[tuple[Invoice, bytes]]:
    """Yield many stored documents, by their ids and in that order, with the same PDFs; what they print is read at once for some."""
    read = Invoice.objects.select_related("fapiao", "due", "corrects__fapiao").prefetch_related("lines")
    for first in range(0, len(ids), READ_AT_ONCE):
        found = read.in_bulk(ids[first : first + READ_AT_ONCE])
        documents = [found[document_id] for document_id in ids[first : first + READ_AT_ONCE]]
        for document, content in zip(documents, document_contents(documents), strict=True):
            yield document, typeset(TEMPLATE, content, at=document.issued_at)
