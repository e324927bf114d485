"""An invoice as EN 16931 has it: UBL 2.1, and Factur-X, which is a PDF/A-3 with the same invoice as CII inside."""

from __future__ import annotations

from facturx import generate_from_binary
from facturx.generate_xml import generate_xml

from billing.einvoices.terms import invoice_terms
from billing.invoice_pdf import render_invoice
from billing.models import Invoice

LEVEL = "en16931"


def render_ubl(invoice: Invoice) -> bytes:
    """Return a stored invoice as UBL 2.1 XML; the same invoice gives the same bytes. Raises NotAnInvoice."""
    return _xml(invoice, "ubl-2.1")


def render_cii(invoice: Invoice) -> bytes:
    """Return a stored invoice as UN/CEFACT CII XML, as Factur-X embeds it. Raises NotAnInvoice."""
    return _xml(invoice, "factur-x")


def render_factur_x(invoice: Invoice) -> bytes:
    """Return a stored invoice as Factur-X: the printed invoice as PDF/A-3b with its CII inside. Raises NotAnInvoice."""
    pdf = generate_from_binary(
        render_invoice(invoice, standard="a-3b"),
        render_cii(invoice),
        flavor="factur-x",
        level=LEVEL,
        check_xsd=False,
        afrelationship="alternative",
        lang="zh-CN",
        pdf_metadata={
            "title": invoice.number,
            "author": "Suanshi",
            "subject": f"电子发票 Invoice {invoice.number}",
            "keywords": "Factur-X, EN 16931",
        },
    )
    return bytes(pdf)


def _xml(invoice: Invoice, flavor: str) -> bytes:
    # Schema and rules are tried by the tests, with CEN's own stylesheets; the library's check would ask a server.
    xml = generate_xml(invoice_terms(invoice), flavor=flavor, level=LEVEL, check_xsd=False, check_schematron=None)
    return bytes(xml)
