"""Fees: volumes against trades, rates of a day against the schedule and the volume, and rates of trades against both."""

from __future__ import annotations

from billing.checks.check import Check
from billing.fees.clearing import TRADE_DAY
from billing.fees.terms import SCHEDULE_SQL, TIER_SQL
from matching.engine.dtypes import Side

_TRADED = f"""
    traded AS (
        SELECT o.trade_id, party.id AS participant_id, {TRADE_DAY.format(trade="o")} AS day,
            o.price_fen::bigint * o.quantity * o.hours AS value_fen
        FROM billing_obligation o CROSS JOIN LATERAL (VALUES (o.buyer_id), (o.seller_id)) AS party (id)
    )
"""

CHECKS = (
    Check(
        "billing_feeday {id}: participant {participant_id} traded {traded_fen} fen, its obligations come to {value_fen} fen.",
        f"""
        WITH {_TRADED}
        SELECT d.id, participant_id, coalesce(d.traded_fen, 0) AS traded_fen, coalesce(t.value_fen, 0) AS value_fen
        FROM billing_feeday d
        FULL JOIN (SELECT participant_id, day, sum(value_fen) AS value_fen FROM traded GROUP BY 1, 2) AS t
            USING (participant_id, day)
        WHERE coalesce(d.traded_fen, 0) <> coalesce(t.value_fen, 0) ORDER BY d.id
        """,
    ),
    Check(
        "billing_feeday {id}: a 30-day volume of {volume_fen} fen, what had been cleared comes to {value_fen} fen.",
        f"""
        WITH {_TRADED},
        cleared AS (
            SELECT trade_id, min(id) AS transfer_id FROM billing_transfer WHERE code = 'trade' AND phase = 'pending' GROUP BY 1
        )
        SELECT d.id, d.volume_fen, coalesce(sum(t.value_fen), 0) AS value_fen
        FROM billing_feeday d LEFT JOIN (traded JOIN cleared USING (trade_id)) AS t
            ON t.participant_id = d.participant_id AND t.day < d.day AND t.day >= d.day - 720 AND t.transfer_id < d.counted_to
        GROUP BY d.id, d.volume_fen HAVING d.volume_fen <> coalesce(sum(t.value_fen), 0) ORDER BY d.id
        """,
    ),
    Check(
        "billing_feeday {id}: {maker_fee_bps} and {taker_fee_bps} bps by schedule {schedule_id}, in force was schedule {wanted} "
        "with {maker} and {taker} bps.",
        f"""
        SELECT d.id, d.maker_fee_bps, d.taker_fee_bps, d.schedule_id, schedule.id AS wanted, tier.maker_fee_bps AS maker,
            tier.taker_fee_bps AS taker
        FROM billing_feeday d
        {SCHEDULE_SQL.format(participant="d.participant_id", day="d.day")}
        {TIER_SQL.format(volume="d.volume_fen")}
        WHERE (d.schedule_id, d.maker_fee_bps, d.taker_fee_bps) <> (schedule.id, tier.maker_fee_bps, tier.taker_fee_bps)
        ORDER BY d.id
        """,
    ),
    Check(
        "billing_obligation {trade_id}: fee rates of {buyer_fee_bps} and {seller_fee_bps} bps, those of the day of "
        "matching_trade {trade_id} are {buyer} and {seller} bps.",
        f"""
        SELECT * FROM (
            SELECT o.trade_id, o.buyer_fee_bps, o.seller_fee_bps,
                CASE WHEN t.taker_side = {Side.BID.value} THEN b.taker_fee_bps ELSE b.maker_fee_bps END AS buyer,
                CASE WHEN t.taker_side = {Side.BID.value} THEN s.maker_fee_bps ELSE s.taker_fee_bps END AS seller,
                EXISTS (
                    SELECT FROM billing_feeschedule v JOIN matching_order bid ON bid.id = o.bid_id
                    WHERE v.state = 'approved' AND v.decided_at >= bid.placed_at
                ) AS was_capped
            FROM billing_obligation o JOIN matching_trade t ON t.id = o.trade_id
            LEFT JOIN billing_feeday b ON b.participant_id = o.buyer_id AND b.day = {TRADE_DAY.format(trade="o")}
            LEFT JOIN billing_feeday s ON s.participant_id = o.seller_id AND s.day = {TRADE_DAY.format(trade="o")}
        ) AS x
        WHERE seller_fee_bps IS DISTINCT FROM seller OR buyer IS NULL OR buyer_fee_bps > buyer
            OR (buyer_fee_bps < buyer AND NOT was_capped)
        ORDER BY trade_id
        """,
    ),
)
