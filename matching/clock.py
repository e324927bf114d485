"""The clock's one job: tell the matcher which gates have closed."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from matching.engine.dtypes import Do

# A mark moves and its command goes in by one statement, or neither does. Marks are locked in one order, and only where something is due.
CLOSE_GATES = """
    WITH clock AS (
        SELECT moment, floor(extract(epoch FROM moment) / 3600)::int AS hour
        FROM (SELECT CASE WHEN %(capped)s THEN least(%(now)s, clock_timestamp()) ELSE %(now)s END AS moment) AS asked
    ), told AS (
        INSERT INTO matching_clockmark AS mark (market_id, told_until)
        SELECT m.id, clock.hour + m.lead_hours + 1
        FROM matching_market m CROSS JOIN clock LEFT JOIN matching_clockmark k ON k.market_id = m.id
        WHERE clock.hour + m.lead_hours + 1 > greatest(m.closed_until, k.told_until)
        ORDER BY m.id
        ON CONFLICT (market_id) DO UPDATE SET told_until = excluded.told_until WHERE mark.told_until < excluded.told_until
        RETURNING mark.market_id, mark.told_until
    ), closed AS (
        INSERT INTO matching_command (market_id, "do", hour, at)
        SELECT market_id, %(close)s, told_until - 1, moment FROM told CROSS JOIN clock ORDER BY market_id
        RETURNING 1
    )
    SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('matcher', '') END FROM closed
"""


def close_gates(*, now: datetime, capped: bool = False) -> int:
    """Put a CLOSE of the latest hour whose gate has closed into the inbox of each market not yet told; returns how many.

    A CLOSE closes every earlier hour too, so one is enough after downtime. Asking again, or with an earlier `now`, from any number of
    processes, adds nothing: the market's mark moves forward once. `capped` takes `now` as no later than the database's clock, for
    hosts whose clocks may be wrong.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_GATES, {"close": int(Do.CLOSE), "now": now, "capped": capped})
        (count, _) = cursor.fetchone()
    return int(count)
