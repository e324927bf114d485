"""Where a replayed week lies in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from matching.hours import hour_of

_MICROSECONDS_AN_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """Puts hour 0 of a week at `start`: Monday 00:00 in Beijing, so that the week is one invoice period."""

    start: datetime = datetime(2025, 11, 16, 16, tzinfo=UTC)

    @property
    def first_hour(self) -> int:
        """The delivery hour of the week's hour 0."""
        return hour_of(self.start)

    def moment(self, hours: Decimal | int) -> datetime:
        """Turn hours from the start of the week into a moment, to the microsecond below."""
        return self.start + timedelta(microseconds=math.floor(Decimal(hours) * _MICROSECONDS_AN_HOUR))
