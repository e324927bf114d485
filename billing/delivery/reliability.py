"""A provider's reliability: what it delivered of what its sites sold, the disputes that it lost, late hand-overs.

    score = delivered / sold over 90 days - 0.10 points a dispute lost - 0.05 points a late hand-over, at least 0

Settled hours count. A hand-over is late when an hour that it covers had begun before there was any for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.models import Reliability
from billing.rounding import BPS
from matching.hours import hour_of

DAYS = (30, 90)
DISPUTE_BPS = 10
LATE_BPS = 5

_KEEP = """
WITH span AS (SELECT * FROM (VALUES (30, %(now)s - 30 * 24), (90, %(now)s - 90 * 24)) AS v (days, since)),
sold AS (
    SELECT o.seller_id AS provider_id, span.days,
        sum(greatest(least(o.settled_until, %(now)s) - greatest(o.start, span.since), 0)::bigint * o.quantity) AS sold
    FROM billing_obligation o JOIN matching_site s ON s.id = o.site_id AND s.provider_id = o.seller_id CROSS JOIN span
    WHERE o.start < %(now)s AND o.start + o.hours > span.since AND o.settled_until > o.start
    GROUP BY 1, 2
),
short AS (
    SELECT s.provider_id, span.days, sum(a.accelerators) AS short
    FROM span JOIN billing_adjustment a ON a.kind = 'shortfall' AND a.hour >= span.since AND a.hour < %(now)s
    JOIN billing_obligation o USING (trade_id) JOIN matching_site s ON s.id = o.site_id
    GROUP BY 1, 2
),
lost AS (
    SELECT s.provider_id, span.days, count(*) AS lost
    FROM span JOIN billing_dispute d ON d.state = 'upheld' AND d.hour >= span.since AND d.hour < %(now)s
    JOIN matching_site s ON s.id = d.site_id GROUP BY 1, 2
),
late AS (
    SELECT s.provider_id, span.days, count(*) AS late
    FROM span JOIN billing_accesshandover h ON h.start >= span.since AND h.start < %(now)s
        AND h.handed_over_at > to_timestamp(h.start * 3600::bigint)
    JOIN matching_site s ON s.id = h.site_id
    WHERE NOT EXISTS (
        SELECT FROM billing_accesshandover e WHERE e.holder_id = h.holder_id AND e.site_id = h.site_id AND e.id < h.id
            AND e.start <= h.start AND e.start + e.hours > h.start)
    GROUP BY 1, 2
),
figure AS (
    SELECT s.provider_id,
        coalesce(max(sold) FILTER (WHERE days = 30), 0) AS sold_30, coalesce(max(short) FILTER (WHERE days = 30), 0) AS short_30,
        coalesce(max(lost) FILTER (WHERE days = 30), 0) AS lost_30, coalesce(max(late) FILTER (WHERE days = 30), 0) AS late_30,
        coalesce(max(sold) FILTER (WHERE days = 90), 0) AS sold_90, coalesce(max(short) FILTER (WHERE days = 90), 0) AS short_90,
        coalesce(max(lost) FILTER (WHERE days = 90), 0) AS lost_90, coalesce(max(late) FILTER (WHERE days = 90), 0) AS late_90
    FROM (SELECT DISTINCT provider_id FROM matching_site) AS s CROSS JOIN span
    LEFT JOIN sold USING (provider_id, days) LEFT JOIN short USING (provider_id, days)
    LEFT JOIN lost USING (provider_id, days) LEFT JOIN late USING (provider_id, days)
    GROUP BY s.provider_id
)
INSERT INTO billing_reliability (provider_id, sold_30, short_30, disputes_lost_30, late_handovers_30,
    sold_90, short_90, disputes_lost_90, late_handovers_90, score_bps, computed_at)
SELECT provider_id, sold_30, short_30, lost_30, late_30, sold_90, short_90, lost_90, late_90,
    CASE WHEN sold_90 > 0 THEN greatest(
        floor((sold_90 - short_90)::numeric * %(bps)s / sold_90) - %(dispute)s * lost_90 - %(late)s * late_90, 0)::int END,
    %(at)s
FROM figure
ON CONFLICT (provider_id) DO UPDATE SET (sold_30, short_30, disputes_lost_30, late_handovers_30, sold_90, short_90,
    disputes_lost_90, late_handovers_90, score_bps, computed_at) = (EXCLUDED.sold_30, EXCLUDED.short_30,
    EXCLUDED.disputes_lost_30, EXCLUDED.late_handovers_30, EXCLUDED.sold_90, EXCLUDED.short_90, EXCLUDED.disputes_lost_90,
    EXCLUDED.late_handovers_90, EXCLUDED.score_bps, EXCLUDED.computed_at)
"""

_SHORT_HOURS = """
SELECT a.hour, o.site_id, o.buyer_id, sum(a.accelerators)::int FROM billing_adjustment a JOIN billing_obligation o USING (trade_id)
JOIN matching_site s ON s.id = o.site_id
WHERE s.provider_id = %s AND a.kind = 'shortfall' AND a.hour >= %s AND a.hour < %s
GROUP BY 1, 2, 3 HAVING sum(a.accelerators) > 0 ORDER BY 1 DESC, 2, 3 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class ShortHour:
    """An hour that fell short, in accelerators."""

    hour: int
    site_id: int
    holder_id: int
    accelerators: int


def keep_reliability(*, now: datetime) -> int:
    """Work out every provider's figures anew with one statement; returns how many providers there are."""
    values: dict[str, Any] = {"now": hour_of(now), "at": now, "bps": BPS, "dispute": DISPUTE_BPS, "late": LATE_BPS}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        return int(cursor.rowcount)


def reliability_of(*, provider_id: int) -> Reliability | None:
    """Return what was last worked out, None where nothing has been yet."""
    return Reliability.objects.filter(pk=provider_id).first()


def short_hours(*, provider_id: int, days: int, limit: int, now: datetime) -> list[ShortHour]:
    """Return the hours that lowered the score, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SHORT_HOURS, [provider_id, hour_of(now) - 24 * days, hour_of(now), limit])
        return [ShortHour(*row) for row in cursor.fetchall()]
