"""Ten thousand rows of the past in every table that grows, beside the present of a small exchange."""

from __future__ import annotations

from django.db import connection

from tests.matching.conftest import Exchange

ROWS = 10_000

# The values of `at` lie in the months before, sequences and numbers below every cursor, hours have long closed.
AT = "timestamptz '2026-02-28 00:00+00' - n * interval '1 minute'"
SERIES = f"generate_series(1, {ROWS}) AS n"
OF_ALICE = "(SELECT id FROM billing_account WHERE participant_id = %(alice)s AND kind = '{kind}')"
TRANSFER = f"nextval('billing_transfer_id_seq') AS id, {OF_ALICE.format(kind='funds')} AS funds, {OF_ALICE.format(kind='obligations')} AS due"

FILL = (
    f"""
    INSERT INTO matching_order (participant_id, market_id, side, kind, start, hours, quantity, price_fen, time_in_force, start_flexibility,
        one_site, post_only, self_trade, state, why, open, filled_accelerator_hours, filled_value_fen, alternative_count, placed_at, expires_at)
    SELECT %(alice)s, %(market)s, 1, 0, 1, 1, 1, 1000, 0, 0, false, false, 0, 'filled', '', '{{0}}', 1, 1000, 0, {AT}, {AT} FROM {SERIES}
    """,
    "CREATE TEMP TABLE past ON COMMIT DROP AS SELECT row_number() OVER () AS n, id FROM matching_order WHERE start = 1",
    """
    INSERT INTO matching_alternative (order_id, place, market_id, start, start_flexibility, price_fen)
    SELECT id, 1, %(market)s, 1, 0, 1000 FROM past
    """,
    f"""
    INSERT INTO matching_command (market_id, "do", order_id, quantity, price_fen, at, sequence)
    SELECT %(market)s, 0, id, 1, 1000, {AT}, -n FROM past
    """,
    f"""
    INSERT INTO matching_trade (market_id, sequence, ordinal, bid_id, ask_id, taker_side, buyer_id, seller_id, site_id, start, hours, quantity,
        price_fen, traded_at)
    SELECT %(market)s, -n, 0, id, id, 1, %(alice)s, %(provider)s, %(site)s, 1, 1, 1, 1000, {AT} FROM past
    """,
    f"""
    INSERT INTO matching_orderevent (market_id, sequence, ordinal, order_id, event, why, at)
    SELECT %(market)s, -n, 1, id, 3, 1, {AT} FROM past
    """,
    f"""
    INSERT INTO matching_marketevent (market_id, number, at, hour, price_fen, quantity, event, side)
    SELECT %(market)s, -n, {AT}, 1, 1000, 1, 2, 1 FROM {SERIES}
    """,
    f"INSERT INTO matching_booklevel (market_id, hour, side, price_fen, quantity, orders) SELECT %(market)s, n, -1, 1000, 1, 1 FROM {SERIES}",
    f"""
    INSERT INTO matching_contract (market_id, hour, bid_quantity, ask_quantity, volume, value_fen, trades)
    SELECT %(market)s, n, 0, 0, 1, 1000, 1 FROM {SERIES}
    """,
    f"""
    INSERT INTO matching_candle (market_id, minutes, starts_at, open_fen, high_fen, low_fen, close_fen, volume, value_fen, trades)
    SELECT %(market)s, 5, {AT}, 1, 1, 1, 1, 1, 1, 1 FROM {SERIES}
    """,
    f"INSERT INTO matching_holding (participant_id, site_id, hour, capacity, committed) SELECT %(provider)s, %(site)s, n, 64, 0 FROM {SERIES}",
    f"INSERT INTO matching_contractruling (market_id, hour, state) SELECT %(market)s, n, 2 FROM {SERIES}",
    f"INSERT INTO matching_pricepoint (market_id, hour, minute, price_fen) SELECT %(market)s + 1, n, 1, 1000 FROM {SERIES}",
    f"""
    INSERT INTO matching_halt (market_id, hour, hours, cause, reason, state, began_at, ended_at)
    SELECT %(market)s, 1, 1, 'breaker', '', 0, {AT}, {AT} FROM {SERIES}
    """,
    "INSERT INTO matching_haltstep (halt_id, \"do\", at, by, reason) SELECT id, 11, now(), '', '' FROM matching_halt",
    f"""
    INSERT INTO matching_participant (slug, name, name_zh, buys, provides, is_demo, legal_name, tax_id, address, bank_account, created_at)
    SELECT 'past-' || n, '', '', true, false, false, '', '', '', '', now() FROM {SERIES}
    """,
    """
    INSERT INTO billing_account (participant_id, kind, debits_pending, debits_posted, credits_pending, credits_posted)
    SELECT id, 'funds', 0, 0, 0, 0 FROM matching_participant WHERE slug LIKE 'past-%%'
    """,
    f"""
    INSERT INTO billing_transfer (id, debit_account_id, credit_account_id, amount_fen, code, phase, participant_id, at, seal)
    SELECT id, funds, due, 0, 'trade', 'pending', %(alice)s, at, billing_transfer_seal(id, funds, due, 0, 'trade', 'pending', NULL)
    FROM (SELECT {TRANSFER}, {AT} AS at FROM {SERIES}) AS each
    """,
    """
    INSERT INTO billing_obligation (trade_id, market_id, bid_id, buyer_id, seller_id, site_id, start, hours, quantity, price_fen, traded_at,
        buyer_fee_bps, seller_fee_bps, settled_until, settled_value_fen, is_settled)
    SELECT id, market_id, bid_id, buyer_id, seller_id, site_id, 1, 1, 1, 1000, traded_at, 60, 60, 2, 1000, true
    FROM matching_trade WHERE sequence < 0
    """,
    """
    INSERT INTO billing_hold (order_id, unit_fen, accelerator_hours, fee_bps, pending_id)
    SELECT past.id, 1000, 1, 60, t.id FROM past JOIN (SELECT id, row_number() OVER () AS n FROM billing_transfer WHERE amount_fen = 0) AS t USING (n)
    """,
    """
    INSERT INTO billing_vatperiod (participant_id, start, rate_bps, settled_base_fen, unsettled_base_fen, posted_fen)
    SELECT id, 1, 600, 0, 0, 0 FROM matching_participant WHERE slug LIKE 'past-%%'
    """,
)

GROWN = (
    "matching_order",
    "matching_alternative",
    "matching_command",
    "matching_trade",
    "matching_orderevent",
    "matching_marketevent",
    "matching_booklevel",
    "matching_contract",
    "matching_candle",
    "matching_holding",
    "matching_contractruling",
    "matching_pricepoint",
    "matching_halt",
    "matching_haltstep",
    "matching_participant",
    "billing_account",
    "billing_transfer",
    "billing_obligation",
    "billing_hold",
    "billing_vatperiod",
)


def grow(exchange: Exchange) -> None:
    """Fill the tables with what has long been done, and let PostgreSQL know; alice has her accounts by then."""
    names = {
        "alice": exchange.alice.pk,
        "market": exchange.market.pk,
        "provider": exchange.south.provider_id,
        "site": exchange.south.pk,
    }
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, names)
        for table in GROWN:
            cursor.execute(f"ANALYZE {table}")
