"""Clearing: what the matcher has done becomes money owed.

Reads trades and order events of every market after its cursor, and in one transaction turns the holds of traded bids into
obligations, frees what is no longer open, and moves the cursor.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from billing import vat
from billing.fees.clearing import COUNT_TRADED, DECIDE_FEES, TRADE_DAY
from billing.ledger import COLUMNS, NEXT_ID, open_stage, post_staged
from billing.serial import wait_for_turn
from matching.engine.dtypes import Do, Event, Kind, Side
from matching.prepared import BY_INDEX

_OPEN_TABLES = (
    # However few the new rows are, the planner takes them for many, and would read all orders to find theirs.
    f"SELECT {BY_INDEX}",
    "CREATE TEMP TABLE IF NOT EXISTS cleared_market (market_id integer, after bigint, upto bigint, closed_until integer) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS cleared_bid (order_id bigint, accelerator_hours bigint, unit_fen integer, fee_bps integer, "
    "transfer_id bigint) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS cleared_replace (command_id bigint, pending_id bigint) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS cleared_trade ("
    "trade_id bigint, market_id integer, bid_id bigint, buyer_id integer, seller_id integer, site_id integer, start integer, "
    "hours integer, quantity integer, price_fen integer, traded_at timestamptz, day integer, value_fen bigint, is_bid_taker boolean, buyer_fee_bps integer, seller_fee_bps integer, "
    "transfer_id bigint"
    ") ON COMMIT DELETE ROWS",
    "DELETE FROM cleared_market",
    "DELETE FROM cleared_bid",
    "DELETE FROM cleared_replace",
    "DELETE FROM cleared_trade",
)

# The fence (OFFSET 0) makes PostgreSQL go by the index from each market's cursor, however many trades there have been.
_NEW = """
    CROSS JOIN LATERAL (
        SELECT * FROM {table} x WHERE x.market_id = m.market_id AND x.sequence > m.after AND x.sequence <= m.upto OFFSET 0
    ) AS {alias}
"""

# One statement, so one snapshot: how far each market has come, and what is open of its bids at that very sequence.
# A bid with a REPLACE is read whatever came of it; one that was done (ACCEPTED) brings its own unit.
_READ_MARKETS_AND_BIDS = f"""
WITH m AS (
    SELECT m.id AS market_id, coalesce(c.sequence, 0) AS after, m.sequence AS upto, m.closed_until
    FROM matching_market m LEFT JOIN billing_clearingcursor c ON c.market_id = m.id
    WHERE m.sequence > coalesce(c.sequence, 0)
),
kept AS (INSERT INTO cleared_market SELECT * FROM m),
touched AS (
    SELECT t.bid_id AS order_id FROM m {_NEW.format(table="matching_trade", alias="t")}
    UNION
    SELECT e.order_id FROM m {_NEW.format(table="matching_orderevent", alias="e")}
    UNION
    SELECT k.order_id FROM m {_NEW.format(table="matching_command", alias="k")} WHERE k.do = {Do.REPLACE.value}
),
answered AS (
    SELECT r.command_id, r.order_id, r.pending_id, r.unit_fen, r.fee_bps, k.sequence, EXISTS (
        SELECT FROM matching_orderevent e
        WHERE e.order_id = r.order_id AND e.sequence = k.sequence AND e.event = {Event.ACCEPTED.value} OFFSET 0
    ) AS is_done
    FROM billing_replacehold r JOIN matching_command k ON k.id = r.command_id JOIN m USING (market_id)
    WHERE k.sequence <= m.upto
),
ended AS (INSERT INTO cleared_replace SELECT command_id, pending_id FROM answered),
repriced AS (
    SELECT DISTINCT ON (order_id) order_id, unit_fen, fee_bps FROM answered
    WHERE is_done AND unit_fen IS NOT NULL ORDER BY order_id, sequence DESC
)
INSERT INTO cleared_bid
SELECT h.order_id, open.accelerator_hours, coalesce(r.unit_fen, h.unit_fen), coalesce(r.fee_bps, h.fee_bps),
    CASE WHEN open.accelerator_hours > 0 THEN {NEXT_ID} END
FROM touched JOIN billing_hold h USING (order_id)
LEFT JOIN repriced r USING (order_id)
JOIN matching_order o ON o.id = h.order_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN o.state NOT IN ('pending', 'open') THEN 0
        WHEN o.kind = {Kind.BLOCK.value} THEN o.open[1]::bigint * o.hours
        ELSE (SELECT coalesce(sum(hour.quantity), 0) FROM unnest(o.open) AS hour (quantity))
    END AS accelerator_hours
) AS open
WHERE open.accelerator_hours <> h.accelerator_hours OR r.unit_fen <> h.unit_fen
"""

_READ_TRADES = f"""
INSERT INTO cleared_trade
SELECT t.id, t.market_id, t.bid_id, t.buyer_id, t.seller_id, t.site_id, t.start, t.hours, t.quantity, t.price_fen,
    t.traded_at, {TRADE_DAY.format(trade="t")}, t.price_fen::bigint * t.quantity * t.hours, t.taker_side = {Side.BID.value},
    NULL, NULL, {NEXT_ID}
FROM cleared_market m {_NEW.format(table="matching_trade", alias="t")}
"""

_OPEN_BUYERS_ACCOUNTS = """
INSERT INTO billing_account (participant_id, kind, debits_pending, debits_posted, credits_pending, credits_posted)
SELECT DISTINCT t.buyer_id, kind, 0, 0, 0, 0
FROM cleared_trade t CROSS JOIN (VALUES ('funds'), ('obligations')) AS kinds (kind)
WHERE NOT EXISTS (SELECT FROM billing_account a WHERE a.participant_id = t.buyer_id AND a.kind = kinds.kind)
ON CONFLICT DO NOTHING
"""

_STAGE_HOLDS = f"""
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT {NEXT_ID}, p.debit_account_id, p.credit_account_id, p.amount_fen, p.code, 'void', p.id,
    h.order_id, NULL::bigint, p.participant_id, NULL::bigint, NULL
FROM cleared_bid b JOIN billing_hold h USING (order_id) JOIN billing_transfer p ON p.id = h.pending_id
UNION ALL
SELECT b.transfer_id, p.debit_account_id, p.credit_account_id, b.unit_fen * b.accelerator_hours, p.code, 'pending', NULL,
    h.order_id, NULL, p.participant_id, NULL, NULL
FROM cleared_bid b JOIN billing_hold h USING (order_id) JOIN billing_transfer p ON p.id = h.pending_id
WHERE b.accelerator_hours > 0
UNION ALL
SELECT {NEXT_ID}, p.debit_account_id, p.credit_account_id, p.amount_fen, p.code, 'void', p.id,
    p.order_id, NULL, p.participant_id, NULL, NULL
FROM cleared_replace r JOIN billing_transfer p ON p.id = r.pending_id
"""

_STAGE_TRADES = f"""
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT t.transfer_id, funds.id, obligations.id, t.value_fen + billing_share_fen(t.value_fen, t.buyer_fee_bps),
    'trade', 'pending', NULL, t.bid_id, t.trade_id, t.buyer_id, NULL, NULL
FROM cleared_trade t
JOIN billing_account funds ON funds.participant_id = t.buyer_id AND funds.kind = 'funds'
JOIN billing_account obligations ON obligations.participant_id = t.buyer_id AND obligations.kind = 'obligations'
"""

_KEEP = (
    "UPDATE billing_hold h SET accelerator_hours = b.accelerator_hours, unit_fen = b.unit_fen, fee_bps = b.fee_bps, "
    "pending_id = b.transfer_id "
    "FROM cleared_bid b WHERE b.order_id = h.order_id AND b.accelerator_hours > 0",
    "DELETE FROM billing_hold h USING cleared_bid b WHERE b.order_id = h.order_id AND b.accelerator_hours = 0",
    "DELETE FROM billing_replacehold r USING cleared_replace c WHERE c.command_id = r.command_id",
    "INSERT INTO billing_obligation "
    "(trade_id, market_id, bid_id, buyer_id, seller_id, site_id, start, hours, quantity, price_fen, traded_at, pending_id, "
    "buyer_fee_bps, seller_fee_bps, settled_until, settled_value_fen, is_settled) "
    "SELECT trade_id, market_id, bid_id, buyer_id, seller_id, site_id, start, hours, quantity, price_fen, traded_at, "
    "transfer_id, buyer_fee_bps, seller_fee_bps, start, 0, false FROM cleared_trade",
    "INSERT INTO billing_clearingcursor (market_id, sequence, closed_until) "
    "SELECT market_id, upto, closed_until FROM cleared_market "
    "ON CONFLICT (market_id) DO UPDATE SET sequence = excluded.sequence, closed_until = excluded.closed_until",
)

# A trade's value and fee by invoice period. The fee of hours [a, b) is the cumulative fee up to b less that up to a,
# exactly as settlement will take it hour by hour.
_VAT_BASES = f"""
SELECT t.buyer_id AS participant_id, period.start,
    sum(upto.value_fen - before.value_fen + billing_share_fen(upto.value_fen, t.buyer_fee_bps)
        - billing_share_fen(before.value_fen, t.buyer_fee_bps)) AS unsettled_change_fen,
    0 AS settled_change_fen
FROM cleared_trade t
CROSS JOIN LATERAL generate_series({vat.period_sql("t.start")}, t.start + t.hours - 1, 168) AS period (start)
CROSS JOIN LATERAL (
    SELECT t.value_fen / t.hours * (greatest(period.start, t.start) - t.start) AS value_fen
) AS before
CROSS JOIN LATERAL (
    SELECT t.value_fen / t.hours * (least(period.start + 168, t.start + t.hours) - t.start) AS value_fen
) AS upto
GROUP BY t.buyer_id, period.start
"""

_COUNT = (
    "SELECT (SELECT count(*) FROM cleared_trade), "
    "(SELECT count(*) FROM cleared_bid) + (SELECT count(*) FROM cleared_replace)"
)


@transaction.atomic
def clear(*, now: datetime) -> int:
    """Clear what the matcher has written since the last time; returns how many trades and changed holds that was.

    One at a time (others wait), in one transaction: a kill at any line leaves nothing half done, and running it again
    does nothing twice.
    """
    wait_for_turn()
    with connection.cursor() as cursor:
        cursor.execute("; ".join(_OPEN_TABLES))
        cursor.execute(_READ_MARKETS_AND_BIDS)
        cursor.execute("SELECT count(*) FROM cleared_market")
        if cursor.fetchone() == (0,):
            return 0
        cursor.execute(_READ_TRADES)
        cursor.execute(_COUNT)
        trades, bids = cursor.fetchone()
        open_stage()
        if bids:
            cursor.execute(_STAGE_HOLDS)
        if trades:
            cursor.execute(DECIDE_FEES)
            cursor.execute(COUNT_TRADED)
            cursor.execute(_OPEN_BUYERS_ACCOUNTS)
            cursor.execute(_STAGE_TRADES)
            vat.stage_changes(bases_sql=_VAT_BASES, run_id=None)
        if trades or bids:
            post_staged(now=now)
        for statement in _KEEP:
            cursor.execute(statement)
        if trades:
            vat.keep_changes()
    return int(trades + bids)
