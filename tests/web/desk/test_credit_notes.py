"""Finance credits an invoice, closes a month and corrects a deposit, each with a second person where two are needed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.funds import deposit_funds
from billing.invoicing import issue_invoices, periods_to_invoice
from billing.models import Correction, Invoice, MonthClosing, Transfer
from billing.months.span import Month
from billing.period import BEIJING
from billing.sealing import seal_transfers
from marketplace.accounts.models import User
from tests.web.desk.world import World


@pytest.fixture
def staff(world: World) -> World:
    """Greta approves, Henry looks."""
    for name, role in (("greta", "approver"), ("henry", "viewer")):
        User.objects.create_user(f"{name}@example.com", finance_role=role)
    return world


def text(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def send(client: Client, name: str, *args: object, **values: str) -> str:
    return client.post(reverse(name, args=args), values, follow=True).content.decode()


def test_finance_previews_and_issues_a_credit_note_and_the_buyer_sees_it(staff: World) -> None:
    fiona, alice, henry = staff.client("fiona"), staff.client("alice"), staff.client("henry")
    invoice = Invoice.objects.get(kind="invoice", participant=staff.alice)
    assert reverse("finance_credit_note", args=[invoice.number]) in text(fiona, "finance_invoice", invoice.number)
    assert reverse("finance_credit_note", args=[invoice.number]) not in text(henry, "finance_invoice", invoice.number)
    chosen = {"line_1": "1.00", "cause": "allowance", "reason": "Slow network"}
    preview = send(fiona, "finance_credit_note", invoice.number, preview="1", **chosen)
    assert "Issue a credit note of ¥1.06" in preview
    assert not Invoice.objects.filter(kind="credit").exists()
    too_much = send(fiona, "finance_credit_note", invoice.number, preview="1", **{**chosen, "line_1": "99999"})
    assert "is left of it, so no more can be credited" in too_much
    confirmed = {"confirm": "1", "left_fen": str(invoice.total_fen), **chosen}
    page = send(fiona, "finance_credit_note", invoice.number, **confirmed)
    note = Invoice.objects.get(kind="credit")
    assert note.number in page
    assert "which is not what you saw" in send(fiona, "finance_credit_note", invoice.number, **confirmed)
    for client, name in ((fiona, "finance_invoice"), (alice, "wallet_document")):
        shown = text(client, name, invoice.number)
        assert note.number in shown
        assert "Slow network" in shown
    assert "fiona@example.com" not in text(alice, "wallet_document", note.number)
    assert alice.get(reverse("wallet_document_pdf", args=[note.number])).content.startswith(b"%PDF")
    assert "Credit note" in text(alice, "wallet_documents")
    assert "Credit note" in text(alice, "wallet_statement")
    assert "difference 0.00" in text(fiona, "finance_ledger")
    refused = henry.post(reverse("finance_credit_note", args=[invoice.number]), confirmed)
    assert refused.status_code == 403


def test_a_month_is_closed_and_opened_by_two_people(staff: World) -> None:
    fiona, greta = staff.client("fiona"), staff.client("greta")
    now = timezone.now()
    last = Month.of(Month.of(now.astimezone(BEIJING).date()).first - timedelta(days=1))
    name = str(last)
    for start in periods_to_invoice(now=now):
        issue_invoices(period_start=start, now=now)
    assert name in text(fiona, "finance_months") or not Transfer.objects.filter(at__lt=last.end_at).exists()
    assert "Before it is closed" in text(fiona, "finance_month", name)
    seal_transfers(now=now, wait_seconds=0)
    assert "Asked. Somebody else" in send(fiona, "finance_month_ask", name)
    with pytest.raises(CommandError, match="nobody of finance who approves"):
        call_command("close_month", name, by="fiona@example.com")
    assert "The month stays open" in send(greta, "finance_month_withdraw", name)
    call_command("close_month", name, by="fiona@example.com")
    page = send(greta, "finance_month_agree", name)
    assert "Closed. No transfer can be posted" in page
    assert MonthClosing.objects.get().closed_by == "greta@example.com"
    assert "Say why the month" in send(fiona, "finance_month_ask_reopening", name, reason=" ")
    send(fiona, "finance_month_ask_reopening", name, reason="A deposit was overlooked")
    assert "A deposit was overlooked" in text(greta, "finance_month", name)
    call_command("reopen_month", name, by="greta@example.com")
    assert "opened again by greta@example.com" in text(fiona, "finance_month", name)
    assert fiona.get(reverse("finance_month", args=["2025-13"])).status_code == 404


def test_a_deposit_is_corrected_by_two_people_on_its_page(staff: World) -> None:
    fiona, greta = staff.client("fiona"), staff.client("greta")
    moved = deposit_funds(participant_id=staff.alice.pk, amount_fen=1000, key="bank:typed-wrong", now=timezone.now())
    assert str(moved) in text(fiona, "finance_transfers")
    assert "Take back that or less" in send(fiona, "finance_transfer", moved, amount_fen="99", reason="Typed wrong")
    assert "has to approve it" in send(fiona, "finance_transfer", moved, amount_fen="9", reason="Typed wrong")
    asked = Correction.objects.get()
    assert "Typed wrong" in text(greta, "finance_corrections")
    User.objects.filter(email="fiona@example.com").update(finance_role="approver")
    assert "Somebody else has to approve it" in send(fiona, "finance_correction_approve", asked.pk)
    assert "Approved and posted" in send(greta, "finance_correction_approve", asked.pk)
    back = Transfer.objects.get(corrects_id=moved)
    assert f">{back.pk}<" in text(fiona, "finance_transfer", moved)
    assert "decided before" in send(greta, "finance_correction_refuse", asked.pk)
    derived = Transfer.objects.filter(code="settlement")[0]
    assert "follows from deliveries or documents" in text(fiona, "finance_transfer", derived.pk)
