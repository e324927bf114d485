"""One market: its price curve by delivery hour, the book of a chosen hour, and what traded last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from marketplace.accounts.acting import acting_participant
from marketplace.web.compute import my_orders
from marketplace.web.figures import Traded, traded_by_market
from marketplace.web.market.ladder import build_ladder, own_sizes, waiting_blocks
from marketplace.web.market.tape import TapeLine, read_tape
from marketplace.web.market.trade_ticket import sites_to_sell
from marketplace.web.ruler import ruler
from marketplace.web.templatetags.hours import hour_text
from matching.book import ContractBook, CurvePoint, book_of_contract, price_curve
from matching.halted import sentence_of
from matching.halts import active_halts
from matching.hours import first_open_hour, gate_of
from matching.models import Market, Order, Site

SPANS = (24, 48, 72)
TRADES_SHOWN = 20
LEVELS_SHOWN = 15
DEPTH_LEVELS = 300
OWN_ORDERS_SHOWN = 12


@require_safe
@vary_on_headers("HX-Request")
def show_market(request: HttpRequest, symbol: str) -> HttpResponse:
    """The market's page; for htmx only what moves."""
    now = timezone.now()
    market = get_object_or_404(Market.objects.select_related("compute_class", "hub"), symbol=symbol)
    context = market_context(request, market, now)
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        return render(request, "market/live.html", context)
    context["markets"] = Market.objects.select_related("compute_class", "hub")
    context["sites"] = list(Site.objects.filter(market=market).only("accelerators"))
    context["installed"] = sum(site.accelerators for site in context["sites"])
    return render(request, "market/market.html", context)


def market_context(request: HttpRequest, market: Market, now: datetime) -> dict[str, Any]:
    """Everything that moves: figures, curve, book, tape, own orders."""
    first = first_open_hour(market, now)
    span = _number(request.GET.get("span"), SPANS[-1])
    span = span if span in SPANS else SPANS[-1]
    last = first + market.horizon_hours - 1
    hour = min(max(_number(request.GET.get("hour"), first), first), last)
    curve = price_curve(market_id=market.pk, start=first, end=first + span)
    book = book_of_contract(market_id=market.pk, hour=hour, depth=DEPTH_LEVELS)
    participant = acting_participant(request)
    mine = own_sizes(participant.pk, market.pk, hour) if participant else {}
    offered = [point for point in curve if point.best_ask_fen is not None]
    own_orders = (
        list(my_orders.orders_of(participant.pk).filter(market=market, state__in=my_orders.LIVE)[:OWN_ORDERS_SHOWN])
        if participant
        else []
    )
    tape = read_tape(market.pk, participant.pk if participant else None, TRADES_SHOWN)
    cheapest = min(offered, key=lambda point: (point.best_ask_fen, point.hour), default=None)
    return {
        "market": market,
        "now": now,
        "span": span,
        "spans": SPANS,
        "hour": hour,
        "previous_hour": hour - 1 if hour > first else None,
        "next_hour": hour + 1 if hour < last else None,
        "gate": gate_of(market, first),
        "halts": [(halt, sentence_of(halt)) for halt in active_halts([market.pk])],
        "first_hour": first,
        "traded": traded_by_market(now=now).get(market.pk, Traded()),
        "curve": curve,
        "cheapest": cheapest,
        "offered": sum(point.ask_quantity for point in curve),
        "ladder": build_ladder(book, mine, LEVELS_SHOWN),
        "limit_fen": book.best_ask_fen or (cheapest.best_ask_fen if cheapest else market.reference_price_fen),
        "blocks": waiting_blocks(market.pk, hour),
        "tape": tape,
        "own_rows": my_orders.rows_of(own_orders),
        "own_orders": own_orders,
        "sell_sites": sites_to_sell(participant, market, first),
        "levels_shown": LEVELS_SHOWN,
        "trades_shown": TRADES_SHOWN,
        "page_json": page_data(market, first, span, hour, tape),
        "curve_json": curve_data(market, curve, hour, own_orders),
        "depth_json": depth_data(book),
    }


def page_data(market: Market, first: int, span: int, hour: int, tape: list[TapeLine]) -> dict[str, Any]:
    """What `market-page.js` starts from."""
    return {
        "market": market.symbol,
        "first": first,
        "span": span,
        "hour": hour,
        "last": first + market.horizon_hours - 1,
        "lot": market.lot,
        "tick_fen": market.tick_fen,
        "mine": [line.trade.pk for line in tape if line.is_mine],
    }


def curve_data(market: Market, curve: list[CurvePoint], hour: int, own_orders: list[Order]) -> dict[str, Any]:
    """What `<market-curve>` draws: yuan by delivery hour, null where there is none."""
    start = curve[0].hour if curve else hour
    return {
        "ticks": [[tick.clock, tick.day if tick.is_midnight else ""] for tick in ruler(start, len(curve))],
        "hours": [point.hour for point in curve],
        "times": [hour_text(point.hour) for point in curve],
        "ask": [_yuan(point.best_ask_fen) for point in curve],
        "bid": [_yuan(point.best_bid_fen) for point in curve],
        "vwap": [_yuan(point.vwap_fen) for point in curve],
        "offered": [int(point.ask_quantity) for point in curve],
        "chosen": hour - start if start <= hour < start + len(curve) else None,
        "orders": [[o.start - start, o.start - start + o.hours, _yuan(o.price_fen)] for o in own_orders if o.price_fen],
        "address": reverse("market", args=[market.symbol]),
        "words": {
            "ask": _("best ask"),
            "bid": _("best bid"),
            "vwap": _("traded average"),
            "offered": _("on offer"),
            "none": _("none"),
            "orders": _("my orders"),
        },
    }


def depth_data(book: ContractBook) -> dict[str, Any]:
    """What `<market-depth>` draws: price and cumulative accelerators, best first."""
    sides: dict[str, list[list[float]]] = {"bids": [], "asks": []}
    for name, levels in (("bids", book.bids), ("asks", book.asks)):
        total = 0
        for level in levels:
            total += level.quantity
            sides[name].append([level.price_fen / 100, total])
    return {**sides, "words": {"bids": _("bids"), "asks": _("asks"), "none": _("Nothing rests in this hour's book.")}}


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100


def _number(text: str | None, default: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return default
