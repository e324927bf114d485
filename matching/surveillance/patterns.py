"""What each pattern is, as one statement over a Beijing day.

Each returns (market, participant, other, count, accelerator-hours, value, orders, trades) and takes `since`, `until`, and the bounds below. Rows of the day are
found from the newest back by their ids, which rise with time, so that a scan reads a day and not a history.

- WASH: A bought from B and B from A the same delivery hours of one market in one day, at least `WASH_ACCELERATOR_HOURS` in the smaller direction.
- SPOOF: at least `SPOOF_ORDERS` orders of one participant that lived at most `SPOOF_SECONDS`, were cancelled with nothing filled, were each at least
  `SPOOF_TIMES` the median order of the market that day, while it traded on the other side of the market in the same day.
- OFF_BAND: trades further than `OFF_BAND_SHARE` percent of the band's width from the reference price then in force.
"""

from __future__ import annotations

from matching.models import Finding

WASH_ACCELERATOR_HOURS = 8
SPOOF_ORDERS = 5
SPOOF_SECONDS = 60
SPOOF_TIMES = 3
OFF_BAND_SHARE = 50
EVIDENCE_MAX = 100

_TRADES = """
    trades AS MATERIALIZED (
        SELECT id, market_id, buyer_id, seller_id, taker_side, start, hours, quantity, price_fen, traded_at
        FROM matching_trade
        WHERE traded_at >= %(since)s AND traded_at < %(until)s
          AND id > coalesce((SELECT id FROM matching_trade WHERE traded_at < %(since)s - interval '1 hour' ORDER BY id DESC LIMIT 1), 0)
    )
"""

WASH = f"""
    WITH {_TRADES}, pairs AS (
        SELECT a.market_id, a.buyer_id AS one, a.seller_id AS two, a.id AS there, b.id AS back
        FROM trades a
        JOIN trades b ON b.market_id = a.market_id AND b.buyer_id = a.seller_id AND b.seller_id = a.buyer_id
            AND b.start < a.start + a.hours AND a.start < b.start + b.hours
        WHERE a.buyer_id < a.seller_id
    ), named AS (
        SELECT market_id, one, two, there AS id, true AS is_there FROM pairs
        UNION SELECT market_id, one, two, back, false FROM pairs
    ), found AS (
        SELECT n.market_id, n.one, n.two, array_agg(n.id ORDER BY n.id) AS ids,
               sum(t.quantity::bigint * t.hours) FILTER (WHERE n.is_there) AS there,
               sum(t.quantity::bigint * t.hours) FILTER (WHERE NOT n.is_there) AS back
        FROM named n JOIN trades t USING (id) GROUP BY 1, 2, 3
    )
    SELECT market_id, one, two, cardinality(ids), least(there, back)::bigint,
           (100 * least(there, back) / greatest(there, back))::int, ARRAY[]::bigint[], ids[:{EVIDENCE_MAX}]
    FROM found WHERE least(there, back) >= {WASH_ACCELERATOR_HOURS}
"""

SPOOF = f"""
    WITH {_TRADES}, orders AS MATERIALIZED (
        SELECT id, market_id, participant_id, side, quantity::bigint * hours AS accelerator_hours, state, placed_at, closed_at,
               filled_accelerator_hours
        FROM matching_order
        WHERE id > coalesce((SELECT id FROM matching_order WHERE placed_at < %(since)s - interval '1 hour' ORDER BY id DESC LIMIT 1), 0)
          AND placed_at < %(until)s
    ), usual AS (
        SELECT market_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY accelerator_hours) AS accelerator_hours
        FROM orders GROUP BY market_id
    ), fleeting AS (
        SELECT o.*, extract(epoch FROM o.closed_at - o.placed_at) AS lived_s
        FROM orders o JOIN usual u USING (market_id)
        WHERE o.state = 'cancelled' AND o.filled_accelerator_hours = 0
          AND o.closed_at - o.placed_at <= interval '{SPOOF_SECONDS} seconds'
          AND o.accelerator_hours >= {SPOOF_TIMES} * u.accelerator_hours
    )
    SELECT f.market_id, f.participant_id, f.participant_id, count(*)::int, sum(f.accelerator_hours)::bigint,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY f.lived_s)::int,
           (array_agg(f.id ORDER BY f.id))[:{EVIDENCE_MAX}], ARRAY[]::bigint[]
    FROM fleeting f
    WHERE EXISTS (
        SELECT 1 FROM trades t WHERE t.market_id = f.market_id
          AND CASE WHEN f.side = 1 THEN t.seller_id ELSE t.buyer_id END = f.participant_id
    )
    GROUP BY f.market_id, f.participant_id
    HAVING count(*) >= {SPOOF_ORDERS}
"""

OFF_BAND = f"""
    WITH {_TRADES}, measured AS (
        SELECT t.*, r.band_bps, (abs(t.price_fen - r.price_fen)::bigint * 10000 / r.price_fen)::int AS away_bps
        FROM trades t
        CROSS JOIN LATERAL (
            SELECT price_fen, band_bps FROM matching_reference r
            WHERE r.market_id = t.market_id AND r.price_fen IS NOT NULL AND r.at <= t.traded_at
            ORDER BY r.id DESC LIMIT 1
        ) r
    )
    SELECT market_id, buyer_id, seller_id, count(*)::int, sum(quantity::bigint * hours)::bigint, max(away_bps),
           ARRAY[]::bigint[], (array_agg(id ORDER BY away_bps DESC, id))[:{EVIDENCE_MAX}]
    FROM measured WHERE away_bps * 100 > band_bps * {OFF_BAND_SHARE}
    GROUP BY 1, 2, 3
"""

STATEMENTS = {Finding.Pattern.WASH: WASH, Finding.Pattern.SPOOF: SPOOF, Finding.Pattern.OFF_BAND: OFF_BAND}
