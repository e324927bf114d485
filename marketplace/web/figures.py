"""What the market pages say of prices: averages, volumes, best asks, and how a price compares.

Every function is a fixed number of statements, however many rows there are. VWAP is the volume-weighted average price of
the trades made in a span of time, whatever hours they deliver, in fen rounded half up. Spans are of whole candles: days to
five minutes, the week to the hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from matching.book import BestAsk, best_asks
from matching.hours import first_open_hour
from matching.models import ComputeClass, Market, Site

HEAT_STEPS = (-0.40, -0.20, -0.07, 0.07, 0.20, 0.40)
"""Shares of the market's 7-day VWAP at which the heat map's colour changes."""

TFLOPS_A_PFLOPS = 1000
SPARKLINE_POINTS = 28  # more cannot be told apart in the width of a card

TRADED = """
    SELECT market_id,
           sum(volume) FILTER (WHERE minutes = 5 AND starts_at > %(day)s),
           sum(value_fen) FILTER (WHERE minutes = 5 AND starts_at > %(day)s),
           sum(volume) FILTER (WHERE minutes = 5 AND starts_at <= %(day)s),
           sum(value_fen) FILTER (WHERE minutes = 5 AND starts_at <= %(day)s),
           sum(volume) FILTER (WHERE minutes = 60),
           sum(value_fen) FILTER (WHERE minutes = 60)
    FROM matching_candle
    WHERE starts_at <= %(now)s
      AND (minutes = 5 AND starts_at > %(day_before)s OR minutes = 60 AND starts_at > %(week)s)
    GROUP BY market_id
"""

HOURLY_VWAP = """
    SELECT m.compute_class_id, c.starts_at, (sum(c.value_fen) / sum(c.volume))::int
    FROM matching_candle c JOIN matching_market m ON m.id = c.market_id
    WHERE c.minutes = 60 AND c.starts_at > %(since)s AND c.starts_at <= %(now)s
    GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(slots=True)
class Traded:
    """Accelerator-hours and value in fen of three spans: the last day, the day before it, the last seven days."""

    day: int = 0
    day_value_fen: int = 0
    day_before: int = 0
    day_before_value_fen: int = 0
    week: int = 0
    week_value_fen: int = 0

    def add(self, other: Traded) -> None:
        """Add another market's."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def vwap_day_fen(self) -> int | None:
        """VWAP of the last 24 hours."""
        return average_fen(self.day_value_fen, self.day)

    @property
    def vwap_week_fen(self) -> int | None:
        """VWAP of the last seven days."""
        return average_fen(self.week_value_fen, self.week)

    @property
    def change_on_day_before(self) -> float | None:
        """The 24 h VWAP against the one of the 24 hours before."""
        return share_above(self.vwap_day_fen, average_fen(self.day_before_value_fen, self.day_before))

    @property
    def change_on_week(self) -> float | None:
        """The 24 h VWAP against the 7-day one."""
        return share_above(self.vwap_day_fen, self.vwap_week_fen)


@dataclass(slots=True)
class ClassFigures:
    """One compute class over all its markets, for its card."""

    compute_class: ComputeClass
    traded: Traded = field(default_factory=Traded)
    best_ask_fen: int | None = None  # of the first hour that still trades
    lowest: BestAsk | None = None  # within the horizon of the cards
    lowest_market: Market | None = None
    sites: int = 0
    history_fen: tuple[int, ...] = ()  # hourly VWAP, oldest first

    @property
    def sparkline(self) -> str:
        """The history as points of a 120 x 32 polyline, or empty with fewer than two."""
        return sparkline(self.history_fen, width=120, height=32)


def average_fen(value_fen: int, quantity: int) -> int | None:
    """Value over quantity, rounded half up; None where nothing traded."""
    return (2 * value_fen + quantity) // (2 * quantity) if quantity else None


def per_pflops_hour(compute_class: ComputeClass, price_fen: int | None) -> int | None:
    """What an hour of one PFLOPS (dense BF16) costs at a price an accelerator-hour, in fen rounded half up."""
    tflops = compute_class.bf16_tflops
    return None if price_fen is None or not tflops else (2 * price_fen * TFLOPS_A_PFLOPS + tflops) // (2 * tflops)


def share_above(value: int | None, base: int | None) -> float | None:
    """How far `value` lies above `base`: 0.1 is 10 % more; None where either is missing."""
    return None if value is None or not base else value / base - 1


def heat_step(price_fen: int, usual_fen: int | None) -> int:
    """The heat map's colour, 1 (cheap) to 7 (dear) against the usual price; 4 where there is none yet."""
    share = share_above(price_fen, usual_fen)
    return 4 if share is None else 1 + sum(share > step for step in HEAT_STEPS)


def traded_by_market(*, now: datetime) -> dict[int, Traded]:
    """What each market has traded lately; markets without trades are missing. One statement."""
    spans = {
        "now": now,
        "day": now - timedelta(days=1),
        "day_before": now - timedelta(days=2),
        "week": now - timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(TRADED, spans)
        return {market_id: Traded(*(int(value or 0) for value in values)) for market_id, *values in cursor}


def class_figures(
    *, markets: Sequence[Market], traded: dict[int, Traded], asks: Iterable[BestAsk], now: datetime
) -> list[ClassFigures]:
    """A card for each compute class that has a market, in the order of `markets`; two statements."""
    by_market = {market.pk: market for market in markets}
    cards: dict[int, ClassFigures] = {}
    for market in markets:
        card = cards.setdefault(market.compute_class_id, ClassFigures(market.compute_class))
        card.traded.add(traded.get(market.pk, Traded()))
    for ask in asks:
        market = by_market[ask.market_id]
        _count_ask(cards[market.compute_class_id], ask, market, now)
    sites = Site.objects.order_by().values_list("market__compute_class_id").annotate(Count("id"))
    for class_id, count in sites:
        if class_id in cards:
            cards[class_id].sites = count
    for class_id, history in _hourly_vwap(now).items():
        if class_id in cards:
            cards[class_id].history_fen = tuple(history)
    return list(cards.values())


def upcoming_best_asks(*, markets: Sequence[Market], hours: int, now: datetime) -> list[BestAsk]:
    """The best ask of every contract of the next `hours` that still trade; one statement."""
    if not markets:
        return []
    start = min(first_open_hour(market, now) for market in markets)
    by_id = {market.pk: market for market in markets}
    found = best_asks(start=start, end=start + hours, market_ids=list(by_id))
    return [ask for ask in found if ask.hour >= first_open_hour(by_id[ask.market_id], now)]


def sparkline(values: Sequence[int], *, width: int, height: int) -> str:
    """Points of an SVG polyline through `values`, or means of some of them where they are many, 2 units away from the edges."""
    if len(values) < 2:
        return ""
    size = -(-len(values) // SPARKLINE_POINTS)
    parts = [values[i : i + size] for i in range(0, len(values), size)]
    means = [sum(part) / len(part) for part in parts]
    low, high = min(means), max(means)
    step = (width - 4) / (len(means) - 1)
    scale = (height - 4) / ((high - low) or 1)
    return " ".join(f"{2 + i * step:.1f},{height - 2 - (mean - low) * scale:.1f}" for i, mean in enumerate(means))


def _count_ask(card: ClassFigures, ask: BestAsk, market: Market, now: datetime) -> None:
    if ask.hour == first_open_hour(market, now):
        card.best_ask_fen = min(ask.price_fen, card.best_ask_fen or ask.price_fen)
    if card.lowest is None or ask.price_fen < card.lowest.price_fen:
        card.lowest, card.lowest_market = ask, market


def _hourly_vwap(now: datetime) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(HOURLY_VWAP, {"since": now - timedelta(days=3), "now": now})
        for class_id, _hour, price_fen in cursor:
            found[class_id].append(price_fen)
    return found
