"""The public read side of the books: levels, the price curve by delivery hour, the cheapest asks; no participant is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

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
class MarketBooks:
    """The books of a market's contracts in a span of hours, as they stand after its public event `number`.

    Books with later LEVEL events put in (`matching/market_data/reading.py`) are the books at the last of them. Contracts before
    `closed_until` trade no more; one in which nothing rests has no book here.
    """

    number: int
    closed_until: int
    books: tuple[ContractBook, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One delivery hour of a market: its book at a glance and what has traded; prices in fen, quantities in accelerators."""

    hour: int
    best_bid_fen: int | None
    best_bid_quantity: int | None
    best_ask_fen: int | None
    best_ask_quantity: int | None
    bid_quantity: int  # shown in the book, at any price
    ask_quantity: int
    open_fen: int | None
    high_fen: int | None
    low_fen: int | None
    last_price_fen: int | None
    last_traded_at: datetime | None
    volume: int  # accelerators traded for this hour
    value_fen: int
    trades: int

    @property
    def vwap_fen(self) -> int | None:
        """Volume-weighted average price, rounded half up."""
        return (2 * self.value_fen + self.volume) // (2 * self.volume) if self.volume else None


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


BOOKS = """
    SELECT coalesce(n.number, 0), m.closed_until, l.hour, l.side, l.price_fen, l.quantity, l.orders
    FROM matching_market m
    LEFT JOIN matching_eventnumber n ON n.market_id = m.id
    LEFT JOIN matching_booklevel l ON l.market_id = m.id AND l.hour >= %(start)s AND l.hour < %(end)s
    WHERE m.id = %(market)s
    ORDER BY l.hour, l.side, l.side * l.price_fen DESC
"""


def books_of_market(*, market_id: int, start: int, end: int) -> MarketBooks:
    """Return all levels of a market's contracts in `[start, end)` with the number at which they stand; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKS, {"market": market_id, "start": start, "end": end})
        rows = cursor.fetchall()
    sides: dict[int, dict[int, list[Level]]] = {}
    for _number, _closed_until, hour, side, *level in rows:
        if hour is not None:
            sides.setdefault(hour, {Side.BID: [], Side.ASK: []})[side].append(Level(*level))
    books = [ContractBook(market_id, hour, tuple(of[Side.BID]), tuple(of[Side.ASK])) for hour, of in sides.items()]
    return MarketBooks(number=rows[0][0], closed_until=rows[0][1], books=tuple(books))


PRICE_CURVE = """
    SELECT coalesce((SELECT number FROM matching_eventnumber WHERE market_id = %(market)s), 0), hours.hour, best_bid_fen, best_bid_quantity, best_ask_fen, best_ask_quantity, coalesce(bid_quantity, 0),
           coalesce(ask_quantity, 0), open_fen, high_fen, low_fen, last_price_fen, last_traded_at, coalesce(volume, 0),
           coalesce(value_fen, 0), coalesce(trades, 0)
    FROM generate_series(%(start)s, %(end)s - 1) AS hours (hour)
    LEFT JOIN matching_contract c ON c.market_id = %(market)s AND c.hour = hours.hour
    ORDER BY hours.hour
"""


def numbered_price_curve(*, market_id: int, start: int, end: int) -> tuple[int, list[CurvePoint]]:
    """Return the number of the market's last public event, and a point for every hour of `[start, end)` as it stands then."""
    with connection.cursor() as cursor:
        cursor.execute(PRICE_CURVE, {"market": market_id, "start": start, "end": end})
        rows = cursor.fetchall()
    return rows[0][0] if rows else 0, [CurvePoint(*row[1:]) for row in rows]


def price_curve(*, market_id: int, start: int, end: int) -> list[CurvePoint]:
    """Return a point for every hour of `[start, end)`, also where nothing is offered and nothing has traded."""
    return numbered_price_curve(market_id=market_id, start=start, end=end)[1]


BEST_ASKS = """
    SELECT market_id, hour, best_ask_fen, best_ask_quantity, ask_quantity
    FROM matching_contract
    WHERE best_ask_fen IS NOT NULL AND hour >= %(start)s AND hour < %(end)s
      AND (%(markets)s::int[] IS NULL OR market_id = ANY(%(markets)s))
    ORDER BY market_id, hour
"""


def best_asks(*, start: int, end: int, market_ids: Sequence[int] | None = None) -> list[BestAsk]:
    """Return the cheapest ask of every contract in `[start, end)` that has one, by market and hour; all markets by default."""
    markets = None if market_ids is None else list(market_ids)
    with connection.cursor() as cursor:
        cursor.execute(BEST_ASKS, {"start": start, "end": end, "markets": markets})
        return [BestAsk(*row) for row in cursor.fetchall()]


TRADED_AVERAGES = """
    SELECT market_id, hour, ((2 * value_fen + volume) / (2 * volume))::int
    FROM matching_contract WHERE volume > 0 AND hour >= %(start)s AND hour < %(end)s
"""


def traded_averages(*, start: int, end: int) -> dict[tuple[int, int], int]:
    """Return the volume-weighted average price, in fen rounded half up, of every contract in `[start, end)` that has traded, by market and hour."""
    with connection.cursor() as cursor:
        cursor.execute(TRADED_AVERAGES, {"start": start, "end": end})
        return {(market_id, hour): price_fen for market_id, hour, price_fen in cursor.fetchall()}
