"""All markets at once: the heat map of best asks by delivery hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.web.figures import Traded, class_figures, heat_step, traded_by_market, upcoming_best_asks
from marketplace.web.market_parts import market_part
from marketplace.web.public.overview_panels import overview_panels
from marketplace.web.ruler import ruler
from matching.book import BestAsk
from matching.hours import first_open_hour, gate_of
from matching.models import Market, Site

HOURS_AHEAD = 48


@dataclass(frozen=True, slots=True)
class Cell:
    """One contract on the heat map; `ask` is None where nothing is on offer."""

    hour: int
    ask: BestAsk | None
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
        "content": market_part(request, "market/overview_content.html", lambda: overview_context(now), now=now),
        "market_count": len(markets),
        "site_count": Site.objects.count(),
        "first_hour": start,
        "gate": gate_of(markets[0], start) if markets else None,
    }
    return render(request, "market/overview.html", context)


def overview_context(now: datetime) -> dict[str, Any]:
    """The heat map, a card for each class, and the panels below."""
    markets = list(Market.objects.select_related("compute_class", "hub"))
    asks = upcoming_best_asks(markets=markets, hours=HOURS_AHEAD, now=now)
    traded = traded_by_market(now=now)
    start = min((first_open_hour(market, now) for market in markets), default=0)
    rows = market_rows(markets, asks, traded, start)
    cards = class_figures(markets=markets, traded=traded, asks=asks, now=now)
    return {
        "ticks": ruler(start, HOURS_AHEAD),
        "groups": [(key, list(group)) for key, group in groupby(rows, key=lambda row: row.market.compute_class)],
        "cards": cards,
        **overview_panels(markets=markets, traded=traded, cards=cards, now=now),
    }


def market_rows(markets: list[Market], asks: list[BestAsk], traded: dict[int, Traded], start: int) -> list[MarketRow]:
    """A row for each market over `HOURS_AHEAD` hours from `start`."""
    by_contract = {(ask.market_id, ask.hour): ask for ask in asks}
    return [_row(market, by_contract, traded.get(market.pk, Traded()), start) for market in markets]


def _row(market: Market, by_contract: dict[tuple[int, int], BestAsk], traded: Traded, start: int) -> MarketRow:
    found = [by_contract.get((market.pk, hour)) for hour in range(start, start + HOURS_AHEAD)]
    offered = [ask for ask in found if ask]
    lowest = min(offered, key=lambda ask: (ask.price_fen, ask.hour), default=None)
    usual_fen = traded.vwap_week_fen
    cells = [
        Cell(hour, ask, heat_step(ask.price_fen, usual_fen) if ask else 0, ask is not None and ask is lowest)
        for hour, ask in enumerate(found, start)
    ]
    return MarketRow(market, cells, traded, offered[0] if offered else None, lowest)
