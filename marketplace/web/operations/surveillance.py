"""What looks odd in a day's trading: the list, and each finding with the orders and trades that show it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.accounts.models import User
from matching.models import Finding, Order, Trade
from matching.surveillance.patterns import (
    OFF_BAND_SHARE,
    SPOOF_ORDERS,
    SPOOF_SECONDS,
    SPOOF_TIMES,
    WASH_ACCELERATOR_HOURS,
)
from matching.surveillance.scan import NOTE_LENGTH_MAX, UnableToDecide, decide_finding

FINDINGS_A_PAGE = 50


class DecisionForm(forms.Form):
    """What an operator makes of a finding, as it stood when the page was made."""

    state = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[
            (Finding.State.CLEARED, gettext_lazy("Nothing wrong")),
            (Finding.State.ESCALATED, gettext_lazy("To be followed up")),
        ],
    )
    note = forms.CharField(label=gettext_lazy("What you found"), max_length=NOTE_LENGTH_MAX)
    seen_at = forms.DateTimeField(widget=forms.HiddenInput)


@require_safe
@operator_required
def findings(request: ActingRequest) -> HttpResponse:
    """Findings, those that nobody has looked at first."""
    pattern = request.GET.get("pattern", "")
    found = Finding.objects.select_related("market", "participant", "other")
    if pattern in Finding.Pattern:
        found = found.filter(pattern=pattern)
    is_decided = Case(When(state=Finding.State.OPEN, then=Value(0)), default=Value(1))
    page = Paginator(found.order_by(is_decided, "-day", "-id"), FINDINGS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "pattern": pattern,
        "patterns": [("", _("All")), *((p.value, pattern_name(p.value)) for p in Finding.Pattern)],
        "rows": [(finding, pattern_name(finding.pattern), sentence_of(finding)) for finding in page],
    }
    return render(request, "operations/surveillance.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def finding(request: ActingRequest, finding_id: int) -> HttpResponse:
    """One finding with its evidence; decide it."""
    found = get_object_or_404(Finding.objects.select_related("market", "participant", "other"), pk=finding_id)
    form = DecisionForm(request.POST or None, initial={"seen_at": found.seen_at.isoformat()})
    if request.method == "POST" and form.is_valid():
        try:
            decide_finding(
                finding_id=finding_id,
                state=form.cleaned_data["state"],
                note=form.cleaned_data["note"],
                seen_at=form.cleaned_data["seen_at"],
                by=request.user.email,
                now=timezone.now(),
            )
        except UnableToDecide as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Noted."))
            return redirect("surveillance")
    context = {
        "finding": found,
        "name": pattern_name(found.pattern),
        "sentence": sentence_of(found),
        "rule": rule_of(found.pattern),
        "form": form,
        "trades": Trade.objects.filter(pk__in=found.trade_ids).select_related("buyer", "seller", "site").order_by("id"),
        "orders": Order.objects.filter(pk__in=found.order_ids).order_by("id"),
        "people": _people_of_both(found),
    }
    return render(request, "operations/finding.html", context, status=422 if form.errors else 200)


def pattern_name(pattern: str) -> str:
    """A pattern in a few words."""
    names = {
        Finding.Pattern.WASH: _("Wash-like"),
        Finding.Pattern.SPOOF: _("Spoof-like"),
        Finding.Pattern.OFF_BAND: _("Far from the reference"),
    }
    return names[Finding.Pattern(pattern)]


def sentence_of(finding: Finding) -> str:
    """What was seen, in numbers."""
    values = {
        "n": f"{finding.count:,}",
        "hours": f"{finding.accelerator_hours:,}",
        "value": f"{finding.value:,}",
        "percent": f"{finding.value / 100:,.1f}",
    }
    sentences = {
        Finding.Pattern.WASH: _(
            "%(n)s trades of the same hours back and forth; %(hours)s acc-h came back, %(value)s%% of what went."
        ),
        Finding.Pattern.SPOOF: _(
            "%(n)s large orders of together %(hours)s acc-h were cancelled after %(value)s s or so, unfilled, while it traded on the other side."
        ),
        Finding.Pattern.OFF_BAND: _(
            "%(n)s trades of %(hours)s acc-h, up to %(percent)s%% away from the reference price."
        ),
    }
    return sentences[Finding.Pattern(finding.pattern)] % values


def rule_of(pattern: str) -> str:
    """When the pattern is noted."""
    rules = {
        Finding.Pattern.WASH: _(
            "Noted when two participants sell each other at least %(n)s accelerator-hours of the same delivery hours of a market within a day."
        )
        % {"n": WASH_ACCELERATOR_HOURS},
        Finding.Pattern.SPOOF: _(
            "Noted when at least %(n)s orders, each %(times)s times as large as usual in the market that day, are cancelled within %(seconds)s seconds with nothing filled, and the same participant trades on the other side that day."
        )
        % {"n": SPOOF_ORDERS, "times": SPOOF_TIMES, "seconds": SPOOF_SECONDS},
        Finding.Pattern.OFF_BAND: _(
            "Noted when a trade is further from the reference price than %(share)s%% of the band."
        )
        % {"share": OFF_BAND_SHARE},
    }
    return rules[Finding.Pattern(pattern)]


def _people_of_both(finding: Finding) -> list[str]:
    if finding.participant_id == finding.other_id:
        return []
    both = User.objects.filter(memberships__participant=finding.participant_id).filter(
        memberships__participant=finding.other_id
    )
    return list(both.order_by("email").values_list("email", flat=True))
