"""Where a replayed week lies in time: hour 0 is a Monday 00:00 in Beijing, so that the week is one invoice period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from matching.hours import hour_of

WEEK_START = datetime(2025, 11, 16, 16, tzinfo=UTC)  # Monday 2025-11-17 00:00 in Beijing
FIRST_HOUR = hour_of(WEEK_START)

_MICROSECONDS_PER_HOUR = 3_600_000_000


def moment_of_week(hours: Decimal | int) -> datetime:
    """Turn hours from the start of the week into a moment, to the microsecond below."""
    return WEEK_START + timedelta(microseconds=int((Decimal(hours) * _MICROSECONDS_PER_HOUR).__floor__()))
