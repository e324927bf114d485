"""Invoices and statements as pages show them, the same for their owner and for finance."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from django.http import Http404, HttpResponse
from django.urls import reverse

from billing.credit_notes.net_lines import left_fen
from billing.einvoices import render_factur_x, render_ubl
from billing.einvoices.terms import NotAnInvoice, has_e_invoice
from billing.models import Invoice


def document_context(invoice: Invoice, *, area: str, back_name: str) -> dict[str, Any]:
    """What the document's page needs; one statement for its lines. `area` starts the names of its files' addresses."""
    lines = list(invoice.lines.select_related("market__compute_class", "market__hub"))
    urls = {name: reverse(f"{area}_{name}", args=[invoice.number]) for name in ("pdf", "ubl", "factur_x")}
    return {
        "invoice": invoice,
        "lines": lines,
        "pdf_url": urls["pdf"],
        "ubl_url": urls["ubl"],
        "factur_x_url": urls["factur_x"],
        "back_url": reverse(back_name),
        "is_statement": invoice.kind == Invoice.Kind.STATEMENT,
        "has_e_invoice": has_e_invoice(invoice),
        "notes": [] if invoice.is_note else list(invoice.notes.order_by("pk")),
        "left_fen": None if invoice.is_note else left_fen(invoice),
        "page_name": area,
    }


def pdf_response(invoice: Invoice, content: bytes, *, download: bool) -> HttpResponse:
    """The PDF, shown in the browser or saved under the document's number; frames of this site may show it."""
    how = "attachment" if download else "inline"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'{how}; filename="{invoice.number}.pdf"'
    response["X-Frame-Options"] = "SAMEORIGIN"
    response._csp_replace = {"frame-ancestors": [SELF]}  # type: ignore[attr-defined]
    return response


def ubl_response(invoice: Invoice) -> HttpResponse:
    """The e-invoice as UBL; a statement has none (404)."""
    try:
        return _attachment(render_ubl(invoice), "application/xml", f"{invoice.number}.ubl.xml")
    except NotAnInvoice as error:
        raise Http404(str(error)) from error


def factur_x_response(invoice: Invoice) -> HttpResponse:
    """The e-invoice as Factur-X; a statement has none (404)."""
    try:
        return _attachment(render_factur_x(invoice), "application/pdf", f"{invoice.number}.factur-x.pdf")
    except NotAnInvoice as error:
        raise Http404(str(error)) from error


def _attachment(content: bytes, content_type: str, file_name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
