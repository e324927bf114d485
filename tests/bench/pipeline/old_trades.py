"""Trades of the past with what they left behind: orders, commands, market events, obligations and transfers."""

from __future__ import annotations

from django.db import connection

from tests.bench.pipeline.exchange import Exchange

DAYS = 300
TABLES = ("matching_order", "matching_command", "matching_trade", "billing_transfer", "billing_obligation")

# A bid that was filled by one trade, a row of each; spread over the months before, and settled.
OLD = f"""
    CREATE TEMP TABLE old ON COMMIT DROP AS
    SELECT n, nextval(pg_get_serial_sequence('matching_order', 'id')) AS order_id,
           nextval(pg_get_serial_sequence('matching_trade', 'id')) AS trade_id,
           nextval('billing_transfer_id_seq') AS transfer_id, b.id AS buyer_id, s.provider_id AS seller_id, s.id AS site_id,
           s.market_id, now() - (1 + n %% {DAYS}) * interval '1 day' AS at, f.id AS funds_id, o.id AS obligations_id
    FROM generate_series(%(first)s + 1, %(first)s + %(count)s) AS n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM matching_participant
          WHERE buys) AS b ON b.place = n %% b.many
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM matching_site) AS s
        ON s.place = n %% s.many
    JOIN billing_account f ON f.participant_id = b.id AND f.kind = 'funds'
    JOIN billing_account o ON o.participant_id = b.id AND o.kind = 'obligations'
"""

ROWS = (
    "SELECT matching_make_months(now() - interval '400 days', now())",
    """
    INSERT INTO matching_order (id, participant_id, market_id, side, kind, start, hours, quantity, price_fen, time_in_force,
        start_flexibility, one_site, post_only, self_trade, state, why, open, filled_accelerator_hours, filled_value_fen,
        alternative_count, placed_at, closed_at)
    SELECT order_id, buyer_id, market_id, 1, 0, extract(epoch FROM at)::int / 3600, 1, 8, 1000, 0, 0, false, false, 0, 'filled', '',
        '{0}', 8, 8000, 0, at, at FROM old ORDER BY n
    """,
    """
    INSERT INTO matching_command (market_id, "do", order_id, quantity, price_fen, at, sequence)
    SELECT market_id, 0, order_id, 8, 1000, at, -n FROM old ORDER BY n
    """,
    """
    INSERT INTO matching_trade (id, market_id, sequence, ordinal, bid_id, ask_id, taker_side, buyer_id, seller_id, site_id, start,
        hours, quantity, price_fen, traded_at)
    SELECT trade_id, market_id, -n, 0, order_id, order_id, 1, buyer_id, seller_id, site_id, extract(epoch FROM at)::int / 3600, 1, 8,
        1000, at FROM old ORDER BY n
    """,
)

SETTLED = """
    INSERT INTO billing_transfer (id, debit_account_id, credit_account_id, amount_fen, code, phase, order_id, trade_id, participant_id,
        at, seal)
    SELECT transfer_id, funds_id, obligations_id, 0, 'trade', 'pending', order_id, trade_id, buyer_id, at,
        billing_transfer_seal(transfer_id, funds_id, obligations_id, 0, 'trade', 'pending', NULL)
    FROM old ORDER BY n
"""


def insert_old_trades(exchange: Exchange, *, first: int, count: int) -> None:
    """Insert `count` trades numbered from `first`; their transfers hold nothing, so that no balance changes.

    Their sequences are negative: below every cursor, so that nothing clears or plays them.
    """
    values = {"first": first, "count": count}
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(OLD, values)
        for statement in ROWS:
            cursor.execute(statement)
        cursor.execute(SETTLED)
        cursor.execute("COMMIT")
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
