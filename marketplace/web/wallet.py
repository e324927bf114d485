"""The wallet: balance, what is held and why, statement, and the organisation's own documents."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.invoice_pdf import render_invoice
from billing.models import Account, Invoice
from billing.parties import exchange_party
from billing.payments import stripe_checkout
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from marketplace.statement import DAYS, balance_bars, statement_of
from marketplace.web.documents import document_context, factur_x_response, pdf_response, ubl_response
from marketplace.web.fragments import render_page
from marketplace.web.wallet_figures import balance_of, held_of

INVOICES = 60


@require_safe
@participant_required
def wallet(request: ActingRequest) -> HttpResponse:
    """Available, held and why, and the newest movements."""
    participant_id = request.participant.pk
    context = {
        "balance": balance_of(participant_id),
        "held": held_of(participant_id),
        "lines": statement_of(participant_id=participant_id, kind=Account.Kind.FUNDS)[:8],
        "bank": exchange_party(),
        "can_pay_online": stripe_checkout.is_offered(),
        "now": timezone.now(),
    }
    return render_page(request, "wallet/wallet.html", "live", context)


@require_safe
@participant_required
def statement(request: ActingRequest) -> HttpResponse:
    """Every movement, by day, with the balance after it."""
    try:
        before = date.fromisoformat(request.GET.get("before", ""))
    except ValueError:
        before = None
    kind = Account.Kind.PAYABLE if request.GET.get("account") == "sales" else Account.Kind.FUNDS
    lines = statement_of(participant_id=request.participant.pk, kind=kind, before=before)
    days = {line.day for line in lines}
    context = {
        "lines": lines,
        "balance_json": balance_bars(lines),
        "is_sales": kind == Account.Kind.PAYABLE,
        "older": min(days) if len(days) == DAYS else None,
        "is_first_page": before is None,
    }
    return render_page(request, "wallet/statement.html", "rows", context)


@require_safe
@participant_required
def documents(request: ActingRequest) -> HttpResponse:
    """The organisation's invoices and statements, newest first."""
    found = Invoice.objects.filter(participant_id=request.participant.pk).order_by("-start", "-id")[:INVOICES]
    return render_page(request, "wallet/documents.html", "rows", {"invoices": found})


@require_safe
@participant_required
def document(request: ActingRequest, number: str) -> HttpResponse:
    """One document of the organisation, with its lines and its PDF."""
    invoice = get_object_or_404(Invoice, participant_id=request.participant.pk, number=number)
    context = document_context(invoice, area="wallet_document", back_name="wallet_documents")
    return render_page(request, "finance/invoice.html", "document", context)


@require_safe
@participant_required
def document_pdf(request: ActingRequest, number: str) -> HttpResponse:
    """The document itself."""
    invoice = get_object_or_404(Invoice, participant_id=request.participant.pk, number=number)
    return pdf_response(invoice, render_invoice(invoice), download="download" in request.GET)


@require_safe
@participant_required
def document_ubl(request: ActingRequest, number: str) -> HttpResponse:
    """The e-invoice as UBL 2.1."""
    return ubl_response(get_object_or_404(Invoice, participant_id=request.participant.pk, number=number))


@require_safe
@participant_required
def document_factur_x(request: ActingRequest, number: str) -> HttpResponse:
    """The e-invoice as Factur-X."""
    return factur_x_response(get_object_or_404(Invoice, participant_id=request.participant.pk, number=number))
