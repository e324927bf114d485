"""Invoices, their PDFs and the settlement lines behind them, as each caller sees them."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from billing.clearing import clear
from billing.invoicing import issue_invoices
from billing.period import period_of
from billing.settlement import settle_delivered
from matching.clock import close_gates
from matching.hours import moment_of
from tests.api.conftest import World
from tests.api.test_problems import assert_problem


@pytest.fixture
def delivered(alice: APIClient, world: World) -> None:
    """Alice has bought two accelerators of Bob's for two hours; the week is over, settled and invoiced."""
    assert alice.post("/api/v1/orders", world.bid(), format="json").status_code == 201
    world.matcher.drain()
    clear(now=timezone.now())
    start, _ = period_of(world.first)
    _, end = period_of(world.first + 2)
    later = moment_of(end)
    close_gates(now=later)
    world.matcher.drain()
    settle_delivered(until_hour=end, now=later)
    while start < end:
        issue_invoices(period_start=start, now=later)
        start = period_of(start)[1]


@pytest.mark.usefixtures("delivered")
def test_each_party_gets_its_document_and_finance_both(
    alice: APIClient, bob: APIClient, charlie: APIClient, fay: APIClient
) -> None:
    invoices = alice.get("/api/v1/invoices").json()["results"]
    assert {invoice["kind"] for invoice in invoices} == {"invoice"}
    assert sum(invoice["total_fen"] for invoice in invoices) == 4265
    statements = bob.get("/api/v1/invoices").json()["results"]
    assert {statement["kind"] for statement in statements} == {"statement", "fee"}
    assert charlie.get("/api/v1/invoices").json()["results"] == []
    every = fay.get("/api/v1/invoices").json()["results"]
    assert {document["number"] for document in every} == {d["number"] for d in invoices + statements}
    assert len(fay.get("/api/v1/invoices?kind=statement&participant=bob").json()["results"]) == sum(
        document["kind"] == "statement" for document in statements
    )


@pytest.mark.usefixtures("delivered")
def test_the_pdf_is_behind_the_link_for_those_who_may_see_it(
    alice: APIClient, charlie: APIClient, fay: APIClient
) -> None:
    invoice = alice.get("/api/v1/invoices").json()["results"][0]
    assert alice.get(f"/api/v1/invoices/{invoice['number']}").json() == invoice
    for client in (alice, fay):
        answer = client.get(invoice["pdf"])
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
    assert_problem(charlie.get(invoice["pdf"]), 404, "not_found")


@pytest.mark.usefixtures("delivered")
def test_e_invoices_are_behind_the_links_of_invoices_for_those_who_may_see_them(
    alice: APIClient, bob: APIClient, charlie: APIClient, fay: APIClient
) -> None:
    invoice = alice.get("/api/v1/invoices").json()["results"][0]
    for client in (alice, fay):
        ubl, factur_x = client.get(invoice["ubl"]), client.get(invoice["factur_x"])
        assert (ubl.status_code, ubl.headers["Content-Type"]) == (200, "application/xml")
        assert f"<cbc:ID>{invoice['number']}</cbc:ID>" in ubl.content.decode()
        assert (factur_x.status_code, factur_x.headers["Content-Type"]) == (200, "application/pdf")
        assert factur_x.content.startswith(b"%PDF-")
    statement = bob.get("/api/v1/invoices?kind=statement").json()["results"][0]
    assert (statement["ubl"], statement["factur_x"]) == (None, None)
    for name in ("ubl", "factur-x"):
        assert_problem(charlie.get(f"/api/v1/invoices/{invoice['number']}/{name}"), 404, "not_found")
        assert_problem(bob.get(f"/api/v1/invoices/{statement['number']}/{name}"), 404, "not_found")


@pytest.mark.usefixtures("delivered")
def test_settlement_lines_show_each_party_its_own_fee(
    alice: APIClient, bob: APIClient, charlie: APIClient, fay: APIClient
) -> None:
    def total(client: APIClient, key: str) -> int | None:
        amounts = [line[key] for line in client.get("/api/v1/settlement-lines").json()["results"]]
        return None if None in amounts else sum(amounts)

    for client, buyer_fee_fen, seller_fee_fen in ((alice, 24, None), (bob, None, 8), (fay, 24, 8), (charlie, 0, 0)):
        assert (total(client, "buyer_fee_fen"), total(client, "seller_fee_fen")) == (buyer_fee_fen, seller_fee_fen)
    (line, *_) = fay.get("/api/v1/settlement-lines?market=H800-80G.yangtze-delta").json()["results"]
    assert (line["buyer"], line["seller"]) == ("alice", "bob")
    (line, *_) = alice.get("/api/v1/settlement-lines").json()["results"]
    assert (line["buyer"], line["seller"]) == ("alice", None)


@pytest.mark.usefixtures("delivered")
def test_finance_credits_a_document_and_its_owner_reads_the_note(alice: APIClient, fay: APIClient) -> None:
    invoice = alice.get("/api/v1/invoices").json()["results"][0]
    address = f"/api/v1/invoices/{invoice['number']}/credit-notes"
    assert alice.post(address, {}, format="json").status_code == 403
    body = {"lines": [{"position": 1, "amount_fen": 100}], "reason": "Slow network", "cause": "allowance"}
    plan = fay.post(address, {**body, "preview": True}, format="json")
    assert (plan.status_code, plan.json()["total_fen"], plan.json()["left_fen"]) == (200, 106, invoice["total_fen"])
    wrong = fay.post(address, {**body, "lines": [{"position": 1, "amount_fen": 10**9}]}, format="json")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "more_than_left", "lines")
    made = fay.post(address, {**body, "left_fen": invoice["total_fen"]}, format="json")
    assert (made.status_code, made.json()["corrects"], made.json()["total_fen"]) == (201, invoice["number"], 106)
    again = fay.post(address, {**body, "left_fen": invoice["total_fen"]}, format="json")
    assert again.json()["code"] == "document_changed"
    note = next(d for d in alice.get("/api/v1/invoices?kind=credit").json()["results"])
    assert (note["number"], note["reason"]) == (made.json()["number"], "Slow network")
    assert b"CreditNote" in alice.get(note["ubl"]).content
    corrected = alice.get(f"/api/v1/invoices/{invoice['number']}").json()
    assert (corrected["notes"], corrected["left_fen"]) == ([note["number"]], invoice["total_fen"] - 106)
