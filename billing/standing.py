"""How clearing stands: what the matchers have done that is not yet money owed, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

COUNTED_MAX = 100_000
"""A market's commands are counted up to here, so that looking at a long lag costs no more than at one that is long enough."""

# By the index of (market, sequence), from each market's cursor on.
STANDING = """
    SELECT coalesce(sum(unread.commands), 0)::bigint, min(unread.oldest_at)
    FROM matching_market m LEFT JOIN billing_clearingcursor c ON c.market_id = m.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS commands, min(at) AS oldest_at FROM (
            SELECT at FROM matching_command k
            WHERE k.market_id = m.id AND k.sequence > coalesce(c.sequence, 0) AND k.sequence <= m.sequence
            ORDER BY k.sequence LIMIT %s
        ) first
    ) unread
    WHERE m.sequence > coalesce(c.sequence, 0)
"""


@dataclass(frozen=True, slots=True)
class ClearingStanding:
    """Commands that have been played and not been cleared, and when the oldest of them was accepted."""

    waiting: int
    oldest_at: datetime | None

    def lag_s(self, now: datetime) -> float:
        """Seconds since the oldest uncleared command was accepted; 0 where none waits."""
        return 0.0 if self.oldest_at is None else max(0.0, (now - self.oldest_at).total_seconds())


def read_clearing_standing() -> ClearingStanding:
    """Return how far clearing is behind the matchers, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [COUNTED_MAX])
        return ClearingStanding(*cursor.fetchone())
