"""Invoices, statements and notes as PDF, in Chinese and English."""

from __future__ import annotations

from pathlib import Path

from billing.documents.content import document_content
from billing.models import Invoice
from billing.typesetting import Standard, typeset

TEMPLATE = Path(__file__).parent / "documents" / "document.typ"


def render_invoice(invoice: Invoice, *, standard: Standard | None = None) -> bytes:
    """Return the PDF of a stored document; the same document gives the same bytes. Raises FontsMissing.

    `standard` asks for a PDF that keeps to it, as Factur-X needs.
    """
    return typeset(TEMPLATE, document_content(invoice), at=invoice.issued_at, standard=standard)
