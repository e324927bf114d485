"""Maintenance windows: the list, and planning one, which first says what it would withdraw."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.offers.maintenance import (
    HoursAreSold,
    MaintenancePlan,
    cancel_maintenance,
    check_maintenance,
    plan_maintenance,
)
from marketplace.offers.models import Maintenance
from marketplace.offers.refusal import UnableToOffer
from marketplace.web.compute.my_orders import OrderRow, rows_of
from marketplace.web.fields import HourField, SiteChoice
from marketplace.web.fragments import render_page
from matching.hours import hour_of
from matching.models import Site

SHOWN = 60
ASKS_SHOWN = 30
SOLD_SHOWN = 24


class MaintenanceForm(forms.Form):
    """Where, when, and how many accelerators are out of service."""

    site = SiteChoice(Site.objects.none(), label=gettext_lazy("Site"), empty_label=None)
    start = HourField(label=gettext_lazy("From"))
    hours = forms.IntegerField(label=gettext_lazy("Hours"), min_value=1, max_value=1024, initial=6)
    accelerators = forms.IntegerField(label=gettext_lazy("Accelerators out of service"), min_value=1)
    reason = forms.CharField(label=gettext_lazy("What is done"), max_length=200, required=False)


@require_safe
@provider_required
def maintenance(request: ActingRequest) -> HttpResponse:
    """Windows to come and those that are over, newest first."""
    windows = Maintenance.objects.filter(site__provider_id=request.participant.pk).select_related(
        "site__market__compute_class", "site__market__hub"
    )
    context = {"windows": windows.prefetch_related("withdrawals")[:SHOWN], "now_hour": hour_of(timezone.now())}
    return render_page(request, "provider/maintenance.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def maintenance_new(request: ActingRequest) -> HttpResponse:
    """First say what the window would withdraw, then, asked again, do it."""
    now = timezone.now()
    sites = Site.objects.filter(provider=request.participant).select_related("market__compute_class", "market__hub")
    form = MaintenanceForm(request.POST or None, initial=_initial(request, sites.first()))
    form.fields["site"].queryset = sites  # type: ignore[attr-defined]
    plan: MaintenancePlan | None = None
    sold: HoursAreSold | None = None
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        reason, data["site_id"] = data.pop("reason"), data.pop("site").pk
        try:
            if "confirm" in request.POST:
                window = plan_maintenance(
                    provider_id=request.participant.pk, reason=reason, by=request.user.email, now=now, **data
                )
                _tell(request, window)
                return redirect("maintenance")
            plan = check_maintenance(provider_id=request.participant.pk, now=now, **data)
        except UnableToOffer as error:
            sold = error if isinstance(error, HoursAreSold) else None
            form.add_error(error.field if error.field in form.fields else None, str(error))
    rows: list[OrderRow] = rows_of(plan.asks[:ASKS_SHOWN]) if plan else []
    context = {
        "form": form,
        "plan": plan,
        "rows": rows,
        "more": len(plan.asks) - len(rows) if plan else 0,
        "sold": sold.hours[:SOLD_SHOWN] if sold else [],
        "has_sites": sites.exists(),
    }
    return render(request, "provider/maintenance_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def maintenance_cancel(request: ActingRequest, maintenance_id: int) -> HttpResponse:
    """Ask, then call a window off."""
    window = get_object_or_404(
        Maintenance.objects.select_related("site"), pk=maintenance_id, site__provider=request.participant
    )
    if request.method == "POST":
        try:
            cancel_maintenance(
                provider_id=request.participant.pk, maintenance_id=window.pk, by=request.user.email, now=timezone.now()
            )
            messages.success(request, _("The maintenance is called off. Its hours can be listed again."))
        except UnableToOffer as error:
            messages.error(request, str(error))
        return redirect("maintenance")
    context = {
        "title": _("Call this maintenance off?"),
        "sentence": _("Its hours that have not begun can be listed again. Asks that it withdrew stay withdrawn."),
        "act": _("Call it off"),
        "keep": _("Keep it"),
        "back": "maintenance",
    }
    return render_page(request, "provider/question.html", "dialog", context)


def _tell(request: ActingRequest, window: Maintenance) -> None:
    count = window.withdrawals.count()
    text = ngettext(
        "Planned. %(count)s offer is being withdrawn; what lies outside is listed again.",
        "Planned. %(count)s offers are being withdrawn; what lies outside is listed again.",
        count,
    )
    messages.success(request, text % {"count": count} if count else _("Planned. Nothing had to be withdrawn."))


def _initial(request: ActingRequest, site: Site | None) -> dict[str, object]:
    initial: dict[str, object] = {"start": hour_of(timezone.now()) + 24}
    if site is not None:
        initial |= {"site": site.pk, "accelerators": site.accelerators}
    asked = {name: value for name, value in request.GET.items() if name in MaintenanceForm.base_fields}
    return {**initial, **asked}
