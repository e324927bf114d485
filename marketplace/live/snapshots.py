"""Where a market stands at one of its numbers: books, what has traded by contract, and the newest trades."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from marketplace.live.encoding import book_body, encoded
from matching.book import CurvePoint, MarketBooks, books_of_market, numbered_price_curve
from matching.hours import first_open_hour
from matching.models import Market, Trade

HOURS_DEFAULT = 72
TRADES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A message, and the number of the last event that is in it."""

    number: int
    message: str


def read_snapshot(market: Market, start: int | None, hours: int | None) -> Snapshot:
    """Read the contracts in `[start, start + hours)`, by default the next 72 hours that trade, all at one number."""
    first = first_open_hour(market, timezone.now()) if start is None else start
    end = first + (HOURS_DEFAULT if hours is None else hours)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        books = books_of_market(market_id=market.pk, start=first, end=end)
        _number, curve = numbered_price_curve(market_id=market.pk, start=first, end=end)
        trades = list(Trade.objects.filter(market_id=market.pk).order_by("-id")[:TRADES_SHOWN])
    return Snapshot(books.number, encoded(_body(market, first, end, books, curve, trades)))


def _body(
    market: Market, start: int, end: int, books: MarketBooks, curve: list[CurvePoint], trades: list[Trade]
) -> dict[str, object]:
    return {
        "type": "snapshot",
        "market": market.symbol,
        "number": books.number,
        "start": start,
        "end": end,
        "closed_until": books.closed_until,
        "books": [book_body(book) for book in books.books],
        "contracts": [
            {"hour": p.hour, "last_price_fen": p.last_price_fen, "volume": p.volume, "value_fen": p.value_fen}
            for p in curve
            if p.volume
        ],
        "trades": [
            {
                "trade_id": trade.pk,
                "at": trade.traded_at.isoformat(),
                "side": "bid" if trade.taker_side == 1 else "ask",
                "hour": trade.start,
                "hours": trade.hours,
                "quantity": trade.quantity,
                "price_fen": trade.price_fen,
            }
            for trade in trades
        ],
    }
