"""Reports by mail: what one gets, a new one, and no more of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.exports import CONTENT_TYPES
from billing.exports.jobs import FormatUnknown, refuse_unknown_format
from billing.models import ReportSubscription
from billing.reports.asked import read_asked
from billing.reports.registry import REPORTS
from billing.subscriptions.subscribing import subscribe, unsubscribe
from marketplace.accounts.access import finance_reader_required
from marketplace.accounts.acting import ActingRequest

EVERY = {
    ReportSubscription.Every.DAY.value: gettext_lazy("every day, about the day before"),
    ReportSubscription.Every.WEEK.value: gettext_lazy("every Monday, about the week before"),
    ReportSubscription.Every.MONTH.value: gettext_lazy("on the first, about the month before"),
}


def _reports() -> list[tuple[str, str]]:
    zh = (get_language() or "").startswith("zh")
    return [(report.name, report.in_words(zh=zh)[0]) for report in REPORTS.values()]


class SubscriptionForm(forms.Form):
    """Which report, how often, and when."""

    report = forms.ChoiceField(label=gettext_lazy("Report"), choices=_reports)
    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=list(EVERY.items()))
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=[(name, name.upper()) for name in CONTENT_TYPES])
    at_hour = forms.TypedChoiceField(
        label=gettext_lazy("At, on your clock"),
        coerce=int,
        initial=8,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a format that the report does not come in."""
        data = super().clean() or {}
        if "report" in data and "format" in data:
            try:
                refuse_unknown_format(REPORTS[data["report"]], data["format"])
            except FormatUnknown as error:
                self.add_error("format", str(error))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@finance_reader_required
def subscriptions(request: ActingRequest) -> HttpResponse:
    """What this person gets by mail, and a form for more; its other limits stand in the address."""
    now = timezone.now()
    asked = read_asked(request.GET.dict(), now=now)
    form = SubscriptionForm(request.POST or None, initial={"report": request.GET.get("report")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        subscribe(
            person=request.user.email,
            report=REPORTS[data["report"]],
            asked=asked,
            format=data["format"],
            every=data["every"],
            at_hour=data["at_hour"],
            time_zone=request.user.time_zone,
            language=get_language() or "en",
            now=now,
        )
        messages.success(request, _("Subscribed. The report comes by mail."))
        return redirect("finance_subscriptions")
    zh = (get_language() or "").startswith("zh")
    own = ReportSubscription.objects.filter(person=request.user.email, ended_at=None).prefetch_related("mailings")
    limits = {name: value for name, value in asked.values.items() if name not in ("from", "to", "at")}
    context = {
        "form": form,
        "limits": limits if "report" in request.GET else {},
        "own": [(one, REPORTS[one.report].in_words(zh=zh)[0], EVERY[one.every]) for one in own],
    }
    return render(request, "finance/reports/subscriptions.html", context, status=422 if form.errors else 200)


@require_POST
@finance_reader_required
def subscription_end(request: ActingRequest, subscription_id: int) -> HttpResponse:
    """End one's own subscription."""
    if unsubscribe(subscription_id=subscription_id, person=request.user.email, now=timezone.now()):
        messages.success(request, _("Unsubscribed. Nothing more comes of it."))
    return redirect("finance_subscriptions")
