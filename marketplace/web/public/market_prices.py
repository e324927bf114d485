"""Markets side by side in a table: what each asks now, its lowest hour, and what it has traded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, Sum

from marketplace.web.figures import Traded, traded_by_market, upcoming_best_asks
from matching.book import BestAsk
from matching.hours import first_open_hour
from matching.models import Market

HOURS_AHEAD = 48


@dataclass(slots=True)
class MarketPrices:
    """One market's row."""

    market: Market
    sites: int
    accelerators: int  # installed
    traded: Traded = field(default_factory=Traded)
    first: BestAsk | None = None  # of the first hour that still trades
    lowest: BestAsk | None = None  # within the next 48 hours

    def see(self, ask: BestAsk, *, now: datetime) -> None:
        """Count one of its asks."""
        if ask.hour == first_open_hour(self.market, now):
            self.first = ask
        if self.lowest is None or ask.price_fen < self.lowest.price_fen:
            self.lowest = ask


def market_prices(condition: Q, *, now: datetime) -> list[MarketPrices]:
    """Rows of the markets that `condition` selects, in the order of classes and hubs; three statements."""
    markets = (
        Market.objects.filter(condition)
        .select_related("compute_class", "hub")
        .annotate(site_count=Count("sites"), installed=Sum("sites__accelerators", default=0))
        .order_by("compute_class__position", "hub__position")  # a query that groups forgets its model's order
    )
    rows = {market.pk: MarketPrices(market, market.site_count, market.installed) for market in markets}
    traded = traded_by_market(now=now)
    for market_id, row in rows.items():
        row.traded = traded.get(market_id, row.traded)
    for ask in upcoming_best_asks(markets=[row.market for row in rows.values()], hours=HOURS_AHEAD, now=now):
        rows[ask.market_id].see(ask, now=now)
    return list(rows.values())


def total_traded(rows: list[MarketPrices]) -> Traded:
    """All rows together."""
    total = Traded()
    for row in rows:
        total.add(row.traded)
    return total


def lowest_of(rows: list[MarketPrices]) -> MarketPrices | None:
    """The row with the lowest ask of the next 48 hours."""
    asked = [row for row in rows if row.lowest]
    return min(asked, key=lambda row: row.lowest.price_fen if row.lowest else 0, default=None)


def best_now(rows: list[MarketPrices]) -> MarketPrices | None:
    """The row with the lowest ask of the first hour that still trades."""
    asked = [row for row in rows if row.first]
    return min(asked, key=lambda row: row.first.price_fen if row.first else 0, default=None)
