"""Price curves by hour of the week: the list, and the editor beside last week's market."""

from __future__ import annotations

import json
from datetime import datetime

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.period import HOURS_A_PERIOD, PERIOD_OFFSET, period_of
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.offers.models import PriceCurve, StandingOffer
from marketplace.offers.price_curves import delete_curve, save_curve
from marketplace.offers.refusal import UnableToOffer
from marketplace.web.figures import sparkline
from marketplace.web.fragments import render_page
from marketplace.web.provider.curve_forms import CurveForm
from matching.hours import hour_of
from matching.models import Contract, Site

_IN_USE = Count("standing_offers", filter=~Q(standing_offers__state=StandingOffer.State.ENDED))


@require_safe
@provider_required
def curves(request: ActingRequest) -> HttpResponse:
    """The provider's curves, by site."""
    found = PriceCurve.objects.filter(site__provider_id=request.participant.pk).annotate(rules=_IN_USE)
    found = found.select_related("site__market__compute_class", "site__market__hub")
    context = {"curves": [(curve, sparkline(curve.prices_fen, width=120, height=32)) for curve in found]}
    return render_page(request, "provider/curves.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def curve_edit(request: ActingRequest, curve_id: int | None = None) -> HttpResponse:
    """Make a curve, or change one; the chart shows it beside what the market paid last week."""
    curve, now = None, timezone.now()
    if curve_id is not None:
        found = PriceCurve.objects.annotate(rules=_IN_USE).select_related("site__market")
        curve = get_object_or_404(found, pk=curve_id, site__provider=request.participant)
    site = curve.site if curve else _site_asked(request)
    form = CurveForm(request.POST or None, provider=request.participant, curve=curve, initial=_initial(curve, site))
    if request.method == "POST" and form.is_valid() and "fill" not in request.POST:
        data = form.cleaned_data
        try:
            saved = save_curve(
                provider_id=request.participant.pk, site_id=data["site"].pk, curve_id=curve_id, name=data["name"],
                prices_fen=data["prices_fen"], floor_fen=data["floor_fen"], by=request.user.email, now=now,
            )  # fmt: skip
        except UnableToOffer as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The curve %(name)s is kept. It holds for hours listed from now on.") % {
                "name": saved.name
            })  # fmt: skip
            return redirect("price_curves")
    week = form.week
    context = {
        "form": form,
        "curve": curve,
        "has_sites": site is not None,
        "days": [(day, [(24 * day + clock, week[24 * day + clock]) for clock in range(24)]) for day in range(7)],
        "clocks": range(24),
        "chart": json.dumps(
            {
                "prices": [None if price is None else price / 100 for price in week],
                "floor": _floor(form, curve),
                "market": _last_week(site, now),
                "words": {"market": _("market average, last week"), "mine": _("my ask"), "floor": _("my floor")},
            }
        ),
    }
    return render(request, "provider/curve.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def curve_delete(request: ActingRequest, curve_id: int) -> HttpResponse:
    """Ask, then forget a curve."""
    curve = get_object_or_404(PriceCurve, pk=curve_id, site__provider=request.participant)
    if request.method == "POST":
        try:
            delete_curve(
                provider_id=request.participant.pk, curve_id=curve.pk, by=request.user.email, now=timezone.now()
            )
            messages.success(request, _("The curve %(name)s is gone.") % {"name": curve.name})
        except UnableToOffer as error:
            messages.error(request, str(error))
        return redirect("price_curves")
    context = {
        "title": _("Delete this curve?"),
        "sentence": _("%(name)s is forgotten. What is listed by it stays listed.") % {"name": curve.name},
        "act": _("Delete it"),
        "keep": _("Keep it"),
        "back": "price_curves",
    }
    return render_page(request, "provider/question.html", "dialog", context)


def _site_asked(request: ActingRequest) -> Site | None:
    sites = Site.objects.filter(provider=request.participant).select_related("market")
    asked = request.POST.get("site") or request.GET.get("site", "")
    return (sites.filter(pk=asked).first() if asked.isdecimal() else None) or sites.first()


def _initial(curve: PriceCurve | None, site: Site | None) -> dict[str, object]:
    if curve is not None:
        prices = curve.prices_fen
        # What a day, a night and a weekend cost at their first hours: the usual case, where the week was filled by them.
        filled = {"days_fen": prices[8], "nights_fen": prices[0], "weekend_fen": prices[-24]}
        return {"site": curve.site_id, "name": curve.name, "floor_fen": curve.floor_fen, **filled}
    if site is None:
        return {}
    usual = site.market.reference_price_fen or 1000
    tick = site.market.tick_fen
    return {
        "site": site.pk,
        "days_fen": max(usual // tick, 1) * tick,
        "nights_fen": max(usual * 8 // 10 // tick, 1) * tick,
        "weekend_fen": max(usual * 9 // 10 // tick, 1) * tick,
    }


def _floor(form: CurveForm, curve: PriceCurve | None) -> float | None:
    floor = getattr(form, "cleaned_data", {}).get("floor_fen") if form.is_bound else curve and curve.floor_fen
    return None if not floor else floor / 100


def _last_week(site: Site | None, now: datetime) -> list[float | None]:
    """The market's average price of each delivery hour of last week, in yuan; None where nothing traded."""
    week: list[float | None] = [None] * HOURS_A_PERIOD
    if site is None:
        return week
    start = period_of(hour_of(now))[0] - HOURS_A_PERIOD
    traded = Contract.objects.filter(
        market_id=site.market_id, hour__gte=start, hour__lt=start + HOURS_A_PERIOD, volume__gt=0
    )
    for hour, value_fen, volume in traded.values_list("hour", "value_fen", "volume"):
        week[(hour + PERIOD_OFFSET) % HOURS_A_PERIOD] = round(value_fen / volume / 100, 2)
    return week
