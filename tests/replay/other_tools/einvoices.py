"""Every e-invoice of the database at hand, and a credit note on each, by the rules of EN 16931; a wrong total must be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

import facturx
from django.db import transaction
from facturx.generate_xml import generate_xml

from billing.credit_notes.by_finance import issue_credit_note
from billing.credit_notes.net_lines import creditable_lines
from billing.einvoices import LEVEL, render_factur_x, render_ubl
from billing.einvoices.terms import NotAnInvoice, invoice_terms
from billing.models import Invoice
from tests.billing.einvoice_rules import SHEETS, Validate, rules_of_en_16931

FEN = Decimal("0.01")
RULE_OF_TOTALS = "BR-CO-15"  # total = net + VAT
NAMES = {
    "B": "invoices",
    "F": "fee invoices",
    "C": "credit notes",
    "D": "debit notes",
}  # by the first letter of a series


def faults_of_einvoices(*, tell: Callable[[str], object]) -> Iterator[str]:
    """Yield every broken rule, and every total planted one fen too large that is not told; the notes made here are taken back."""
    tried: Counter[str] = Counter()
    with rules_of_en_16931() as validate, transaction.atomic():
        for document in Invoice.objects.order_by("pk"):
            if document.kind == Invoice.Kind.STATEMENT or (
                document.corrects_id is not None and _of_statement(document)
            ):
                tried["statements, which are no e-invoices"] += 1
                yield from _faults_of_statement(document)
                continue
            documents = [document] if document.corrects_id is not None else [document, _credit_a_third(document)]
            for one in documents:
                tried[NAMES[one.series[0]]] += 1
                yield from _faults_of(one, validate)
        transaction.set_rollback(True)
    tell(", ".join(f"{count:,} {what}" for what, count in tried.items()))
    documents_tried = sum(tried[name] for name in NAMES.values())
    tell(f"each as {' and as '.join(SHEETS)}, and with a total one fen too large: {4 * documents_tried:,} validations")


def _credit_a_third(document: Invoice) -> Invoice:
    """Credit a third of a document's first line."""
    first = creditable_lines(document)[0]
    return issue_credit_note(
        number=document.number, amounts_fen={first.line.position: -(-first.amount_fen // 3)}, cause="allowance",
        reason="A third of the first line", by="finance@example.com", now=document.issued_at,
    )  # fmt: skip


def _of_statement(note: Invoice) -> bool:
    return note.corrects is not None and note.corrects.kind == Invoice.Kind.STATEMENT


def _faults_of_statement(statement: Invoice) -> Iterator[str]:
    try:
        render_ubl(statement)
    except NotAnInvoice:
        return
    yield f"{statement.number} is a statement and has an e-invoice."


def _faults_of(document: Invoice, validate: Validate) -> Iterator[str]:
    """Try a document as UBL and as the CII that its Factur-X file has inside, as it is and with a wrong total."""
    _name, cii = facturx.get_facturx_xml_from_pdf(render_factur_x(document), check_xsd=True)
    for flavor, xml in zip(SHEETS, (render_ubl(document), cii), strict=True):
        yield from (f"{document.number} as {flavor}: {rule}" for rule in validate(xml, flavor))
        terms = invoice_terms(document)
        terms["BT-112"] = str(Decimal(terms["BT-112"]) + FEN)
        wrong = generate_xml(terms, flavor=flavor, level=LEVEL, check_xsd=False, check_schematron=None)
        if not any(RULE_OF_TOTALS in rule for rule in validate(bytes(wrong), flavor)):
            yield f"{document.number} as {flavor}: a total one fen too large is not told."
