"""What was due and what was delivered, hour by hour, as a provider, a holder and finance read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class DeliveryHour:
    """One site, hour and holder; quantities in accelerators, amounts in fen."""

    site_id: int
    hour: int
    holder_id: int
    held: int  # bought less resold
    reading_id: int | None  # the one that counts
    read: int | None
    source: str
    read_at: datetime | None
    is_ruling: bool
    dispute_id: int | None
    dispute_state: str
    claimed: int | None
    made_good_fen: int  # principal and penalty posted so far
    is_settled: bool

    @property
    def delivered(self) -> int:
        """What counts as delivered: in full where there is no reading."""
        return self.held if self.read is None else min(self.read, self.held)

    @property
    def short(self) -> int:
        """What is missing."""
        return self.held - self.delivered

    @property
    def is_assumed(self) -> bool:
        """Whether it counts as delivered for want of a reading."""
        return self.read is None


_HOURS = """
WITH due AS (
    SELECT site_id, hour, holder_id, sum(quantity)::integer AS held, bool_and(is_settled) AS is_settled FROM (
        SELECT o.site_id, hour, o.buyer_id AS holder_id, o.quantity, o.settled_until > hour AS is_settled
        FROM billing_obligation o JOIN matching_site s ON s.id = o.site_id
        CROSS JOIN LATERAL generate_series(greatest(o.start, %(start)s), least(o.start + o.hours, %(end)s) - 1) AS hour
        WHERE o.start < %(end)s AND o.start + o.hours > %(start)s AND {whose_bought}
        UNION ALL
        SELECT o.site_id, hour, o.seller_id, -o.quantity, true
        FROM billing_obligation o JOIN matching_site s ON s.id = o.site_id AND s.provider_id <> o.seller_id
        CROSS JOIN LATERAL generate_series(greatest(o.start, %(start)s), least(o.start + o.hours, %(end)s) - 1) AS hour
        WHERE o.start < %(end)s AND o.start + o.hours > %(start)s AND {whose_resold}
    ) AS part GROUP BY 1, 2, 3 HAVING sum(quantity) > 0
)
SELECT d.site_id, d.hour, d.holder_id, d.held, m.id, m.accelerators, coalesce(m.source, ''), m.read_at,
    coalesce(m.is_ruling, false), x.id, coalesce(x.state, ''), x.accelerators, coalesce(a.fen, 0)::bigint, d.is_settled
FROM due d
LEFT JOIN LATERAL (
    SELECT * FROM billing_meterreading r WHERE r.hour = d.hour AND r.site_id = d.site_id AND r.holder_id = d.holder_id
    ORDER BY is_ruling DESC, read_at DESC, id DESC LIMIT 1
) AS m ON true
LEFT JOIN LATERAL (
    SELECT * FROM billing_dispute q WHERE q.hour = d.hour AND q.site_id = d.site_id AND q.holder_id = d.holder_id
    ORDER BY id DESC LIMIT 1
) AS x ON true
LEFT JOIN LATERAL (
    SELECT sum(j.principal_fen + j.penalty_fen) AS fen FROM billing_adjustment j
    JOIN billing_obligation o ON o.trade_id = j.trade_id
    WHERE j.hour = d.hour AND j.kind = 'shortfall' AND o.site_id = d.site_id AND o.buyer_id = d.holder_id
) AS a ON true
ORDER BY d.hour DESC, d.site_id, d.holder_id
"""

_WHOSE = {
    "provider": ("s.provider_id = %(who)s", "s.provider_id = %(who)s"),
    "holder": ("o.buyer_id = %(who)s", "o.seller_id = %(who)s"),
}


def delivery_hours(
    *, start: int, end: int, provider_id: int | None = None, holder_id: int | None = None
) -> list[DeliveryHour]:
    """Return the hours `[start, end)` due at a provider's sites, or to a holder; latest first, by site and holder."""
    bought, resold = _WHOSE["provider" if provider_id is not None else "holder"]
    parameters: dict[str, Any] = {"start": start, "end": end, "who": holder_id if provider_id is None else provider_id}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS.format(whose_bought=bought, whose_resold=resold), parameters)
        return [DeliveryHour(*row) for row in cursor.fetchall()]
