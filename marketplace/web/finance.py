"""Finance: the settlement report and its downloads, runs, documents, ledger."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.exports import FORMATS
from billing.invoice_pdf import render_invoice
from billing.models import Invoice, SettlementRun
from billing.reports import daily_values, read_asked, settlement_lines, settlement_summary
from billing.reports.documents import DOCUMENTS
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.documents import document_context, factur_x_response, pdf_response, ubl_response
from marketplace.web.fragments import render_page
from marketplace.web.ledger import DepositForm, participants_of_kind, trial_balance
from marketplace.web.money_steps import money_steps, stages_of
from marketplace.web.page_numbers import number
from marketplace.web.provider.earnings import daily_chart
from marketplace.web.reports.limits import states_of
from matching.models import ComputeClass, Hub, Participant

PAGE = 50


@require_safe
@finance_required
def settlement(request: ActingRequest) -> HttpResponse:
    """Chart first, then the reconciliation from trade to payout; every limit is in the address."""
    filters = read_asked(request.GET.dict(), now=timezone.now())
    summary = settlement_summary(filters.settlement)
    days = daily_values(filters.settlement)
    chart = daily_chart(days)
    context = {
        "filters": filters,
        "summary": summary,
        "days": days,
        "chart": json.dumps(chart),
        "keys": chart["series"],
        "steps": json.dumps(money_steps(summary.total)),
        "lines": settlement_lines(filters.settlement).count(),
        "stages": stages_of(summary.total),
        "formats": FORMATS,
        "last_run": SettlementRun.objects.order_by("-until_hour").first(),
        **_choices(),
    }
    return render_page(request, "finance/settlement.html", "report", context)


def _choices() -> dict[str, Any]:
    return {
        "participants": Participant.objects.order_by("name"),
        "classes": ComputeClass.objects.filter(markets__isnull=False).distinct(),
        "hubs": Hub.objects.filter(markets__isnull=False).distinct(),
    }


@require_safe
@finance_required
def runs(request: ActingRequest) -> HttpResponse:
    """Every settlement run, newest first."""
    before = number(request.GET.get("before"))
    found = SettlementRun.objects.order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    page = list(found[: PAGE + 1])
    context = {
        "runs": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_first_page": before is None,
    }
    return render_page(request, "finance/runs.html", "rows", context)


@require_safe
@finance_required
def invoices(request: ActingRequest) -> HttpResponse:
    """Buyers' invoices and providers' statements of everybody."""
    kind = request.GET.get("kind", "")
    wanted = request.GET.get("q", "").strip()
    before = number(request.GET.get("before"))
    found = Invoice.objects.select_related("participant").order_by("-id")
    if kind in Invoice.Kind.values:
        found = found.filter(kind=kind)
    if wanted:
        named = Q(participant__name__icontains=wanted) | Q(participant__name_zh__icontains=wanted)
        found = found.filter(Q(number__icontains=wanted) | named)
    if before is not None:
        found = found.filter(id__lt=before)
    page = list(found[: PAGE + 1])
    context = {
        "invoices": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_first_page": before is None,
        "kind": kind,
        "wanted": wanted,
        "kinds": {"": _("All"), **dict(states_of(DOCUMENTS))},
    }
    return render_page(request, "finance/invoices.html", "rows", context)


@require_safe
@finance_required
def invoice(request: ActingRequest, number: str) -> HttpResponse:
    """One document with its lines and its PDF."""
    found = get_object_or_404(Invoice.objects.select_related("participant", "fapiao", "corrects"), number=number)
    context = document_context(found, area="finance_invoice", back_name="finance_invoices")
    context |= {"may_credit": request.user.books and not found.is_note, "may_see_staff": True}
    return render_page(request, "finance/invoice.html", "document", context)


@require_safe
@finance_required
def invoice_pdf(request: ActingRequest, number: str) -> HttpResponse:
    """The document itself."""
    found = get_object_or_404(Invoice, number=number)
    return pdf_response(found, render_invoice(found), download="download" in request.GET)


@require_safe
@finance_required
def invoice_ubl(request: ActingRequest, number: str) -> HttpResponse:
    """The e-invoice as UBL 2.1."""
    return ubl_response(get_object_or_404(Invoice, number=number))


@require_safe
@finance_required
def invoice_factur_x(request: ActingRequest, number: str) -> HttpResponse:
    """The e-invoice as Factur-X."""
    return factur_x_response(get_object_or_404(Invoice, number=number))


@require_safe
@finance_required
def ledger(request: ActingRequest) -> HttpResponse:
    """The trial balance, and a kind's accounts by participant."""
    kind = request.GET.get("kind", "")
    context = {
        "balance": trial_balance(),
        "kind": kind,
        "accounts": participants_of_kind(kind) if kind else [],
    }
    return render_page(request, "finance/ledger.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def deposit(request: ActingRequest) -> HttpResponse:
    """Book a transfer that arrived at the bank; the same bank reference is never booked twice."""
    form = DepositForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.book(by=request.user.email, now=timezone.now()):
        messages.success(
            request, _("Booked. It is available to %(name)s.") % {"name": form.cleaned_data["participant"]}
        )
        return redirect("finance_ledger")
    return render(request, "finance/deposit.html", {"form": form}, status=422 if form.errors else 200)
