"""How much of what is installed has been sold, by compute class and delivery hour that has begun.

An hour that has begun trades no more: what its provider still has committed is what it sold, so an hour's figure never
changes and is kept in the cache until the next one begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import connection

from matching.hours import hour_of

HOURS_BACK = 7 * 24
DAY_HOURS = 24
KEPT_S = 3600

SOLD = """
    SELECT m.compute_class_id, h.hour, sum(h.committed)::bigint
    FROM matching_site s
    JOIN matching_market m ON m.id = s.market_id
    JOIN matching_holding h ON h.site_id = s.id AND h.participant_id = s.provider_id
    WHERE h.hour >= %(start)s AND h.hour < %(end)s
    GROUP BY 1, 2
"""
INSTALLED = """
    SELECT m.compute_class_id, sum(s.accelerators)::bigint
    FROM matching_site s JOIN matching_market m ON m.id = s.market_id GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class ClassUse:
    """Accelerators of one class: installed now, and sold in each hour of `[start, start + HOURS_BACK)`."""

    installed: int
    start: int  # delivery hour
    sold: tuple[int, ...]

    @property
    def sold_day(self) -> int:
        """Accelerator-hours sold of the last 24 hours."""
        return sum(self.sold[-DAY_HOURS:])

    @property
    def installed_day(self) -> int:
        """Accelerator-hours that the last 24 hours had."""
        return self.installed * DAY_HOURS

    @property
    def share_day(self) -> float | None:
        """Sold of installed over the last 24 hours, 0.0 to 1.0."""
        return self.sold_day / self.installed_day if self.installed else None

    @property
    def shares(self) -> list[float]:
        """Sold of installed, hour by hour."""
        return [min(1.0, sold / self.installed) if self.installed else 0.0 for sold in self.sold]


def use_by_class(*, now: datetime) -> dict[int, ClassUse]:
    """The use of every class that has a site, by class id; two statements an hour, then none."""
    end = hour_of(now)
    key = f"use-by-class:{end}"
    found: dict[int, ClassUse] | None = cache.get(key)
    if found is None:
        found = _read(end)
        cache.set(key, found, KEPT_S)
    return found


def use_of_all(uses: dict[int, ClassUse], *, now: datetime) -> ClassUse:
    """All classes together."""
    rows = [use.sold for use in uses.values()]
    sold = tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * HOURS_BACK
    return ClassUse(sum(use.installed for use in uses.values()), hour_of(now) - HOURS_BACK, sold)


def _read(end: int) -> dict[int, ClassUse]:
    start = end - HOURS_BACK
    with connection.cursor() as cursor:
        cursor.execute(INSTALLED)
        installed = dict(cursor.fetchall())
        cursor.execute(SOLD, {"start": start, "end": end})
        sold = {class_id: [0] * HOURS_BACK for class_id in installed}
        for class_id, hour, accelerators in cursor:
            sold[class_id][hour - start] = int(accelerators)
    return {class_id: ClassUse(int(n), start, tuple(sold[class_id])) for class_id, n in installed.items()}
