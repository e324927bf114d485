"""Finance: voucher programmes, whom they are for, and what they have paid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import VoucherProgramme, VoucherUse
from billing.vouchers import programmes as verbs
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.desk.voucher_forms import IssueForm, ProgrammeForm, SponsorForm

SHOWN = 100


@require_safe
@finance_required
def programmes(request: ActingRequest) -> HttpResponse:
    """Every programme with its budget and what is used of it."""
    return render(request, "finance/vouchers/programmes.html", {"programmes": _programmes()[:SHOWN]})


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def programme_new(request: ActingRequest) -> HttpResponse:
    """Set up a programme, which somebody else then activates."""
    form = ProgrammeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.create_programme(**form.terms(), by=request.user.email, now=timezone.now())
        except verbs.UnableToSubsidise as error:
            fields = {"end": "last_day"}
            field = fields.get(error.field or "", error.field)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, _("Set up. Give out vouchers, and let somebody else activate it."))
            return redirect("finance_programme", made.pk)
    return render(request, "finance/vouchers/programme_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@finance_required
def programme(request: ActingRequest, programme_id: int) -> HttpResponse:
    """One programme: budget, participants, and each use of its vouchers."""
    return _page(request, get_object_or_404(_programmes(), pk=programme_id))


@require_POST
@approver_required
def programme_activate(request: ActingRequest, programme_id: int) -> HttpResponse:
    """Let a programme that somebody else set up pay."""
    return _do(
        request,
        programme_id,
        _("Active. It pays for hours that settle from now on."),
        lambda now: verbs.activate_programme(programme_id=programme_id, by=request.user.email, now=now),
    )


@require_POST
@finance_required
def programme_end(request: ActingRequest, programme_id: int) -> HttpResponse:
    """Let a programme pay nothing more."""
    return _do(
        request,
        programme_id,
        _("Ended. What is left of its budget goes back to its sponsor."),
        lambda now: verbs.end_programme(programme_id=programme_id, by=request.user.email, now=now),
    )


@require_POST
@finance_required
def vouchers_issue(request: ActingRequest, programme_id: int) -> HttpResponse:
    """Give participants vouchers of a programme."""
    found = get_object_or_404(_programmes(), pk=programme_id)
    form = IssueForm(request.POST, programme_id=programme_id)
    if not form.is_valid():
        return _page(request, found, issue_form=form)
    ids = [participant.pk for participant in form.cleaned_data["participants"]]
    return _do(
        request,
        programme_id,
        _("Given out."),
        lambda now: verbs.issue_vouchers(
            programme_id=programme_id, participant_ids=ids, limit_fen=form.cleaned_data["limit_fen"],
            by=request.user.email, now=now,
        ),
    )  # fmt: skip


@require_POST
@finance_required
def programme_sponsor(request: ActingRequest, programme_id: int) -> HttpResponse:
    """Book what the sponsor has paid for its vouchers."""
    found = get_object_or_404(_programmes(), pk=programme_id)
    form = SponsorForm(request.POST)
    if not form.is_valid():
        return _page(request, found, sponsor_form=form)
    return _do(
        request,
        programme_id,
        _("Booked."),
        lambda now: verbs.book_sponsor_payment(
            programme_id=programme_id, **form.cleaned_data, by=request.user.email, now=now
        ),
    )


def _page(request: ActingRequest, found: VoucherProgramme, **forms_given: forms.Form) -> HttpResponse:
    uses = VoucherUse.objects.filter(voucher__programme=found).select_related(
        "voucher__participant", "compute_class", "note"
    )
    context: dict[str, Any] = {
        "programme": found,
        "rates": found.rates.select_related("compute_class").order_by("compute_class__position", "pk"),
        "vouchers": found.vouchers.select_related("participant").order_by("-used_fen", "pk")[:SHOWN],
        "uses": uses.order_by("-pk")[:SHOWN],
        "is_own": found.created_by.casefold() == request.user.email.casefold(),
        "issue_form": IssueForm(programme_id=found.pk),
        "sponsor_form": SponsorForm(),
        "owed_fen": found.used_fen - found.received_fen,
    } | forms_given
    return render(request, "finance/vouchers/programme.html", context, status=422 if forms_given else 200)


def _do(request: ActingRequest, programme_id: int, done: str, verb: Callable[[Any], object]) -> HttpResponse:
    """Do it and say so, or say why not, on the programme's page."""
    try:
        verb(timezone.now())
    except verbs.UnableToSubsidise as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("finance_programme", programme_id)


def _programmes() -> QuerySet[VoucherProgramme]:
    return VoucherProgramme.objects.annotate(given=Count("vouchers")).order_by("-pk")
