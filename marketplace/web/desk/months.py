"""Finance closes months: what is still to be done, who asked, who agreed, and the seal of the ledger's hash chain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.models import MonthClosing
from billing.month_close import UnableToClose, ask_to_reopen, reopen_month
from billing.months.closing import agree_to_close, ask_to_close, open_request, withdraw_close
from billing.months.open_points import open_points, seal_of
from billing.months.span import Month
from billing.months.standing import read_months
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest

SHOWN = 24


@require_safe
@finance_required
def months(request: ActingRequest) -> HttpResponse:
    """Every month of the ledger, newest first, with where it stands."""
    rows = read_months(now=timezone.now(), limit=SHOWN)
    return render(request, "finance/months.html", {"rows": rows})


@require_safe
@finance_required
def month(request: ActingRequest, name: str) -> HttpResponse:
    """One month: its points, its seal, and what may be done next."""
    now, found = timezone.now(), _month(name)
    closing = MonthClosing.objects.filter(month=found.first, reopened_at=None).first()
    points = open_points(month=found, now=now) if closing is None else []
    email = request.user.email.casefold()
    waiting = open_request(found)
    context = {
        "month": found,
        "is_over": found.is_over(now),
        "closing": closing,
        "request_to_close": waiting,
        "points": points,
        "is_ready": all(point.is_done for point in points),
        "is_own_request": waiting is not None and waiting.asked_by.casefold() == email,
        "is_own_reopening": closing is not None and closing.reopening_asked_by.casefold() == email,
        "seal": seal_of(found),
        "history": MonthClosing.objects.filter(month=found.first).order_by("-pk").select_related("request"),
    }
    return render(request, "finance/month.html", context)


@require_POST
@finance_required
def ask(request: ActingRequest, name: str) -> HttpResponse:
    """Ask for the month to be closed."""
    done = _("Asked. Somebody else with the approver's role has to agree.")
    return _do(request, name, done, lambda found, by, now: ask_to_close(month=found, by=by, now=now))


@require_POST
@approver_required
def agree(request: ActingRequest, name: str) -> HttpResponse:
    """Agree to what somebody else has asked for."""
    done = _("Closed. No transfer can be posted in this month any more.")
    return _do(request, name, done, lambda found, by, now: agree_to_close(month=found, by=by, now=now))


@require_POST
@finance_required
def withdraw(request: ActingRequest, name: str) -> HttpResponse:
    """Take the request back."""
    done = _("Taken back. The month stays open.")
    return _do(request, name, done, lambda found, by, now: withdraw_close(month=found, by=by, now=now))


@require_POST
@finance_required
def ask_reopening(request: ActingRequest, name: str) -> HttpResponse:
    """Ask for a closed month to be opened again, with a reason."""
    reason = request.POST.get("reason", "")
    done = _("Asked. Somebody else with the approver's role has to agree.")
    return _do(
        request, name, done, lambda found, by, now: ask_to_reopen(month=found.first, by=by, reason=reason, now=now)
    )


@require_POST
@approver_required
def reopen(request: ActingRequest, name: str) -> HttpResponse:
    """Agree to a reopening that somebody else has asked for."""
    done = _("Open again. Close it once what was missing is booked.")
    return _do(request, name, done, lambda found, by, now: reopen_month(month=found.first, by=by, now=now))


def _do(request: ActingRequest, name: str, done: str, verb: Callable[[Month, str, datetime], object]) -> HttpResponse:
    """Do it and say so, or say why not, on the month's page."""
    try:
        verb(_month(name), request.user.email, timezone.now())
    except UnableToClose as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("finance_month", name)


def _month(name: str) -> Month:
    try:
        return Month(date.fromisoformat(f"{name}-01"))
    except ValueError as error:
        raise Http404 from error
