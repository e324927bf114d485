"""What buyers owe by age, an invoice with its payments and letters, and what two people decide about both."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.credit import limits
from billing.credit.ageing import BUCKETS, Bucket, ageing, bucket_case
from billing.dunning import levels, write_offs
from billing.models import Account, CreditLimit, InvoiceDue, WriteOff
from billing.period import BEIJING
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.receivables.forms import HoldForm, LimitForm, WriteOffForm

SHOWN = 200

COLOURS = ("accent", "c2", "c2", "c2", "c2")  # what is overdue stands out

Verb = Callable[[], object]

REFUSALS = (limits.UnableToSetLimit, levels.UnableToHoldDunning, write_offs.UnableToWriteOff)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def receivables(request: ActingRequest) -> HttpResponse:
    """The ageing chart, what is open, credit limits, and what waits for a second person."""
    today = timezone.now().astimezone(BEIJING).date()
    form = LimitForm(request.POST if request.method == "POST" else None, initial={"from_day": today})
    if request.method == "POST" and form.is_valid() and _ask(form, request):
        messages.success(request, _("Asked for. Somebody else in finance has to approve it."))
        return redirect("finance_receivables")
    buckets = ageing(day=today)
    chosen = request.GET.get("age", "")
    context = {
        "form": form,
        "buckets": [(bucket, name_of(bucket.name)) for bucket in buckets],
        "chart": json.dumps(_chart(buckets)),
        "open_fen": sum(bucket.open_fen for bucket in buckets),
        "overdue_fen": sum(bucket.open_fen for bucket in buckets[1:]),
        "chosen": chosen,
        "dues": _open(today, chosen)[:SHOWN],
        "today": today,
        "accounts": _lent_to(),
        "limits_asked": _decidable(CreditLimit.objects.filter(state=CreditLimit.State.ASKED), request),
        "write_offs_asked": _decidable(
            WriteOff.objects.filter(state=WriteOff.State.ASKED).select_related("due__invoice", "due__participant"),
            request,
        ),
        "stopped": Account.objects.filter(bids_stopped_at__isnull=False).count(),
    }
    return render(request, "receivables/receivables.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def receivable(request: ActingRequest, number: str) -> HttpResponse:
    """One invoice: what has paid it, which letters went out, dunning on hold, and what is given up."""
    dues = InvoiceDue.objects.select_related("invoice", "participant")
    due = get_object_or_404(dues, invoice__number=number)
    do = request.POST.get("do", "")
    hold = HoldForm(request.POST if do == "hold" else None, prefix="hold")
    write_off = WriteOffForm(
        request.POST if do == "write_off" else None, prefix="off", initial={"amount_fen": due.open_fen}
    )
    if request.method == "POST" and _change(request, due, do, hold, write_off):
        return redirect("finance_receivable", number)
    today = timezone.now().astimezone(BEIJING).date()
    context = {
        "due": due,
        "days_overdue": max(0, (today - due.due_on).days),
        "payments": due.payments.all(),
        "notices": due.notices.all(),
        "write_offs": _decidable(due.write_offs.all(), request),
        "hold": hold,
        "write_off": write_off,
    }
    status = 422 if hold.errors or write_off.errors else 200
    return render(request, "receivables/receivable.html", context, status=status)


@require_POST
@approver_required
def decide_limit(request: ActingRequest, limit_id: int) -> HttpResponse:
    """Approve or refuse (`do`) a limit that somebody else has asked for."""
    verb = limits.approve_limit if request.POST.get("do") == "approve" else limits.refuse_limit
    _tell(request, lambda: verb(limit_id=limit_id, by=request.user.email, now=timezone.now()), _("Decided."))
    return redirect("finance_receivables")


@require_POST
@approver_required
def decide_write_off(request: ActingRequest, write_off_id: int) -> HttpResponse:
    """Agree to or refuse (`do`) a write-off that somebody else has asked for."""
    number = get_object_or_404(WriteOff, pk=write_off_id).due.invoice.number
    verb = write_offs.approve_write_off if request.POST.get("do") == "approve" else write_offs.refuse_write_off
    _tell(request, lambda: verb(write_off_id=write_off_id, by=request.user.email, now=timezone.now()), _("Decided."))
    return redirect("finance_receivable", number)


def name_of(bucket: str) -> str:
    """Name a bucket of BUCKETS."""
    return _("Not due yet") if bucket == BUCKETS[0][0] else _("%s days overdue") % bucket.replace("-", "–")


def _ask(form: LimitForm, request: ActingRequest) -> bool:
    asked = {**form.cleaned_data, "participant_id": form.cleaned_data["participant"].pk}
    del asked["participant"]
    return _entered(form, lambda: limits.ask_for_limit(**asked, by=request.user.email, now=timezone.now()))


def _change(request: ActingRequest, due: InvoiceDue, do: str, hold: HoldForm, write_off: WriteOffForm) -> bool:
    """Do what was sent; False where a form has to be shown again."""
    by, now, invoice_id = request.user.email, timezone.now(), due.pk
    if do == "hold" and hold.is_valid():
        return _entered(hold, lambda: levels.hold_dunning(invoice_id=invoice_id, **hold.cleaned_data, by=by, now=now))
    if do == "write_off" and write_off.is_valid():
        entered = write_off.cleaned_data
        return _entered(
            write_off, lambda: write_offs.ask_for_write_off(invoice_id=invoice_id, **entered, by=by, now=now)
        )
    if do == "release":
        _tell(request, lambda: levels.release_dunning(invoice_id=invoice_id, by=by, now=now), _("Dunning goes on."))
        return True
    return False


def _entered(form: forms.Form, verb: Verb) -> bool:
    try:
        verb()
    except REFUSALS as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    return True


def _tell(request: ActingRequest, verb: Verb, done: str) -> None:
    try:
        verb()
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)


def _open(today: date, bucket: str) -> QuerySet[InvoiceDue]:
    dues = InvoiceDue.objects.filter(open_fen__gt=0).annotate(bucket=bucket_case(today))
    if bucket:
        dues = dues.filter(bucket=bucket)
    return dues.select_related("invoice", "participant").order_by("due_on", "invoice_id")


def _lent_to() -> QuerySet[Account]:
    """Return the accounts with credit, and those that use some still."""
    lent = Account.objects.filter(Q(credit_fen__gt=0) | Q(overdraft_fen__gt=0)).select_related("participant")
    return lent.annotate(open_fen=Sum("participant__invoices_due__open_fen")).order_by("-credit_fen", "pk")[:SHOWN]


def _decidable(asked: QuerySet[Any], request: ActingRequest) -> list[tuple[Any, bool]]:
    """Return what was asked for, each with whether this person may decide about it."""
    email = request.user.email.casefold()
    return [(row, request.user.approves and row.asked_by.casefold() != email) for row in asked]


def _chart(buckets: list[Bucket]) -> dict[str, Any]:
    return {
        "names": [name_of(bucket.name) for bucket in buckets],
        "values": [bucket.open_fen / 100 for bucket in buckets],
        "colours": list(COLOURS),
        "addresses": [f"?age={bucket.name.replace('+', '%2B')}#open" for bucket in buckets],
    }
