"""Finance: what providers are owed, and the batches in which it is paid out."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Payout, PayoutBatch
from billing.payouts import answers, batches
from billing.payouts.bank_file import bank_file
from billing.payouts.refusal import UnableToPayOut
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fields import YuanField

SHOWN = 50

ANSWERS: dict[str, Callable[..., Payout]] = {
    "paid": lambda payout_id, text, **more: answers.confirm_payout(payout_id=payout_id, bank_reference=text, **more),
    "failed": lambda payout_id, text, **more: answers.fail_payout(payout_id=payout_id, reason=text, **more),
    "returned": lambda payout_id, text, **more: answers.return_payout(payout_id=payout_id, reason=text, **more),
}


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
        "batches": _with_sums()[:SHOWN],
    }
    return render(request, "finance/payouts.html", context, status=422 if form.errors else 200)


@require_safe
@finance_required
def payout_batch(request: ActingRequest, batch_id: int) -> HttpResponse:
    """One batch: who gets what, where it stands, and what may be done next."""
    batch = get_object_or_404(_with_sums(), pk=batch_id)
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
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if answer is None:
        messages.error(request, _("Choose what the bank answered."))
        return redirect("finance_payout_batch", batch_id)
    text, now = request.POST.get("text", ""), timezone.now()
    return _do(request, batch_id, _("Booked."), lambda: answer(payout.pk, text, by=request.user.email, now=now))


def _do(request: ActingRequest, batch_id: int, done: str, verb: Callable[[], object]) -> HttpResponse:
    """Do it and say so, or say why not, on the batch's page."""
    try:
        verb()
    except UnableToPayOut as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("finance_payout_batch", batch_id)


def _with_sums() -> QuerySet[PayoutBatch]:
    paid = Q(payouts__state=Payout.State.PAID)
    back = Q(payouts__state__in=[Payout.State.FAILED, Payout.State.RETURNED])
    return PayoutBatch.objects.annotate(
        count=Count("payouts"),
        amount_fen=Sum("payouts__amount_fen"),
        paid_fen=Sum("payouts__amount_fen", filter=paid, default=0),
        back_fen=Sum("payouts__amount_fen", filter=back, default=0),
        unanswered=Count("payouts", filter=Q(payouts__state=Payout.State.RESERVED)),
    ).order_by("-pk")
