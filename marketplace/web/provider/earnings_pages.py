"""Earnings: week by week, then by day and site, then trade by trade, each adding up to the one above."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.models import Invoice, Obligation
from billing.period import HOURS_A_PERIOD, period_of
from billing.reports.earnings import EarningsRow, earnings_by_day, earnings_by_period, earnings_by_trade, total_of
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page
from marketplace.web.provider.earnings import daily_chart, earnings_of
from matching.hours import hour_of
from matching.models import Site

DOCUMENTS = 12
WEEKS = 12
TRADES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table of earnings with what it is of."""

    row: EarningsRow
    site: Site | None = None
    trade: Obligation | None = None


@require_safe
@provider_required
def earnings(request: ActingRequest) -> HttpResponse:
    """What has been earned by week and day, what is owed, and the statements."""
    now = timezone.now()
    figures = earnings_of(provider_id=request.participant.pk, now=now)
    start, end = period_of(hour_of(now))
    weeks = earnings_by_period(provider_id=request.participant.pk, start=start - (WEEKS - 1) * HOURS_A_PERIOD, end=end)
    statements = Invoice.objects.filter(participant_id=request.participant.pk, kind=Invoice.Kind.STATEMENT)
    chart = daily_chart(figures.days)
    context = {
        "figures": figures,
        "lines": [Line(row) for row in weeks],
        "total": total_of(weeks),
        "level": "week",
        "chart": json.dumps(chart),
        "keys": chart["series"],
        "invoices": statements.order_by("-start")[:DOCUMENTS],
    }
    return render_page(request, "provider/earnings.html", "live", context)


@require_safe
@provider_required
def earnings_period(request: ActingRequest, start: int) -> HttpResponse:
    """One week, by day and site."""
    first, end = _week(start)
    rows = earnings_by_day(provider_id=request.participant.pk, start=first, end=end)
    sites = Site.objects.in_bulk({row.site_id for row in rows})
    context = {
        "lines": [Line(row, sites[row.site_id]) for row in rows],
        "total": total_of(rows),
        "level": "day",
        "start": first,
        "hours": end - first,
    }
    return render(request, "provider/earnings_lines.html", context)


@require_safe
@provider_required
def earnings_site(request: ActingRequest, start: int, site_id: int) -> HttpResponse:
    """One week at one site, trade by trade."""
    first, end = _week(start)
    site = get_object_or_404(Site, pk=site_id)
    rows = earnings_by_trade(
        provider_id=request.participant.pk, site_id=site_id, start=first, end=end, limit=TRADES_SHOWN + 1
    )
    if not rows:
        raise Http404(_("Nothing was earned there."))
    trades = Obligation.objects.select_related("buyer").in_bulk([row.trade_id for row in rows])
    context = {
        "lines": [Line(row, site, trades[row.trade_id]) for row in rows[:TRADES_SHOWN]],
        "total": total_of(rows[:TRADES_SHOWN]),
        "has_more": len(rows) > TRADES_SHOWN,
        "level": "trade",
        "site": site,
        "start": first,
        "hours": end - first,
    }
    return render(request, "provider/earnings_lines.html", context)


def _week(start: int) -> tuple[int, int]:
    """The period that an address names by its first hour, or any hour in it."""
    if not 0 <= start < 10_000_000:
        raise Http404(_("There is no such week."))
    return period_of(start)
