"""All markets at once: the heat map of best asks by delivery hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from marketplace.web.figures import Traded, class_figures, heat_step, traded_by_market, upcoming_best_asks
from marketplace.web.market_parts import market_part
from marketplace.web.public.overview_panels import overview_panels
from marketplace.web.ruler import ruler
from marketplace.web.templatetags.numbers import count, money
from matching.book import BestAsk, traded_averages
from matching.hours import first_open_hour, gate_of
from matching.models import Market, Site

SPANS = {"24": gettext_lazy("24 h"), "48": gettext_lazy("48 h"), "168": gettext_lazy("7 d")}
SHOWS = {"ask": gettext_lazy("Best ask"), "vwap": gettext_lazy("VWAP"), "depth": gettext_lazy("Depth")}
DEPTH_STEPS = (0.10, 0.25, 0.50)
"""Shares of a market's installed accelerators at which the colour of depth changes."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One contract on the heat map; `text` is None where there is nothing to show of it."""

    hour: int
    ask: BestAsk | None
    text: str | None  # what it shows, for readers and tooltips
    heat: int
    is_lowest: bool


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One market on the heat map."""

    market: Market
    cells: list[Cell]
    traded: Traded
    first: BestAsk | None  # of the first hour that has one
    lowest: BestAsk | None


@require_safe
def show_markets(request: HttpRequest) -> HttpResponse:
    """The heat map and each market's figures."""
    now = timezone.now()
    markets = list(Market.objects.select_related("compute_class", "hub"))
    start = min((first_open_hour(market, now) for market in markets), default=0)
    context = {
        "content": market_part(
            request, "market/overview_content.html", lambda: overview_context(request, now), now=now
        ),
        "market_count": len(markets),
        "site_count": Site.objects.count(),
        "first_hour": start,
        "gate": gate_of(markets[0], start) if markets else None,
    }
    return render(request, "market/overview.html", context)


def overview_context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The heat map, a card for each class, and the panels below."""
    span = request.GET.get("span", "")
    span = span if span in SPANS else "48"
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "ask"
    hours = int(span)
    markets = list(Market.objects.select_related("compute_class", "hub"))
    asks = upcoming_best_asks(markets=markets, hours=hours, now=now)
    traded = traded_by_market(now=now)
    start = min((first_open_hour(market, now) for market in markets), default=0)
    rows = market_rows(markets, asks, traded, range(start, start + hours), show)
    cards = class_figures(markets=markets, traded=traded, asks=asks, now=now)
    return {
        "ticks": ruler(start, hours),
        "span": span,
        "spans": SPANS.items(),
        "show": show,
        "shows": SHOWS.items(),
        "columns": hours + 4,
        "groups": [(key, list(group)) for key, group in groupby(rows, key=lambda row: row.market.compute_class)],
        "cards": cards,
        **overview_panels(markets=markets, traded=traded, cards=cards, now=now),
    }


def market_rows(
    markets: list[Market], asks: list[BestAsk], traded: dict[int, Traded], hours: range, show: str
) -> list[MarketRow]:
    """A row for each market over `hours`."""
    by_contract = {(ask.market_id, ask.hour): ask for ask in asks}
    averages = traded_averages(start=hours.start, end=hours.stop) if show == "vwap" else {}
    installed = _installed() if show == "depth" else {}

    def shown(market_id: int, hour: int, usual_fen: int | None) -> tuple[str | None, int]:
        ask = by_contract.get((market_id, hour))
        if show == "depth":
            return (count(ask.ask_quantity), depth_step(ask.ask_quantity, installed[market_id])) if ask else (None, 0)
        price_fen = averages.get((market_id, hour)) if show == "vwap" else ask.price_fen if ask else None
        return (None, 0) if price_fen is None else (money(price_fen), heat_step(price_fen, usual_fen))

    rows = []
    for market in markets:
        figures = traded.get(market.pk, Traded())
        offered = [ask for hour in hours if (ask := by_contract.get((market.pk, hour)))]
        lowest = min(offered, key=lambda ask: (ask.price_fen, ask.hour), default=None)
        cells = [
            Cell(
                hour,
                by_contract.get((market.pk, hour)),
                *shown(market.pk, hour, figures.vwap_week_fen),
                show == "ask" and lowest is not None and hour == lowest.hour,
            )
            for hour in hours
        ]
        rows.append(MarketRow(market, cells, figures, offered[0] if offered else None, lowest))
    return rows


def depth_step(quantity: int, installed: int) -> int:
    """The colour of depth, 4 (little on offer) to 1 (half of what is installed or more)."""
    return 4 - sum(quantity >= step * installed for step in DEPTH_STEPS)


def _installed() -> dict[int, int]:
    sites = Site.objects.order_by().values_list("market_id").annotate(Sum("accelerators"))
    return dict(sites)
