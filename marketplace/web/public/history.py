"""What compute classes have traded at over time, from the candles of all their markets.

The index of a class is the volume-weighted average price of every trade of the class in an interval of trading time,
whatever hub and delivery hour was bought, in fen rounded half up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from marketplace.web.figures import average_fen

INTERVALS = """
    SELECT m.compute_class_id, c.starts_at, sum(c.volume)::bigint, sum(c.value_fen)::bigint, min(c.low_fen), max(c.high_fen)
    FROM matching_market m
    JOIN matching_candle c ON c.market_id = m.id
    WHERE c.minutes = %(minutes)s AND c.starts_at >= %(since)s AND m.compute_class_id = ANY(%(classes)s)
    GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Interval:
    """What a class traded in one interval; one without trades does not exist."""

    starts_at: datetime
    volume: int  # accelerator-hours
    value_fen: int
    low_fen: int
    high_fen: int

    @property
    def index_fen(self) -> int | None:
        """The volume-weighted average price."""
        return average_fen(self.value_fen, self.volume)


def class_history(*, class_ids: list[int], minutes: int, since: datetime) -> dict[int, list[Interval]]:
    """Intervals of 5, 60 or 1,440 minutes from `since` on, oldest first, by class id; one statement."""
    found: dict[int, list[Interval]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(INTERVALS, {"classes": class_ids, "minutes": minutes, "since": since})
        for class_id, *values in cursor:
            found[class_id].append(Interval(*values))
    return found
