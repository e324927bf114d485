"""Odd trading in the demo's past, for an operator to look at: two who trade with themselves, and bids that only show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from billing.clearing import clear
from billing.period import day_of
from marketplace.demo.places import A10, A100
from marketplace.demo.stage import Stage
from marketplace.demo.tariff import market_price_fen, rounded_fen
from marketplace.trading import place_orders
from matching.cancel import cancel_orders
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from matching.hours import hour_of
from matching.models import Holding
from matching.surveillance.scan import scan_patterns

WASH_MARKET = (A10, "yangtze-delta")
WASH_PAIR = ("demo-vision", "demo-campus")
WASH_QUANTITY, WASH_HOURS = 3, 3
SPOOF_MARKET = (A100, "greater-bay")
SPOOFER = "demo-harbour"
SPOOF_ORDERS, SPOOF_QUANTITY, SPOOF_HOURS = 7, 64, 12
LIVED = timedelta(seconds=20)


def trade_oddly(*, stage: Stage, now: datetime, match: Callable[[], object]) -> None:
    """Trade to and fro between two participants, place and cancel large bids, and let the patterns be found."""
    _wash(stage, now, match)
    _spoof(stage, now, match)
    scan_patterns(now=now + LIVED)


def _wash(stage: Stage, now: datetime, match: Callable[[], object]) -> None:
    """Let one buy hours of a provider, and the two pass them to each other just below the best ask."""
    start = day_of(hour_of(now))[1] + 15  # an afternoon hour of tomorrow
    usual_fen = market_price_fen(*WASH_MARKET, start)
    seller, buyer = WASH_PAIR
    _place(stage, [_hourly(stage, WASH_MARKET, seller, start, usual_fen * 1.4)], now, match)
    site_id = (
        Holding.objects.filter(participant_id=stage.participants[seller], hour=start, capacity__gt=0)
        .values_list("site_id", flat=True)
        .first()
    )
    for price_fen in (usual_fen * 0.94, usual_fen * 0.93):
        if site_id is None:
            return
        ask = _hourly(stage, WASH_MARKET, seller, start, price_fen, side=Side.ASK, site_id=site_id)
        bid = _hourly(stage, WASH_MARKET, buyer, start, price_fen)
        _place(stage, [ask, bid], now, match)
        seller, buyer = buyer, seller


def _spoof(stage: Stage, now: datetime, match: Callable[[], object]) -> None:
    start = hour_of(now) + 6
    low_fen = market_price_fen(*SPOOF_MARKET, start) * 0.6
    bids = [
        _hourly(stage, SPOOF_MARKET, SPOOFER, start, low_fen + step, SPOOF_QUANTITY, SPOOF_HOURS)
        for step in range(0, SPOOF_ORDERS * 10, 10)
    ]
    placed = _place(stage, bids, now, match)
    cancel_orders(participant_id=stage.participants[SPOOFER], order_ids=placed, now=now + LIVED)
    match()


def _place(stage: Stage, requests: list[OrderRequest], now: datetime, match: Callable[[], object]) -> list[int]:
    placed = place_orders(requests=requests, now=now)
    match()
    clear(now=now)
    return [verdict for verdict in placed if isinstance(verdict, int)]


def _hourly(
    stage: Stage,
    market: tuple[str, str],
    who: str,
    start: int,
    price_fen: float,
    quantity: int = WASH_QUANTITY,
    hours: int = WASH_HOURS,
    *,
    side: Side = Side.BID,
    site_id: int | None = None,
) -> OrderRequest:
    return OrderRequest(
        participant_id=stage.participants[who],
        market_id=stage.markets[market],
        side=side,
        kind=Kind.HOURLY,
        start=start,
        hours=hours,
        quantity=quantity,
        price_fen=rounded_fen(price_fen),
        site_id=site_id,
    )
