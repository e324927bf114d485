"""Below the heat map: how much capacity is in use, each class's index by day, and the markets that moved most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localtime

from marketplace.web.figures import ClassFigures, Traded, sparkline
from marketplace.web.public.history import Interval, class_history
from marketplace.web.public.use import ClassUse, use_by_class, use_of_all
from marketplace.web.templatetags.hours import date_text, day_text, local, span_text
from matching.models import ComputeClass, Market

INDEX_SPAN = timedelta(days=35)
MINUTES_A_DAY = 1440
MOVED_SHOWN = 6
HOURS_A_POINT = 6


@dataclass(frozen=True, slots=True)
class UseCard:
    """The card of capacity in use, all classes together."""

    use: ClassUse
    traded: Traded
    sparkline: str

    @property
    def volume_change(self) -> float | None:
        """Accelerator-hours traded in the last 24 hours against the 24 before."""
        return self.traded.day / self.traded.day_before - 1 if self.traded.day_before else None


@dataclass(frozen=True, slots=True)
class Moved:
    """One market's 24-hour average against the day before."""

    market: Market
    traded: Traded


def overview_panels(
    *, markets: Sequence[Market], traded: dict[int, Traded], cards: Sequence[ClassFigures], now: datetime
) -> dict[str, Any]:
    """Context of the card and the three panels; one statement, and two more once an hour."""
    uses = use_by_class(now=now)
    classes = [card.compute_class for card in cards]
    history = class_history(class_ids=[c.pk for c in classes], minutes=MINUTES_A_DAY, since=now - INDEX_SPAN)
    return {
        "use_card": _use_card(uses, traded, now),
        "use_json": _use_data(uses, classes),
        "index_json": _index_data(history, classes),
        "series": classes,
        "moved": moved_most(markets, traded),
    }


def moved_most(markets: Sequence[Market], traded: dict[int, Traded]) -> list[Moved]:
    """The markets whose 24-hour average differs most from the day before, the largest change first."""
    moved = [Moved(market, traded[market.pk]) for market in markets if market.pk in traded]
    moved = [row for row in moved if row.traded.change_on_day_before is not None]
    moved.sort(key=lambda row: -abs(row.traded.change_on_day_before or 0))
    return moved[:MOVED_SHOWN]


def _use_card(uses: dict[int, ClassUse], traded: dict[int, Traded], now: datetime) -> UseCard:
    use = use_of_all(uses, now=now)
    total = Traded()
    for one in traded.values():
        total.add(one)
    return UseCard(use, total, sparkline(use.sold, width=120, height=32))


def _use_data(uses: dict[int, ClassUse], classes: Sequence[ComputeClass]) -> dict[str, Any]:
    shown = [(c, uses[c.pk]) for c in classes if c.pk in uses]
    start, hours = (shown[0][1].start, len(shown[0][1].sold)) if shown else (0, 0)
    points = range(start, start + hours, HOURS_A_POINT)
    return {
        "unit": "%",
        "times": [span_text(hour, HOURS_A_POINT) for hour in points],
        "days": [day_text(local(hour)) for hour in points],
        "series": [_series(c, _means(use.shares)) for c, use in shown],
    }


def _means(shares: Sequence[float]) -> list[float]:
    """Percent, a mean of every few hours, so that days can be told from each other."""
    return [
        round(100 * sum(shares[i : i + HOURS_A_POINT]) / len(shares[i : i + HOURS_A_POINT]), 1)
        for i in range(0, len(shares), HOURS_A_POINT)
    ]


def _index_data(history: dict[int, list[Interval]], classes: Sequence[ComputeClass]) -> dict[str, Any]:
    days = sorted({interval.starts_at for intervals in history.values() for interval in intervals})
    by_class = {class_id: {i.starts_at: i.index_fen for i in intervals} for class_id, intervals in history.items()}
    names = [date_text(localtime(day)) for day in days]
    return {
        "unit": "¥",
        "times": names,
        "days": names,
        "series": [_series(c, [_yuan(by_class.get(c.pk, {}).get(day)) for day in days]) for c in classes],
    }


def _series(compute_class: ComputeClass, values: list[float | None] | list[float]) -> dict[str, Any]:
    colour = f"c{(compute_class.position - 1) % 6 + 1}"
    return {"name": compute_class.slug, "colour": colour, "values": values}


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100
