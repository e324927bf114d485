"""The public read side of the books: levels, the price curve by delivery hour, the cheapest asks; no participant is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from matching.engine.bounds import HOURS_MAX
from matching.engine.dtypes import Side
from matching.models import BookLevel


@dataclass(frozen=True, slots=True)
class Level:
    """One price of one side: open accelerators and how many orders they come from."""

    price_fen: int
    quantity: int
    orders: int


@dataclass(frozen=True, slots=True)
class ContractBook:
    """The book of one contract, each side best first."""

    market_id: int
    hour: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    @property
    def best_bid_fen(self) -> int | None:
        """The highest bid."""
        return self.bids[0].price_fen if self.bids else None

    @property
    def best_ask_fen(self) -> int | None:
        """The lowest ask."""
        return self.asks[0].price_fen if self.asks else None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One delivery hour of a market: its book at a glance and what has traded; prices in fen, quantities in accelerators."""

    hour: int
    best_bid_fen: int | None
    best_ask_fen: int | None
    bid_quantity: int  # open in the book, at any price
    ask_quantity: int
    last_price_fen: int | None
    last_traded_at: datetime | None
    vwap_fen: int | None  # volume-weighted average price, rounded half up
    volume: int  # accelerators traded for this hour


@dataclass(frozen=True, slots=True)
class BestAsk:
    """The cheapest offer of one contract, and how much is on offer at it and in all."""

    market_id: int
    hour: int
    price_fen: int
    quantity: int
    ask_quantity: int


def book_of_contract(*, market_id: int, hour: int, depth: int = 20) -> ContractBook:
    """Return the `depth` best levels of each side of one contract."""

    def levels(side: Side) -> tuple[Level, ...]:
        rows = BookLevel.objects.filter(market_id=market_id, hour=hour, side=side)
        rows = rows.order_by("-price_fen" if side == Side.BID else "price_fen")[:depth]
        return tuple(Level(*row) for row in rows.values_list("price_fen", "quantity", "orders"))

    return ContractBook(market_id, hour, bids=levels(Side.BID), asks=levels(Side.ASK))


PRICE_CURVE = """
    WITH level AS (
        SELECT hour,
               max(price_fen) FILTER (WHERE side = 1) AS best_bid_fen,
               min(price_fen) FILTER (WHERE side = -1) AS best_ask_fen,
               coalesce(sum(quantity) FILTER (WHERE side = 1), 0) AS bid_quantity,
               coalesce(sum(quantity) FILTER (WHERE side = -1), 0) AS ask_quantity
        FROM matching_booklevel
        WHERE market_id = %(market)s AND hour >= %(start)s AND hour < %(end)s
        GROUP BY hour
    ), traded AS (
        SELECT span.hour,
               (array_agg(t.price_fen ORDER BY t.id DESC))[1] AS last_price_fen,
               max(t.traded_at) AS last_traded_at,
               (2 * sum(t.price_fen::bigint * t.quantity) + sum(t.quantity)) / (2 * sum(t.quantity)) AS vwap_fen,
               sum(t.quantity) AS volume
        FROM matching_trade t
        CROSS JOIN generate_series(greatest(t.start, %(start)s), least(t.start + t.hours, %(end)s) - 1) AS span (hour)
        WHERE t.market_id = %(market)s AND t.start < %(end)s AND t.start > %(start)s - %(hours_max)s
        GROUP BY span.hour
    )
    SELECT hour, best_bid_fen, best_ask_fen, coalesce(bid_quantity, 0)::bigint, coalesce(ask_quantity, 0)::bigint,
           last_price_fen, last_traded_at, vwap_fen::bigint, coalesce(volume, 0)::bigint
    FROM generate_series(%(start)s, %(end)s - 1) AS hours (hour)
    LEFT JOIN level USING (hour)
    LEFT JOIN traded USING (hour)
    ORDER BY hour
"""


def price_curve(*, market_id: int, start: int, end: int) -> list[CurvePoint]:
    """Return a point for every hour of `[start, end)`, also where nothing is offered and nothing has traded."""
    values = {"market": market_id, "start": start, "end": end, "hours_max": HOURS_MAX}
    with connection.cursor() as cursor:
        cursor.execute(PRICE_CURVE, values)
        return [CurvePoint(*row) for row in cursor.fetchall()]


BEST_ASKS = """
    SELECT DISTINCT ON (market_id, hour) market_id, hour, price_fen, quantity,
           sum(quantity) OVER (PARTITION BY market_id, hour)
    FROM matching_booklevel
    WHERE side = -1 AND hour >= %(start)s AND hour < %(end)s
      AND (%(markets)s::int[] IS NULL OR market_id = ANY(%(markets)s))
    ORDER BY market_id, hour, price_fen
"""


def best_asks(*, start: int, end: int, market_ids: Sequence[int] | None = None) -> list[BestAsk]:
    """Return the cheapest ask of every contract in `[start, end)` that has one, by market and hour; all markets by default."""
    markets = None if market_ids is None else list(market_ids)
    with connection.cursor() as cursor:
        cursor.execute(BEST_ASKS, {"start": start, "end": end, "markets": markets})
        return [BestAsk(*row) for row in cursor.fetchall()]
