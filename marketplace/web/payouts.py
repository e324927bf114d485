"""Finance: what providers are owed, and the batches in which it is paid out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Payout, PayoutBatch
from billing.payouts import batches
from billing.payouts.answers import Answer, answer_payout
from billing.payouts.bank_file import bank_file
from billing.payouts.refusal import UnableToPayOut
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fields import YuanField

SHOWN = 50


class PrepareForm(forms.Form):
    """From which amount on providers are paid."""

    minimum_fen = YuanField(label=gettext_lazy("Pay everybody who is owed at least, ¥"), initial=batches.MINIMUM_FEN)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def payouts(request: ActingRequest) -> HttpResponse:
    """Who is owed what now, a batch to be prepared, and those before it."""
    form = PrepareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = batches.prepare_payouts(
                minimum_fen=form.cleaned_data["minimum_fen"], by=request.user.email, now=timezone.now()
            )
        except UnableToPayOut as error:
            form.add_error("minimum_fen", str(error))
        else:
            messages.success(request, _("Prepared. Somebody else in finance has to approve it."))
            return redirect("finance_payout_batch", batch.pk)
    owed = batches.owed_accounts()
    context = {
        "form": form,
        "owed": owed[:SHOWN],
        "owed_sum": owed.aggregate(fen=Sum("owed_fen"), count=Count("pk")),
        "without_bank": owed.filter(participant__bank_account="").count(),
        "batches": batches.batches_with_sums()[:SHOWN],
    }
    return render(request, "finance/payouts.html", context, status=422 if form.errors else 200)


@require_safe
@finance_required
def payout_batch(request: ActingRequest, batch_id: int) -> HttpResponse:
    """One batch: who gets what, where it stands, and what may be done next."""
    batch = get_object_or_404(batches.batches_with_sums(), pk=batch_id)
    context = {
        "batch": batch,
        "payouts": batches.payouts_of([batch.pk]),
        "is_own": batch.prepared_by.casefold() == request.user.email.casefold(),
    }
    return render(request, "finance/payout_batch.html", context)


@require_POST
@approver_required
def payout_approve(request: ActingRequest, batch_id: int) -> HttpResponse:
    """Agree to what somebody else has prepared."""
    now = timezone.now()
    done = _("Approved. The file for the bank is ready.")
    return _do(
        request, batch_id, done, lambda: batches.approve_batch(batch_id=batch_id, by=request.user.email, now=now)
    )


@require_POST
@finance_required
def payout_drop(request: ActingRequest, batch_id: int) -> HttpResponse:
    """Give a draft up."""
    done = _("Given up. What it had reserved is owed again.")
    return _do(
        request,
        batch_id,
        done,
        lambda: batches.drop_batch(batch_id=batch_id, by=request.user.email, now=timezone.now()),
    )


@require_POST
@finance_required
def payout_send(request: ActingRequest, batch_id: int) -> HttpResponse:
    """Note that the bank has the file."""
    now = timezone.now()
    done = _("Noted. Enter the bank's answers as they come.")
    return _do(request, batch_id, done, lambda: batches.send_batch(batch_id=batch_id, by=request.user.email, now=now))


@require_safe
@finance_required
def payout_file(request: ActingRequest, batch_id: int) -> StreamingHttpResponse:
    """An approved batch as the bank takes it."""
    out = PayoutBatch.objects.filter(state__in=[PayoutBatch.State.APPROVED, PayoutBatch.State.SENT])
    batch = get_object_or_404(out, pk=batch_id)
    headers = {"Content-Disposition": f'attachment; filename="payouts-{batch.pk}.csv"'}
    return StreamingHttpResponse(bank_file(batch), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@finance_required
def payout_answer(request: ActingRequest, batch_id: int, payout_id: int) -> HttpResponse:
    """Enter what the bank made of one payout: `answer` is paid, failed or returned, `text` its number or reason."""
    payout = get_object_or_404(Payout, pk=payout_id, batch_id=batch_id)
    if request.POST.get("answer", "") not in set(Answer):
        messages.error(request, _("Choose what the bank answered."))
        return redirect("finance_payout_batch", batch_id)
    sent: dict[str, Any] = {"answer": Answer(request.POST["answer"]), "text": request.POST.get("text", "")}
    return _do(
        request,
        batch_id,
        _("Booked."),
        lambda: answer_payout(payout_id=payout.pk, **sent, by=request.user.email, now=timezone.now()),
    )


def _do(request: ActingRequest, batch_id: int, done: str, verb: Callable[[], object]) -> HttpResponse:
    """Do it and say so, or say why not, on the batch's page."""
    try:
        verb()
    except UnableToPayOut as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("finance_payout_batch", batch_id)
