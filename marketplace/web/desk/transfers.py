"""The ledger's transfers one by one, and their corrections: one asks, another decides."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.corrections.by_hand import (
    REASON_MAX,
    UnableToCorrect,
    approve_correction,
    ask_to_correct,
    left_of,
    refuse_correction,
    why_not,
)
from billing.models import Correction, Transfer
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fields import YuanField
from marketplace.web.fragments import render_page
from marketplace.web.page_numbers import number

PAGE = 50
_RELATED = ("debit_account__participant", "credit_account__participant")


class CorrectionForm(forms.Form):
    """How much is taken back, and why."""

    amount_fen = YuanField(label=gettext_lazy("Take back, ¥"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_MAX)


@require_safe
@finance_required
def transfers(request: ActingRequest) -> HttpResponse:
    """Posted and pending transfers, newest first; code, participant and number stay in the address."""
    found = Transfer.objects.select_related(*_RELATED).order_by("-pk")
    code, wanted = request.GET.get("code", ""), number(request.GET.get("q"))
    before, participant = number(request.GET.get("before")), number(request.GET.get("participant"))
    if code in Transfer.Code.values:
        found = found.filter(code=code)
    if wanted is not None:
        found = found.filter(pk=wanted)
    if participant is not None:
        found = found.filter(participant_id=participant)
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: PAGE + 1])
    context = {
        "transfers": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_first_page": before is None,
        "code": code,
        "wanted": request.GET.get("q", ""),
        "codes": Transfer.Code.choices,
        "waiting": Correction.objects.filter(state=Correction.State.ASKED).count(),
    }
    return render_page(request, "finance/transfers.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def transfer(request: ActingRequest, transfer_id: int) -> HttpResponse:
    """One transfer, what corrects it, and the form that asks for a correction."""
    found = get_object_or_404(Transfer.objects.select_related(*_RELATED, "run"), pk=transfer_id)
    refusal = why_not(found)
    left_fen = left_of(found) if refusal is None else 0
    form = CorrectionForm(request.POST or None, initial={"amount_fen": left_fen})
    if request.method == "POST" and form.is_valid():
        try:
            ask_to_correct(
                transfer_id=found.pk,
                amount_fen=form.cleaned_data["amount_fen"],
                reason=form.cleaned_data["reason"],
                by=request.user.email,
                now=timezone.now(),
            )
        except UnableToCorrect as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Asked. Somebody else with the approver's role has to approve it."))
            return redirect("finance_transfer", found.pk)
    context = {
        "transfer": found,
        "form": form,
        "refusal": refusal,
        "left_fen": left_fen,
        "asked": found.correction_requests.filter(state=Correction.State.ASKED).first(),
        "requests": found.correction_requests.all(),
        "corrections": found.corrections.select_related(*_RELATED),
    }
    return render(request, "finance/transfer.html", context, status=422 if form.errors else 200)


@require_safe
@finance_required
def corrections(request: ActingRequest) -> HttpResponse:
    """Corrections that wait, then those decided."""
    found = Correction.objects.select_related("transfer__credit_account__participant")
    tables = (
        (_("Waiting for approval"), found.filter(state=Correction.State.ASKED)),
        (_("Decided"), found.exclude(state=Correction.State.ASKED)[:PAGE]),
    )
    return render(request, "finance/corrections.html", {"tables": tables})


@require_POST
@approver_required
def approve(request: ActingRequest, correction_id: int) -> HttpResponse:
    """Post what somebody else has asked for."""
    done = _("Approved and posted.")
    return _do(
        request,
        correction_id,
        done,
        lambda: approve_correction(correction_id=correction_id, by=request.user.email, now=timezone.now()),
    )


@require_POST
@finance_required
def refuse(request: ActingRequest, correction_id: int) -> HttpResponse:
    """Refuse a correction, or take one's own back."""
    done = _("Refused. Nothing was posted.")
    return _do(
        request,
        correction_id,
        done,
        lambda: refuse_correction(correction_id=correction_id, by=request.user.email, now=timezone.now()),
    )


def _do(request: ActingRequest, correction_id: int, done: str, verb: Callable[[], object]) -> HttpResponse:
    """Do it and say so, or say why not, on the transfer's page."""
    correction = get_object_or_404(Correction, pk=correction_id)
    try:
        verb()
    except UnableToCorrect as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("finance_transfer", correction.transfer_id)
