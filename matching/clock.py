"""The clock's one job: tell the matcher which gates have closed."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from matching.engine.dtypes import Do
from matching.hours import hour_of

CLOSE_GATES = """
    WITH closed AS (
        INSERT INTO matching_command (market_id, "do", hour, at)
        SELECT id, %(close)s, %(hour)s + lead_hours, %(now)s FROM matching_market
        WHERE closed_until <= %(hour)s + lead_hours
        ORDER BY id
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('matcher', '') END FROM closed
"""


def close_gates(*, now: datetime) -> int:
    """Put a CLOSE of the latest hour whose gate has closed into the inbox of each market not yet told; returns how many.

    A CLOSE closes every earlier hour too, so one is enough after downtime. Asking again, from any number of processes, adds
    nothing: the database admits one CLOSE a market and hour.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_GATES, {"close": int(Do.CLOSE), "hour": hour_of(now), "now": now})
        (count, _) = cursor.fetchone()
    return int(count)
