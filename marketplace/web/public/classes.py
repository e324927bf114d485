"""Compute classes: the list with every hub, and a page for each with its facts, its index and where it is sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from marketplace.web.figures import Traded, per_pflops_hour, sparkline
from marketplace.web.public.history import Interval, class_history
from marketplace.web.public.market_prices import MarketPrices, best_now, lowest_of, market_prices, total_traded
from marketplace.web.public.use import ClassUse, use_by_class
from marketplace.web.templatetags.hours import date_text, day_text
from matching.models import ComputeClass, Hub, Site

MINUTES_AN_HOUR, MINUTES_A_DAY = 60, 1440
SPANS = {
    "7d": (gettext_lazy("7 days"), MINUTES_AN_HOUR, timedelta(days=7)),
    "90d": (gettext_lazy("90 days"), MINUTES_A_DAY, timedelta(days=90)),
    "2y": (gettext_lazy("2 years"), MINUTES_A_DAY, timedelta(days=730)),
}
"""Spans of a price history: their name, the interval in minutes, how far back."""
SPARKLINE_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One compute class in the list."""

    compute_class: ComputeClass
    traded: Traded
    best: MarketPrices | None
    sites: int
    accelerators: int
    use: ClassUse | None
    sparkline: str


@require_safe
def show_classes(request: HttpRequest) -> HttpResponse:
    """Every compute class and every hub."""
    now = timezone.now()
    rows = market_prices(Q(), now=now)
    hubs = Hub.objects.annotate(
        market_count=Count("markets", distinct=True),
        site_count=Count("markets__sites"),
        installed=Sum("markets__sites__accelerators", default=0),
    ).order_by("position", "slug")
    context = {"classes": class_rows(rows, now), "hubs": hubs}
    return render(request, "public/classes.html", context)


def class_rows(rows: list[MarketPrices], now: datetime) -> list[ClassRow]:
    """A row for each class, those without a market too."""
    classes = list(ComputeClass.objects.all())
    uses = use_by_class(now=now)
    ids = [compute_class.pk for compute_class in classes]
    history = class_history(class_ids=ids, minutes=MINUTES_AN_HOUR, since=now - SPARKLINE_SPAN)
    return [_class_row(c, [row for row in rows if row.market.compute_class_id == c.pk], uses, history) for c in classes]


@require_safe
def show_class(request: HttpRequest, slug: str) -> HttpResponse:
    """One compute class."""
    now = timezone.now()
    compute_class = get_object_or_404(ComputeClass, slug=slug)
    rows = market_prices(Q(compute_class=compute_class), now=now)
    span = request.GET.get("span", "")
    span = span if span in SPANS else "7d"
    _label, minutes, back = SPANS[span]
    history = class_history(class_ids=[compute_class.pk], minutes=minutes, since=now - back)[compute_class.pk]
    traded = total_traded(rows)
    context = {
        "compute_class": compute_class,
        "rows": rows,
        "traded": traded,
        "pflops_hour_fen": per_pflops_hour(compute_class, traded.vwap_day_fen),
        "best": best_now(rows),
        "lowest": lowest_of(rows),
        "use": use_by_class(now=now).get(compute_class.pk),
        "accelerators": sum(row.accelerators for row in rows),
        "sites": sites_of(Q(market__compute_class=compute_class)),
        "spans": [(key, label) for key, (label, _minutes, _back) in SPANS.items()],
        "span": span,
        "history": list(reversed(history)),
        "hourly": minutes == MINUTES_AN_HOUR,
        "history_json": history_data(history, hourly=minutes == MINUTES_AN_HOUR, position=compute_class.position),
    }
    return render(request, "public/class.html", context)


def sites_of(condition: Q) -> list[Site]:
    """Sites with their provider and market, in the order of hubs and names; one statement."""
    found = Site.objects.filter(condition).select_related("provider", "profile", "market__compute_class", "market__hub")
    return list(found.order_by("market__hub__position", "market__compute_class__position", "name"))


def history_data(history: list[Interval], *, hourly: bool, position: int) -> dict[str, Any]:
    """What `<price-history>` draws: yuan and accelerator-hours by interval."""
    return {
        "times": [interval_text(interval, hourly=hourly) for interval in history],
        "days": [date_text(timezone.localtime(interval.starts_at)) for interval in history],
        "index": [(interval.index_fen or 0) / 100 for interval in history],
        "low": [interval.low_fen / 100 for interval in history],
        "high": [interval.high_fen / 100 for interval in history],
        "volume": [interval.volume for interval in history],
        "colour": f"c{(position - 1) % 6 + 1}",
        "words": {"index": _("index"), "range": _("lowest to highest"), "volume": _("accelerator-hours")},
    }


def interval_text(interval: Interval, *, hourly: bool) -> str:
    """`Mon 24 Nov 18:00`, or the day alone."""
    there = timezone.localtime(interval.starts_at)
    return f"{day_text(there)} {there:%H:%M}" if hourly else day_text(there)


def _class_row(
    compute_class: ComputeClass, rows: list[MarketPrices], uses: dict[int, ClassUse], history: dict[int, list[Interval]]
) -> ClassRow:
    return ClassRow(
        compute_class=compute_class,
        traded=total_traded(rows),
        best=best_now(rows),
        sites=sum(row.sites for row in rows),
        accelerators=sum(row.accelerators for row in rows),
        use=uses.get(compute_class.pk),
        sparkline=sparkline([i.index_fen or 0 for i in history.get(compute_class.pk, [])], width=120, height=32),
    )
