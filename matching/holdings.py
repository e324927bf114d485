"""The read side of holdings: what a participant may use or sell, where and when."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from matching.engine.bounds import HOURS_MAX
from matching.models import Site


@dataclass(frozen=True, slots=True)
class HoldingSpan:
    """Consecutive hours `[start, end)` at one site in which a participant's numbers are the same, in accelerators."""

    site: Site  # with its market loaded
    start: int
    end: int
    capacity: int  # a provider's installed accelerators, a buyer's purchases
    committed: int  # in open asks or sold
    sold: int
    out_of_service: int = 0  # of the capacity; a provider's maintenance

    @property
    def hours(self) -> int:
        """How many hours it spans."""
        return self.end - self.start

    @property
    def offered(self) -> int:
        """Accelerators in open asks."""
        return self.committed - self.sold

    @property
    def free(self) -> int:
        """Accelerators neither sold, offered nor out of service."""
        return max(self.capacity - self.out_of_service - self.committed, 0)

    @property
    def usable(self) -> int:
        """Accelerators that are the participant's to use: not sold to another."""
        return self.capacity - self.sold


# Hours in a row keep hour - row_number constant, so that each run of equal numbers is one group. In a closed hour all that is
# committed has been sold: its trades may be in the archive.
HOLDING_SPANS = """
    WITH sold AS (
        SELECT t.site_id, span.hour, sum(t.quantity) AS quantity
        FROM matching_trade t
        CROSS JOIN generate_series(greatest(t.start, %(start)s), least(t.start + t.hours, %(end)s) - 1) AS span (hour)
        WHERE t.seller_id = %(participant)s AND t.start < %(end)s AND t.start > %(start)s - %(hours_max)s
        GROUP BY t.site_id, span.hour
    ), held AS (
        SELECT h.site_id, h.hour, h.capacity, h.committed,
               CASE WHEN h.hour < m.closed_until THEN h.committed ELSE coalesce(sold.quantity, 0) END::bigint AS sold,
               h.out_of_service
        FROM matching_holding h
        JOIN matching_site s ON s.id = h.site_id JOIN matching_market m ON m.id = s.market_id
        LEFT JOIN sold ON sold.site_id = h.site_id AND sold.hour = h.hour
        WHERE h.participant_id = %(participant)s AND h.hour >= %(start)s AND h.hour < %(end)s
          AND (h.capacity > 0 OR h.committed > 0)
    ), runs AS (
        SELECT *, hour - row_number() OVER (PARTITION BY site_id, capacity, committed, sold, out_of_service ORDER BY hour) AS run
        FROM held
    )
    SELECT site_id, min(hour), max(hour) + 1, capacity, committed, sold, out_of_service
    FROM runs
    GROUP BY site_id, capacity, committed, sold, out_of_service, run
    ORDER BY min(hour), site_id, capacity
"""


def holdings_of(*, participant_id: int, start: int, end: int) -> list[HoldingSpan]:
    """Return a participant's holdings in the hours `[start, end)`, by first hour and site; two statements."""
    values = {"participant": participant_id, "start": start, "end": end, "hours_max": HOURS_MAX}
    with connection.cursor() as cursor:
        cursor.execute(HOLDING_SPANS, values)
        rows = cursor.fetchall()
    sites = Site.objects.select_related("market__compute_class", "market__hub", "provider").order_by()
    by_id = sites.in_bulk({row[0] for row in rows})
    return [HoldingSpan(by_id[row[0]], *row[1:]) for row in rows]
