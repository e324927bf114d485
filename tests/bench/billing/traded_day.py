"""A day of trades, as the matcher would have written them, and cleared: what settlement finds in the morning."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from billing.clearing import clear
from billing.period import day_of
from matching.engine.dtypes import Side
from matching.hours import hour_of
from tests.bench.pipeline.exchange import Exchange

CHUNK = 100_000

# One to four hours each, so that some reach into the next day and stay open in part.
TRADES = f"""
    INSERT INTO matching_trade (id, market_id, sequence, ordinal, bid_id, ask_id, taker_side, buyer_id, seller_id, site_id, start,
        hours, quantity, price_fen, traded_at)
    SELECT nextval(pg_get_serial_sequence('matching_trade', 'id')), s.market_id, n, 0, 2 * n, 2 * n + 1, {Side.BID.value}, b.id,
        s.provider_id, s.id, %(day)s + (n / 7 %% 24)::int, 1 + (n %% 4)::int, 1 + (n %% 8)::int, 800 + (n %% 997)::int, now()
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM matching_participant
          WHERE buys) AS b ON b.place = n / 3 %% b.many
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM matching_site) AS s
        ON s.place = n %% s.many
"""


def trade_a_day(*, exchange: Exchange, trades: int) -> int:
    """Write and clear `trades` trades of the last whole day before yesterday; return the hour at which that day ends."""
    now = datetime.now(UTC)
    day, end = day_of(hour_of(now) - 48)
    for first in range(1, trades + 1, CHUNK):
        last = min(first + CHUNK, trades + 1) - 1
        with connection.cursor() as cursor:
            cursor.execute(TRADES, {"first": first, "last": last, "day": day})
            cursor.execute("UPDATE matching_market SET sequence = %s, closed_until = %s", [last, end + 24])
        clear(now=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return end
