"""The time, told to the matchers: which gates have closed, and which minute it is where orders good till a time end.

`manage.py clock` tells it twice a second, any number of them; order entry tells it before what it brings in, so that nothing trades in a
closed hour, or with an order past its time, however late the clock is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from matching.engine.dtypes import Do
from matching.prepared import prepared_cursor

# A mark moves and its commands go in by one statement, or neither does. Marks are locked in one order, and only where something is due.
# Where another clock has moved one since this statement began, what it has to say of minutes may be old: `left` asks for another look.
TELL_TIME = """
    WITH clock AS (
        SELECT moment, floor(extract(epoch FROM moment) / 3600)::int AS hour, floor(extract(epoch FROM moment) / 60)::int AS minute
        FROM (SELECT CASE WHEN %(capped)s THEN least(%(now)s, clock_timestamp()) ELSE %(now)s END AS moment) AS asked
    ), expiring AS (
        SELECT DISTINCT o.market_id
        FROM clock JOIN matching_order o ON o.state IN ('pending', 'open') AND o.expires_at <= clock.moment
        WHERE NOT EXISTS (
            SELECT 1 FROM matching_command t
            WHERE t.sequence IS NULL AND t."do" = %(time)s AND t.market_id = o.market_id AND to_timestamp(t.minute * 60.0) >= o.expires_at
              AND (o.state = 'open' OR t.id > (SELECT n.id FROM matching_command n WHERE n.order_id = o.id AND n."do" = %(new)s))
        )
    ), due AS (
        SELECT m.id, clock.hour + m.lead_hours + 1 AS until, greatest(m.closed_until, k.told_until) AS until_before,
               e.market_id IS NOT NULL AS is_expiring, coalesce(k.turn, 0) AS turn
        FROM matching_market m CROSS JOIN clock
        LEFT JOIN expiring e ON e.market_id = m.id
        LEFT JOIN matching_clockmark k ON k.market_id = m.id
    ), told AS (
        INSERT INTO matching_clockmark AS mark (market_id, told_until, turn)
        SELECT id, greatest(until, until_before), turn + 1 FROM due WHERE until > until_before OR is_expiring ORDER BY id
        ON CONFLICT (market_id) DO UPDATE SET told_until = greatest(mark.told_until, excluded.told_until), turn = mark.turn + 1
        WHERE mark.told_until < excluded.told_until OR mark.turn = excluded.turn - 1
        RETURNING new.market_id, new.told_until, new.turn, coalesce(old.told_until, 0) AS until_before
    ), command AS (
        INSERT INTO matching_command (market_id, "do", hour, minute, at)
        SELECT market_id, v."do", v.hour, v.minute, moment
        FROM told JOIN due ON due.id = told.market_id CROSS JOIN clock
        CROSS JOIN LATERAL (VALUES
            (%(close)s, told.told_until - 1, NULL, told.told_until > greatest(told.until_before, due.until_before)),
            (%(time)s, NULL, clock.minute, due.is_expiring AND told.turn = due.turn + 1)
        ) AS v ("do", hour, minute, is_due)
        WHERE v.is_due
        ORDER BY market_id, v."do"
        RETURNING market_id, "do"
    )
    SELECT count(*) FILTER (WHERE "do" = %(close)s), count(*) FILTER (WHERE "do" = %(time)s),
           (SELECT count(*) FROM expiring) - count(*) FILTER (WHERE "do" = %(time)s),
           CASE WHEN count(*) > 0 THEN pg_notify('matcher', '') END
    FROM command
"""


@dataclass(frozen=True, slots=True)
class Told:
    """How many commands the clock has put in: closings, and minutes at which orders end."""

    closings: int
    minutes: int


def tell_time(*, now: datetime, capped: bool = False) -> Told:
    """Put a CLOSE of the latest hour whose gate has closed into the inbox of each market not yet told, and a TIME where an order's time has come.

    A CLOSE closes every earlier hour too, and a TIME ends what every earlier minute would have, so one of each is enough after downtime.
    Asking again, or with an earlier `now`, from any number of processes, adds nothing: a market's mark moves forward once. `capped`
    takes `now` as no later than the database's clock, for hosts whose clocks may be wrong.
    """
    values: dict[str, int | bool | datetime] = {"now": now, "capped": capped}
    values |= {name.lower(): Do[name].value for name in ("CLOSE", "TIME", "NEW")}
    closings = minutes = 0
    left = 1
    with connection.cursor() as cursor:
        while left:
            cursor.execute(TELL_TIME, values)
            (closed, told, left, _) = cursor.fetchone()
            closings, minutes = closings + closed, minutes + told
    return Told(closings, minutes)


def close_gates(*, now: datetime) -> int:
    """Tell the time and return how many markets had a gate to close."""
    return tell_time(now=now).closings


def is_past_a_time(now: datetime) -> bool:
    """Say whether an order that is live is past its time; much cheaper than to tell the time, for every entry to ask."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM matching_order WHERE state IN ('pending', 'open') AND expires_at <= %s::timestamptz)",
            [now],
        )
        (is_past,) = cursor.fetchone()
    return bool(is_past)
