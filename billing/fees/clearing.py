"""The fee rates of newly cleared trades, and the volume that they add; both read the table `cleared_trade`.

A participant's rates of a Beijing day are decided once, when its first trade of that day is cleared, by what it traded in the
30 days before that midnight.
"""

from __future__ import annotations

from billing.fees.terms import SCHEDULE_SQL, TIER_SQL, VOLUME_SQL
from billing.ledger import NEXT_ID
from billing.period import DAY_SQL

TRADE_DAY = DAY_SQL.format(hour="floor(extract(epoch FROM {trade}.traded_at) / 3600)::integer")
"""First hour of the Beijing day on which `{trade}` was made."""

# Trades of earlier days that are cleared by this very batch count too. A buyer is never charged more than its hold counts with,
# whatever has been entered since it bid.
DECIDE_FEES = f"""
WITH party AS (SELECT buyer_id AS participant_id, day FROM cleared_trade UNION SELECT seller_id, day FROM cleared_trade),
fresh AS (
    INSERT INTO billing_feeday
        (participant_id, day, traded_fen, volume_fen, schedule_id, maker_fee_bps, taker_fee_bps, counted_to)
    SELECT p.participant_id, p.day, 0, volume.fen, schedule.id, tier.maker_fee_bps, tier.taker_fee_bps, {NEXT_ID}
    FROM party p
    {SCHEDULE_SQL.format(participant="p.participant_id", day="p.day")}
    CROSS JOIN LATERAL (
        SELECT ({VOLUME_SQL.format(participant="p.participant_id", day="p.day")}) + coalesce(sum(c.value_fen), 0)::bigint
        FROM cleared_trade c
        WHERE p.participant_id IN (c.buyer_id, c.seller_id) AND c.day >= p.day - 720 AND c.day < p.day
    ) AS volume (fen)
    {TIER_SQL.format(volume="volume.fen")}
    WHERE NOT EXISTS (SELECT FROM billing_feeday d WHERE d.participant_id = p.participant_id AND d.day = p.day)
    RETURNING participant_id, day, maker_fee_bps, taker_fee_bps
),
terms AS (
    SELECT * FROM fresh
    UNION ALL
    SELECT d.participant_id, d.day, d.maker_fee_bps, d.taker_fee_bps FROM party JOIN billing_feeday d USING (participant_id, day)
)
UPDATE cleared_trade t SET
    buyer_fee_bps = least(
        CASE WHEN t.is_bid_taker THEN b.taker_fee_bps ELSE b.maker_fee_bps END,
        (SELECT h.fee_bps FROM billing_hold h WHERE h.order_id = t.bid_id),
        (SELECT min(r.fee_bps) FROM billing_replacehold r WHERE r.order_id = t.bid_id)
    ),
    seller_fee_bps = CASE WHEN t.is_bid_taker THEN s.maker_fee_bps ELSE s.taker_fee_bps END
FROM terms b, terms s
WHERE b.participant_id = t.buyer_id AND b.day = t.day AND s.participant_id = t.seller_id AND s.day = t.day
"""

COUNT_TRADED = """
UPDATE billing_feeday d SET traded_fen = d.traded_fen + t.value_fen
FROM (
    SELECT participant_id, day, sum(value_fen) AS value_fen
    FROM cleared_trade CROSS JOIN LATERAL (VALUES (buyer_id), (seller_id)) AS party (participant_id) GROUP BY 1, 2
) AS t
WHERE d.participant_id = t.participant_id AND d.day = t.day
"""
