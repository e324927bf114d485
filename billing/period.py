"""Days and invoice periods in delivery hours, on Beijing's clock (UTC+8, no summer time since 1991)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "UTC+8")
HOURS_A_DAY = 24
HOURS_A_PERIOD = 7 * HOURS_A_DAY

# Hour 0 is Thursday 08:00 in Beijing: eight hours into its day, 80 into its week (Monday 00:00).
DAY_OFFSET = 8
PERIOD_OFFSET = 3 * HOURS_A_DAY + DAY_OFFSET

DAY_SQL = "((({hour}) + 8) / 24 * 24 - 8)"
"""First hour of the Beijing day of `{hour}` (an SQL expression, not negative)."""

PERIOD_SQL = "((({hour}) + 80) / 168 * 168 - 80)"
"""First hour of the invoice period of `{hour}`; as `period_of`."""

DATE_SQL = "(to_timestamp(({hour})::bigint * 3600) AT TIME ZONE 'Asia/Shanghai')::date"
"""The Beijing day of `{hour}`, as `date_of`."""


def day_of(hour: int) -> tuple[int, int]:
    """Return the Beijing day of a delivery hour as hours `[start, end)`."""
    start = (hour + DAY_OFFSET) // HOURS_A_DAY * HOURS_A_DAY - DAY_OFFSET
    return start, start + HOURS_A_DAY


def period_of(hour: int) -> tuple[int, int]:
    """Return the invoice period of a delivery hour as hours `[start, end)`: the Beijing week, Monday 00:00 to Monday."""
    start = (hour + PERIOD_OFFSET) // HOURS_A_PERIOD * HOURS_A_PERIOD - PERIOD_OFFSET
    return start, start + HOURS_A_PERIOD


def date_of(hour: int) -> date:
    """Return the Beijing date of a delivery hour."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(hours=hour)).astimezone(BEIJING).date()


def first_hour_of(day: date) -> int:
    """Return the first delivery hour of a Beijing date."""
    return (day - date(1970, 1, 1)).days * HOURS_A_DAY - DAY_OFFSET
