"""Operations: which markets trade, who stopped what and why, and how it opens again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page
from marketplace.web.operations.halt_forms import CollectForm, HaltForm, ReasonForm
from marketplace.web.public.market_prices import market_prices
from matching.engine.dtypes import ContractState
from matching.halted import halts_by_market, reason_of, until_of
from matching.halts import UnableToRule, collect_orders, resume_trading
from matching.models import Halt, HaltStep

STEPS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class StandingHalt:
    """One halt that stands, in words."""

    halt: Halt
    why: str
    until: str

    @property
    def is_collecting(self) -> bool:
        return self.halt.state == ContractState.COLLECTING


@require_safe
@operator_required
def halts(request: ActingRequest) -> HttpResponse:
    """Every market with its prices and what is halted in it, and the last steps that anybody took."""
    prices = market_prices(Q(), now=timezone.now())
    standing = halts_by_market(row.market.pk for row in prices)
    rows = [
        (row, [StandingHalt(halt, reason_of(halt), until_of(halt)) for halt in standing.get(row.market.pk, ())])
        for row in prices
    ]
    steps = HaltStep.objects.select_related("halt__market").order_by("-id")[:STEPS_SHOWN]
    context = {
        "rows": sorted(rows, key=lambda row: not row[1]),
        "halted": sum(bool(found) for _row, found in rows),
        "steps": [(step, reason_of(step.halt) if not step.reason and step.do == 8 else step.reason) for step in steps],
    }
    return render_page(request, "operations/halts.html", "live", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def halt_new(request: ActingRequest) -> HttpResponse:
    """Stop trading in a market, or in all of them, or in some delivery hours."""
    form = HaltForm(request.POST or None, initial={"market": request.GET.get("market")})
    if request.method == "POST" and form.is_valid() and form.halt(by=request.user.email, now=timezone.now()):
        messages.success(request, _("Halted. Nothing trades there from the next command on."))
        return redirect("operations")
    context = {
        "form": form,
        "title": _("Halt trading"),
        "act": _("Halt"),
        "lead": _("Orders stay where they are; nobody can place new ones, everybody can cancel."),
        "is_danger": True,
    }
    return render(request, "operations/step.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def halt_collect(request: ActingRequest, halt_id: int) -> HttpResponse:
    """Let orders come in for some minutes, then open by an auction."""

    def collect(reason: str, now: datetime) -> None:
        minutes = form.cleaned_data["minutes"]
        collect_orders(halt_id=halt_id, by=request.user.email, reason=reason, minutes=minutes, now=now)

    form = CollectForm(request.POST or None)
    words = {
        "title": _("Collect orders for an auction"),
        "act": _("Collect orders"),
        "lead": _("Orders come in and rest without trading; an auction then opens the books at one price an hour."),
        "done": _("Orders come in; the clock opens it by an auction."),
    }
    return take_step(request, halt_id, form, collect, words)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def halt_resume(request: ActingRequest, halt_id: int) -> HttpResponse:
    """Open at once."""

    def resume(reason: str, now: datetime) -> None:
        resume_trading(halt_id=halt_id, by=request.user.email, reason=reason, now=now)

    words = {
        "title": _("Resume trading"),
        "act": _("Resume now"),
        "lead": _("Trading goes on at once; where orders cross by now, they trade at one price an hour."),
        "done": _("Trading goes on."),
    }
    return take_step(request, halt_id, ReasonForm(request.POST or None), resume, words)


def take_step(
    request: ActingRequest,
    halt_id: int,
    form: ReasonForm,
    act: Callable[[str, datetime], None],
    words: dict[str, str],
) -> HttpResponse:
    """Ask for the reason, take the step, and go back to the list; what cannot be done is said in the form."""
    halt = get_object_or_404(Halt.objects.select_related("market"), pk=halt_id)
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["reason"], timezone.now())
        except UnableToRule as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, words["done"])
            return redirect("operations")
    context = {**words, "form": form, "halt": halt, "why": reason_of(halt)}
    return render(request, "operations/step.html", context, status=422 if form.errors else 200)
