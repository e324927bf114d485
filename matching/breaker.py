"""The circuit breaker: a contract whose price moves too far within a few minutes is halted, then reopens by a call auction.

A price is too far where it differs by more than the market's `breaker_bps` from the contract's price at the start of the window: the first
of the earliest minute, of the last `breaker_minutes` and the trade's own, in which the contract traded. Trades are read once, in
the order of the log, so a trigger depends on the log and on earlier halts alone; it is noticed some tenths of a second after the trade. What traded before a
halt of the contract ended counts no more, so the auction's price begins a new window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from matching.engine.dtypes import ContractState
from matching.halts import CLOCK, begin, lock
from matching.models import Halt, Market

POINTS_KEPT_MINUTES = 24 * 60
TRADES_A_LOOK = 20_000

# Who is new starts with what trades from now on.
START_WATCHES = """
    INSERT INTO matching_pricewatch (market_id, sequence)
    SELECT id, sequence FROM matching_market m
    WHERE breaker_bps IS NOT NULL AND NOT EXISTS (SELECT 1 FROM matching_pricewatch w WHERE w.market_id = m.id)
    ORDER BY id ON CONFLICT DO NOTHING
"""

TRADED = """
    SELECT w.market_id FROM matching_pricewatch w JOIN matching_market m ON m.id = w.market_id
    WHERE m.breaker_bps IS NOT NULL
      AND EXISTS (SELECT 1 FROM matching_trade t WHERE t.market_id = w.market_id AND t.sequence > w.sequence)
    ORDER BY w.market_id
"""

# Whole commands only: the last one of a look may have more trades than fit.
LOOK = """
    WITH unread AS MATERIALIZED (
        SELECT sequence, ordinal, start, hours, price_fen, traded_at FROM matching_trade
        WHERE market_id = %(market)s AND sequence > (SELECT sequence FROM matching_pricewatch WHERE market_id = %(market)s)
        ORDER BY sequence FETCH FIRST %(limit)s ROWS WITH TIES
    ), moved AS (
        UPDATE matching_pricewatch SET sequence = (SELECT max(sequence) FROM unread)
        WHERE market_id = %(market)s AND EXISTS (SELECT 1 FROM unread)
    ), barred AS MATERIALIZED (
        SELECT hour, hours, ended_at FROM matching_halt WHERE market_id = %(market)s AND state > 0
        UNION ALL
        SELECT hour, hours, ended_at FROM matching_halt
        WHERE market_id = %(market)s AND ended_at > (SELECT min(traded_at) FROM unread)
    ), priced AS (
        SELECT hour, floor(extract(epoch FROM traded_at) / 60)::int AS minute, u.sequence, u.ordinal,
               u.price_fen
        FROM unread u CROSS JOIN generate_series(u.start, u.start + u.hours - 1) AS hour
        JOIN matching_market m ON m.id = %(market)s AND hour >= m.closed_until
        WHERE NOT EXISTS (
            SELECT 1 FROM barred h
            WHERE (h.ended_at IS NULL OR h.ended_at > traded_at) AND (h.hour IS NULL OR hour >= h.hour AND hour < h.hour + h.hours)
        )
    ), first AS (
        SELECT DISTINCT ON (hour, minute) hour, minute, price_fen FROM priced ORDER BY hour, minute, sequence, ordinal
    ), kept AS (
        INSERT INTO matching_pricepoint (market_id, hour, minute, price_fen)
        SELECT %(market)s, hour, minute, price_fen FROM first ORDER BY hour, minute ON CONFLICT DO NOTHING
    ), point AS (
        SELECT hour, minute, price_fen, 1 AS place FROM first
        UNION ALL
        SELECT hour, minute, price_fen, 0 FROM matching_pricepoint WHERE market_id = %(market)s
    ), judged AS (
        SELECT p.hour, p.sequence, p.ordinal, p.price_fen, start.price_fen AS before_fen,
               abs(p.price_fen - start.price_fen)::bigint * 10000 > m.breaker_bps::bigint * start.price_fen AS is_too_far
        FROM priced p JOIN matching_market m ON m.id = %(market)s
        CROSS JOIN LATERAL (
            SELECT price_fen FROM point
            WHERE point.hour = p.hour AND point.minute BETWEEN p.minute - m.breaker_minutes AND p.minute
            ORDER BY minute, place LIMIT 1
        ) AS start
    )
    SELECT DISTINCT ON (hour) hour, before_fen, price_fen FROM judged WHERE is_too_far ORDER BY hour, sequence, ordinal
"""

FORGET = "DELETE FROM matching_pricepoint WHERE minute < %s"


@dataclass(frozen=True, slots=True)
class Trigger:
    """A contract's price that was too far from the one at the start of its window, in fen."""

    hour: int
    before_fen: int
    price_fen: int


def watch_prices(*, now: datetime) -> int:
    """Halt each contract whose price has moved too far since the last look; returns how many halts were begun.

    Any number of clocks may look: a market is left to the one that has it locked, and its place in the trades moves with the halts.
    """
    with connection.cursor() as cursor:
        cursor.execute(START_WATCHES)
        cursor.execute(TRADED)
        traded = [row[0] for row in cursor.fetchall()]
    return sum(watch_market(market_id, now) for market_id in traded)


@transaction.atomic
def watch_market(market_id: int, now: datetime) -> int:
    if not lock(market_id, wait=False):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"market": market_id, "limit": TRADES_A_LOOK})
        triggers = [Trigger(*row) for row in cursor.fetchall()]
    if triggers:
        begin(halts_of(Market.objects.get(pk=market_id), triggers, now), by=CLOCK, reason="")
    return len(triggers)


def halts_of(market: Market, triggers: list[Trigger], now: datetime) -> list[Halt]:
    """Return a halt for each contract, with its reopening planned."""
    collect_at = now + timedelta(minutes=market.breaker_halt_minutes)
    return [
        Halt(
            market=market,
            hour=trigger.hour,
            hours=1,
            cause=Halt.Cause.BREAKER,
            state=ContractState.HALTED,
            began_at=now,
            collect_at=collect_at,
            resume_at=collect_at + timedelta(minutes=market.breaker_collect_minutes),
            price_before_fen=trigger.before_fen,
            price_fen=trigger.price_fen,
        )
        for trigger in triggers
    ]


def forget_old_prices(*, now: datetime) -> None:
    """Delete the prices that no window reaches any more."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [int(now.timestamp()) // 60 - POINTS_KEPT_MINUTES])
