"""Invoices and statements as pages show them, the same for their owner and for finance."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from django.http import HttpResponse
from django.urls import reverse

from billing.models import Invoice


def document_context(invoice: Invoice, *, pdf_name: str, back_name: str) -> dict[str, Any]:
    """What the document's page needs; one statement for its lines."""
    lines = list(invoice.lines.select_related("market__compute_class", "market__hub"))
    pdf_url = reverse(pdf_name, args=[invoice.number])
    return {
        "invoice": invoice,
        "lines": lines,
        "pdf_url": pdf_url,
        "back_url": reverse(back_name),
        "is_statement": invoice.kind == Invoice.Kind.STATEMENT,
    }


def pdf_response(invoice: Invoice, content: bytes, *, download: bool) -> HttpResponse:
    """The PDF, shown in the browser or saved under the document's number; frames of this site may show it."""
    how = "attachment" if download else "inline"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'{how}; filename="{invoice.number}.pdf"'
    response["X-Frame-Options"] = "SAMEORIGIN"
    response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
    return response
