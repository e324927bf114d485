"""How matching stands: which link groups have a matcher, and what waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

STANDING = """
    SELECT g.link_group, g.markets, h.name, coalesce(l.sequence, 0), coalesce(w.waiting, 0), w.oldest_at,
           l.failing_since, coalesce(l.error, '')
    FROM (SELECT link_group, count(*) AS markets FROM matching_market GROUP BY link_group) g
    LEFT JOIN matching_lease l ON l.link_group = g.link_group
    LEFT JOIN matching_leaseholder h ON h.id = l.holder_id AND h.expires_at > clock_timestamp()
    LEFT JOIN (
        SELECT m.link_group, count(*) AS waiting, min(c.at) AS oldest_at
        FROM matching_command c JOIN matching_market m ON m.id = c.market_id
        WHERE c.sequence IS NULL GROUP BY m.link_group
    ) w ON w.link_group = g.link_group
    ORDER BY g.link_group
"""


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """One link group: its matcher, None where it has none alive, and its part of the inbox."""

    link_group: str
    markets: int
    matcher: str | None
    sequence: int
    waiting: int  # commands in the inbox
    oldest_at: datetime | None  # when the first of them was accepted
    failing_since: datetime | None  # from when on its matcher has not been able to play it
    error: str  # why not, for operators

    @property
    def is_matching(self) -> bool:
        """Whether it has a matcher that can play it."""
        return self.matcher is not None and self.failing_since is None

    def lag_s(self, now: datetime) -> float:
        """Seconds since the oldest command still waiting was accepted; 0 where none waits."""
        return 0.0 if self.oldest_at is None else max(0.0, (now - self.oldest_at).total_seconds())


def read_standing() -> list[GroupStanding]:
    """Return how each link group stands, by name, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING)
        return [GroupStanding(*row) for row in cursor.fetchall()]
