"""Trades of the past with what they left behind: two orders and commands each, obligation, transfer, and the market's event.

Written as rows, not played: order events, levels and candles of the past are not there, and transfers hold nothing.
"""

from __future__ import annotations

from django.db import connection

from matching.engine.dtypes import Do, Kind, SelfTrade, Side, TimeInForce
from matching.market_data.retention import EVENTS_KEPT
from matching.models import MarketEvent

DAYS = 300
TABLES = (
    "matching_order",
    "matching_command",
    "matching_trade",
    "matching_marketevent",
    "billing_transfer",
    "billing_obligation",
)

RESERVE = "SELECT setval({sequence}, nextval({sequence}) + {count}) - {count}"
SEQUENCES = {
    "order": ("pg_get_serial_sequence('matching_order', 'id')", 2),
    "command": ("pg_get_serial_sequence('matching_command', 'id')", 2),
    "trade": ("pg_get_serial_sequence('matching_trade', 'id')", 1),
    "transfer": ("'billing_transfer_id_seq'", 1),
}
"""What gives ids, and how many a trade takes."""

# A bid that one ask has filled, a row of each trade; spread over the months before, delivered and settled.
OLD = f"""
    WITH old AS (
        SELECT n, %(order)s + 2 * i AS ask_id, %(order)s + 2 * i + 1 AS bid_id, %(command)s + 2 * i AS ask_command,
               %(command)s + 2 * i + 1 AS bid_command, %(trade)s + i AS trade_id, %(transfer)s + i AS transfer_id, b.id AS buyer_id,
               s.provider_id AS seller_id, s.id AS site_id, s.market_id, f.id AS funds_id, o.id AS obligations_id,
               now() - (1 + {DAYS} * (1 - n::float8 / %(all)s)) * interval '1 day' AS at,
               extract(epoch FROM now())::int / 3600 - ({DAYS} * 24 * (1 - n::float8 / %(all)s))::int AS start
        FROM generate_series(0, %(count)s - 1) AS i
        CROSS JOIN LATERAL (SELECT %(first)s + 1 + i AS n) AS numbered
        JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM matching_participant WHERE buys) AS b
            ON b.place = n %% (SELECT count(*) FROM matching_participant WHERE buys)
        JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM matching_site) AS s
            ON s.place = n %% (SELECT count(*) FROM matching_site)
        JOIN billing_account f ON f.participant_id = b.id AND f.kind = 'funds'
        JOIN billing_account o ON o.participant_id = b.id AND o.kind = 'obligations'
    )
"""

ROWS = (
    f"""
    INSERT INTO matching_order (id, participant_id, market_id, site_id, side, kind, start, hours, quantity, price_fen,
        time_in_force, start_flexibility, one_site, post_only, self_trade, state, why, open, filled_accelerator_hours,
        filled_value_fen, alternative_count, placed_at, closed_at)
    SELECT part.order_id, part.participant_id, market_id, part.site_id, part.side, {Kind.HOURLY.value}, start, 1, 8, 1000,
        {TimeInForce.GTC.value}, 0, false, false, {SelfTrade.CANCEL_TAKER.value}, 'filled', '', '{{0}}', 8, 8000, 0, at, at
    FROM old CROSS JOIN LATERAL (VALUES (ask_id, seller_id, site_id, {Side.ASK.value}), (bid_id, buyer_id, NULL, {Side.BID.value}))
        AS part (order_id, participant_id, site_id, side)
    """,
    f"""
    INSERT INTO matching_command (id, market_id, "do", order_id, quantity, price_fen, at, sequence)
    SELECT part.id, market_id, {Do.NEW.value}, part.order_id, 8, 1000, at, part.sequence
    FROM old CROSS JOIN LATERAL (VALUES (ask_command, ask_id, 2 * (n - %(all)s) - 2), (bid_command, bid_id, 2 * (n - %(all)s) - 1))
        AS part (id, order_id, sequence)
    """,
    f"""
    INSERT INTO matching_trade (id, market_id, sequence, ordinal, bid_id, ask_id, taker_side, buyer_id, seller_id, site_id, start,
        hours, quantity, price_fen, traded_at)
    SELECT trade_id, market_id, 2 * (n - %(all)s) - 1, 0, bid_id, ask_id, {Side.BID.value}, buyer_id, seller_id, site_id, start, 1, 8,
        1000, at
    FROM old
    """,
    """
    INSERT INTO billing_transfer (id, debit_account_id, credit_account_id, amount_fen, code, phase, order_id, trade_id,
        participant_id, at, seal)
    SELECT transfer_id, funds_id, obligations_id, 0, 'trade', 'pending', bid_id, trade_id, buyer_id, at,
        billing_transfer_seal(transfer_id, funds_id, obligations_id, 0, 'trade', 'pending', NULL)
    FROM old
    """,
    """
    INSERT INTO billing_obligation (trade_id, market_id, bid_id, buyer_id, seller_id, site_id, start, hours, quantity, price_fen,
        traded_at, buyer_fee_bps, seller_fee_bps, settled_until, settled_value_fen, is_settled)
    SELECT trade_id, market_id, bid_id, buyer_id, seller_id, site_id, start, 1, 8, 1000, at, 60, 60, start + 1, 8000, true
    FROM old
    """,
    # As many as the retention leaves.
    f"""
    INSERT INTO matching_marketevent (market_id, number, trade_id, at, hour, hours, price_fen, quantity, event, side)
    SELECT market_id, coalesce(last.number, 0) + row_number() OVER (PARTITION BY market_id ORDER BY n), trade_id, at, start, 1, 1000, 8,
        {MarketEvent.Event.TRADE.value}, {Side.BID.value}
    FROM old LEFT JOIN matching_eventnumber last USING (market_id)
    WHERE n > %(all)s - {EVENTS_KEPT} * (SELECT count(*) FROM matching_market)
    """,
)

NUMBERS = """
    INSERT INTO matching_eventnumber (market_id, number) SELECT market_id, max(number) FROM matching_marketevent GROUP BY market_id
    ON CONFLICT (market_id) DO UPDATE SET number = excluded.number
"""


def insert_old_trades(*, first: int, count: int, of: int) -> None:
    """Insert `count` of `of` trades, numbered from `first`, in a young exchange.

    Their sequences are negative: below every cursor, so that nothing clears or plays them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT matching_make_months(now() - interval '400 days', now())")
        cursor.execute("BEGIN")
        values = {"first": first, "count": count, "all": of} | {
            name: reserve(*ids, count) for name, ids in SEQUENCES.items()
        }
        for statement in ROWS:
            cursor.execute(OLD + statement, values)
        cursor.execute(NUMBERS)
        cursor.execute("COMMIT")


def reserve(sequence: str, each: int, count: int) -> int:
    """Take `each` x `count` ids in a row; returns the first."""
    with connection.cursor() as cursor:
        cursor.execute(RESERVE.format(sequence=sequence, count=each * count))
        return int(cursor.fetchone()[0])
