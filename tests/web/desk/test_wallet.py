"""The wallet adds up: to the ledger, and order by order."""

from __future__ import annotations

import re

from django.urls import reverse

from billing.models import Account, Invoice
from marketplace.statement import statement_of
from marketplace.web.wallet_figures import balance_of, held_of
from tests.web.desk.world import FUNDS_FEN, World


def test_what_is_held_is_explained_to_the_fen(world: World) -> None:
    world.buy(world.alice, world.first, quantity=3)  # bought, not delivered
    world.buy(world.alice, world.first, price_fen=777, hours=5)  # waits
    world.buy(world.alice, world.first, price_fen=555, quantity=1)  # waits
    balance, held = balance_of(world.alice.pk), held_of(world.alice.pk)
    assert held.total_fen == balance.held_fen > 0
    assert sum(row.amount_fen for row in held.bids.orders) == held.bids.amount_fen
    assert sum(row.amount_fen for row in held.undelivered.orders) == held.undelivered.amount_fen
    assert held.bids.count == 2
    assert held.vat.amount_fen > 0


def test_the_statement_ends_in_the_balance_and_begins_with_what_was_paid_in(world: World) -> None:
    lines = statement_of(participant_id=world.alice.pk, kind=Account.Kind.FUNDS)
    assert lines[0].balance_fen == balance_of(world.alice.pk).funds_fen
    assert (lines[-1].code, lines[-1].amount_fen) == ("top_up", FUNDS_FEN)
    invoice = world.document(world.alice)
    assert FUNDS_FEN - lines[0].balance_fen == invoice.total_fen
    assert sum(line.amount_fen for line in lines) == lines[0].balance_fen


def test_the_statement_goes_back_page_by_page(world: World) -> None:
    newest = statement_of(participant_id=world.alice.pk, kind=Account.Kind.FUNDS)[0]
    older = statement_of(participant_id=world.alice.pk, kind=Account.Kind.FUNDS, before=newest.day)
    assert all(line.day < newest.day for line in older)
    if older:
        assert older[0].balance_fen != newest.balance_fen


def test_a_seller_sees_what_it_is_owed(world: World) -> None:
    statement = world.document(world.bob)
    lines = statement_of(participant_id=world.bob.pk, kind=Account.Kind.PAYABLE)
    assert lines[0].balance_fen == balance_of(world.bob.pk).payable_fen == statement.total_fen
    text = world.client("bob").get(reverse("wallet_statement"), {"account": "sales"}).content.decode()
    assert "Compute you sold, delivered, less fees" in text


def test_ones_own_invoice_opens_with_its_pdf(world: World) -> None:
    invoice = world.document(world.alice)
    client = world.client("alice")
    page = client.get(reverse("wallet_document", args=[invoice.number])).content.decode()
    assert f"¥{invoice.total_fen / 100:,.2f}" in page
    pdf = client.get(reverse("wallet_document_pdf", args=[invoice.number]))
    assert pdf.content.startswith(b"%PDF")
    assert pdf["Content-Disposition"] == f'inline; filename="{invoice.number}.pdf"'
    assert pdf["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in pdf["Content-Security-Policy"]
    saved = client.get(reverse("wallet_document_pdf", args=[invoice.number]) + "?download")
    assert saved["Content-Disposition"].startswith("attachment")


def test_a_provider_finds_its_statement_under_earnings(world: World) -> None:
    statement = world.document(world.bob)
    assert statement.kind == Invoice.Kind.STATEMENT
    text = world.client("bob").get(reverse("earnings")).content.decode()
    assert statement.number in text
    assert f"¥{statement.total_fen / 100:,.2f}" in text  # earned last week


def test_a_new_participant_reads_how_to_pay_in(world: World) -> None:
    text = world.client("charlie").get(reverse("wallet")).content.decode()
    assert re.search(r"<b>CHARLIE</b>", text)
