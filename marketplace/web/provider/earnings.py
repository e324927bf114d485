"""What a provider has earned: by day and class, this period and the last, owed and still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, F, Sum
from django.db.models.functions import Cast

from billing.models import Obligation
from billing.period import HOURS_A_DAY, HOURS_A_PERIOD, day_of, period_of
from billing.reports import SettlementFilters, daily_values
from billing.reports.earnings import earnings_by_period
from billing.reports.summary import DailyValue
from marketplace.web.wallet_figures import balance_of
from matching.hours import hour_of
from matching.models import ComputeClass

CHART_DAYS = 14
SERIES_COLOURS = 6


@dataclass(frozen=True, slots=True)
class Earnings:
    """Amounts in fen, after fees, shortfalls and penalties; `days` before fees."""

    this_period_fen: int
    last_period_fen: int
    owed_fen: int
    to_deliver_fen: int  # sold, not delivered yet; before fees
    days: Sequence[DailyValue]

    @property
    def change(self) -> float | None:
        """This period against the last one, as a share."""
        return self.this_period_fen / self.last_period_fen - 1 if self.last_period_fen else None


def earnings_of(*, provider_id: int, now: datetime) -> Earnings:
    """Sum what was settled and charged, and what is sold ahead; four statements."""
    start, end = period_of(hour_of(now))
    weeks = {
        row.start: row.net_fen
        for row in earnings_by_period(provider_id=provider_id, start=start - HOURS_A_PERIOD, end=end)
    }
    left = F("start") + F("hours") - F("settled_until")
    value = Cast("price_fen", BigIntegerField()) * F("quantity") * left
    ahead = Obligation.objects.unsettled().filter(seller_id=provider_id).aggregate(fen=Sum(value))
    today = day_of(hour_of(now))[0]
    filters = SettlementFilters(
        seller_id=provider_id, start=today - (CHART_DAYS - 1) * HOURS_A_DAY, end=today + HOURS_A_DAY
    )
    return Earnings(
        this_period_fen=weeks.get(start, 0),
        last_period_fen=weeks.get(start - HOURS_A_PERIOD, 0),
        owed_fen=balance_of(provider_id).payable_fen,
        to_deliver_fen=ahead["fen"] or 0,
        days=daily_values(filters),
    )


def daily_chart(values: Sequence[DailyValue]) -> dict[str, Any]:
    """Days and one series a compute class in yuan, for <stacked-days-chart>; colours by the class's position."""
    if not values:
        return {"days": [], "series": []}
    first, last = min(v.day for v in values), max(v.day for v in values)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    by_key: dict[tuple[str, date], int] = {(v.compute_class, v.day): v.value_fen for v in values}
    classes = ComputeClass.objects.filter(slug__in={v.compute_class for v in values})
    return {
        "days": [day.isoformat() for day in days],
        "series": [
            {
                "name": compute_class.slug,
                "colour": f"c{(compute_class.position - 1) % SERIES_COLOURS + 1}",
                "values": [by_key.get((compute_class.slug, day), 0) / 100 for day in days],
            }
            for compute_class in classes
        ],
    }
