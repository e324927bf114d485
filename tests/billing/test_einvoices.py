"""E-invoices by the rules of others: UBL's and Factur-X's schemas, and CEN's EN 16931 rules in Saxon."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import facturx
import pytest
from facturx.generate_xml import generate_xml
from hypothesis import example, given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.credit_notes.by_finance import issue_credit_note
from billing.documents.content import document_content
from billing.einvoices import render_cii, render_factur_x, render_ubl
from billing.einvoices.terms import NotAnInvoice, _price, invoice_terms
from billing.funds import deposit_funds
from billing.invoicing import issue_invoices
from billing.models import Invoice
from billing.money import yuan
from billing.settlement import settle_delivered
from tests.billing.einvoice_rules import SHEETS, Validate, rules_of_en_16931
from tests.billing.test_credit import lend
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.test_receivables import owe
from tests.billing.test_shortfalls import read
from tests.billing.world import MONDAY, World


@pytest.fixture(scope="module")
def broken_rules() -> Iterator[Validate]:
    """Name the rules that an e-invoice of a syntax breaks."""
    with rules_of_en_16931() as validate:
        yield validate


@pytest.fixture
def invoices(world: World) -> list[Invoice]:
    """Two buyers' invoices of a week of odd prices; one buyer has no legal facts."""
    world.buyers[1].legal_name = world.buyers[1].tax_id = world.buyers[1].address = ""
    world.buyers[1].save()
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issued = issue_invoices(period_start=MONDAY, now=world.now)
    return [document for document in issued if document.kind == Invoice.Kind.INVOICE]


@pytest.mark.django_db
def test_invoice_on_terms_says_what_is_prepaid_and_what_is_due_until_when(broken_rules: Validate) -> None:
    world = World.create(deposit_fen=0)
    lend(world, 0, 1_000_000, terms_days=14)
    deposit_funds(participant_id=world.buyers[0].pk, amount_fen=5_000, key="early", now=world.now)
    (due,) = owe(world, 0)
    invoice, until = due.invoice, due.due_on.isoformat()
    for render, flavor in ((render_ubl, "ubl-2.1"), (render_cii, "factur-x")):
        assert broken_rules(render(invoice), flavor) == []
        assert (until if flavor == "ubl-2.1" else until.replace("-", "")) in render(invoice).decode()
    terms = invoice_terms(invoice)
    assert (terms["BT-113"], terms["BT-115"]) == ("50.00", f"{(invoice.total_fen - 5_000) / 100:.2f}")
    printed = {en: amount for _zh, en, amount in document_content(invoice)["payment"]}
    assert printed == {
        "Paid from balance": "¥50.00",
        f"Amount due by {until}, 14 days": yuan(invoice.total_fen - 5_000),
    }
    deposit_funds(participant_id=world.buyers[0].pk, amount_fen=due.open_fen, key="paid", now=world.now)
    assert invoice_terms(invoice) == terms  # as it was when it was issued


def test_every_e_invoice_keeps_the_rules_of_en_16931(invoices: list[Invoice], broken_rules: Validate) -> None:
    assert len(invoices) == 2
    for invoice in invoices:
        assert broken_rules(render_ubl(invoice), "ubl-2.1") == []
        assert broken_rules(render_cii(invoice), "factur-x") == []
        assert render_ubl(invoice) == render_ubl(invoice)


@pytest.fixture
def notes(invoices: list[Invoice], world: World) -> list[Invoice]:
    """A credit note of a whole line and one of an odd amount, then the debit note by which a late reading takes one back."""
    first, second = (invoice.number for invoice in invoices)
    for number, amounts in ((first, {1: 215_897, 3: 777}), (first, {3: 1}), (second, None)):
        issue_credit_note(
            number=number, amounts_fen=amounts, cause="allowance", reason="Slow <network>", by="f", now=world.now
        )
    for hour in range(30):
        read(world, MONDAY + hour, 0, f"{hour}")
    settle_delivered(until_hour=world.hour, now=world.now)
    fee = Invoice.objects.filter(kind=Invoice.Kind.FEE)[0]
    issue_credit_note(number=fee.number, amounts_fen=None, cause="error", reason="Wrong fee", by="f", now=world.now)
    notes = Invoice.objects.exclude(corrects=None).exclude(corrects__kind=Invoice.Kind.STATEMENT)
    assert set(notes.values_list("series", flat=True)) == {"CB", "DB", "CF"}
    return [*notes, *Invoice.objects.filter(kind=Invoice.Kind.FEE)]


def test_notes_and_fee_invoices_keep_the_rules_too(notes: list[Invoice], broken_rules: Validate) -> None:
    for note in notes:
        ubl, cii = render_ubl(note), render_cii(note)
        assert broken_rules(ubl, "ubl-2.1") == []
        assert broken_rules(cii, "factur-x") == []
        root = ElementTree.fromstring(ubl)
        assert root.tag.endswith("}CreditNote" if note.kind == Invoice.Kind.CREDIT else "}Invoice")
        if note.corrects is not None:
            code = {"credit": "381", "debit": "383"}[note.kind]
            assert f">{code}<".encode() in ubl
            assert note.corrects.number.encode() in ubl
            assert note.corrects.number.encode() in cii
            spoiled = {**invoice_terms(note), "BT-112": "987654321.00"}
            for flavor in SHEETS:
                xml = generate_xml(spoiled, flavor=flavor, level="en16931", check_xsd=False, check_schematron=None)
                assert any("BR-CO-15" in sentence for sentence in broken_rules(xml, flavor))
    if folder := os.environ.get("KEEP_PDF"):
        for note in notes:
            Path(folder, note.number + ".pdf").write_bytes(render_factur_x(note))
    pdf = render_factur_x(notes[0])
    assert facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)[1] == render_cii(notes[0])
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)
    assert notes[0].corrects is not None
    for printed in ("贷项通知单", notes[0].corrects.number, "".join(notes[0].reason.split())):
        assert printed in text


@pytest.mark.parametrize("flavor", list(SHEETS))
@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ({"BT-112": "1.00"}, "BR-CO-15"),
        ({"BT-109": "1.00"}, "BR-CO-13"),
        ({"BT-106": "1.00"}, "BR-CO-10"),
        ({"BT-115": "0.01"}, "BR-CO-16"),
    ],
)
def test_a_planted_wrong_total_is_caught(
    invoices: list[Invoice], broken_rules: Validate, flavor: str, spoil: dict[str, str], rule: str
) -> None:
    terms = {**invoice_terms(invoices[0]), **spoil}
    xml = generate_xml(terms, flavor=flavor, level="en16931", check_xsd=False, check_schematron=None)
    assert any(rule in sentence for sentence in broken_rules(xml, flavor))


@pytest.mark.parametrize("flavor", list(SHEETS))
def test_a_vat_off_by_a_yuan_is_caught(invoices: list[Invoice], broken_rules: Validate, flavor: str) -> None:
    terms = invoice_terms(invoices[0])
    total = Decimal(terms["BT-112"]) + 1
    terms |= {"BT-110": str(total - Decimal(terms["BT-109"])), "BT-112": str(total), "BT-113": str(total)}
    terms["BG-23"][0]["BT-117"] = terms["BT-110"]
    xml = generate_xml(terms, flavor=flavor, level="en16931", check_xsd=False, check_schematron=None)
    assert any("BR-CO-17" in sentence or "BR-S-09" in sentence for sentence in broken_rules(xml, flavor))


def test_the_xml_says_what_the_invoice_says_to_the_fen(invoices: list[Invoice]) -> None:
    names = {
        "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
        "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    }
    for invoice in invoices:
        root = ElementTree.fromstring(render_ubl(invoice))

        def fen(path: str, root: ElementTree.Element = root) -> int:
            return int(Decimal(root.findtext(path, "", names)) * 100)

        assert fen("cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount") == invoice.net_fen
        assert fen("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount") == invoice.total_fen
        assert fen("cac:TaxTotal/cbc:TaxAmount") == invoice.vat_fen
        printed = [
            int(Decimal(line.findtext("cbc:LineExtensionAmount", "", names)) * 100)
            for line in root.findall("cac:InvoiceLine", names)
        ]
        assert printed == list(invoice.lines.values_list("amount_fen", flat=True))
        assert root.findtext("cbc:ID", "", names) == invoice.number


def test_factur_x_is_a_pdf_a_3_with_the_invoice_inside(invoices: list[Invoice], broken_rules: Validate) -> None:
    pdf = render_factur_x(invoices[0])
    name, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert (name, xml) == ("factur-x.xml", render_cii(invoices[0]))
    assert broken_rules(xml, "factur-x") == []
    reader = PdfReader(io.BytesIO(pdf))
    root: Any = reader.trailer["/Root"]
    assert invoices[0].number in "".join(reader.pages[0].extract_text().split())
    assert root["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    identity: Any = reader.trailer["/ID"]
    assert len(identity) == 2
    assert "/Encrypt" not in reader.trailer
    metadata = root["/Metadata"].get_object().get_data().decode()
    for said in ("<pdfaid:part>3<", "<pdfaid:conformance>B<", "<fx:ConformanceLevel>EN 16931<", ">factur-x.xml<"):
        assert said in metadata


def test_a_statement_has_no_e_invoice(invoices: list[Invoice]) -> None:
    statement = Invoice.objects.filter(kind=Invoice.Kind.STATEMENT)[0]
    for render in (render_ubl, render_cii, render_factur_x):
        with pytest.raises(NotAnInvoice, match=f"{statement.number} is a statement"):
            render(statement)


@given(st.integers(1, 10**13), st.integers(1, 10**8))
@example(238_14, 1)
@example(39_690_24, 3072)
@example(1, 10**8)
def test_unit_price_times_quantity_is_the_amount_exactly(amount_fen: int, quantity: int) -> None:
    price, base_quantity = _price(amount_fen, quantity)
    assert Decimal(price) * quantity / base_quantity * 100 == amount_fen
    assert len(price.partition(".")[2]) in range(2, 7)
