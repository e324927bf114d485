"""Invoices, statements and notes as PDF, in Chinese and English."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from billing.documents.content import document_content
from billing.models import Invoice
from billing.typesetting import typeset

TEMPLATE = Path(__file__).parent / "documents" / "document.typ"


def render_invoice(invoice: Invoice, *, standard: Literal["a-3b"] | None = None) -> bytes:
    """Return the PDF of a stored document; the same document gives the same bytes. Raises FontsMissing.

    `standard` asks for a PDF that keeps to it, such as PDF/A-3b for Factur-X.
    """
    standards = [standard] if standard else []
    return typeset(TEMPLATE, document_content(invoice), at=invoice.issued_at, standards=standards)
