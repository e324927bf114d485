"""Delivery: adjustments against readings, disputes and trades, and the ledger and the runs against adjustments."""

from __future__ import annotations

from billing.checks.check import Check
from billing.delivery.penalty import PENALTY_BPS_SQL

_HELD = """
    coalesce((SELECT sum(o.quantity) FROM billing_obligation o WHERE o.buyer_id = {p}.holder_id AND o.site_id = {p}.site_id
        AND o.start <= {p}.hour AND o.start + o.hours > {p}.hour), 0)
    - coalesce((SELECT sum(o.quantity) FROM billing_obligation o WHERE o.seller_id = {p}.holder_id AND o.site_id = {p}.site_id
        AND o.start <= {p}.hour AND o.start + o.hours > {p}.hour), 0)
"""

# Hours of finished runs for which no delta run is due: what readings and disputes say must have been done.
_WANTED = f"""
    WITH said AS (
        SELECT site_id, hour, holder_id FROM billing_meterreading UNION SELECT site_id, hour, holder_id FROM billing_dispute
    ),
    place AS (
        SELECT s.*, {_HELD.format(p="s")} AS held, counts.accelerators AS read, claim.accelerators AS claimed
        FROM said s
        JOIN billing_settlementrun r ON r.kind = 'delivery' AND s.hour >= r.from_hour AND s.hour < r.until_hour
            AND r.state = 'done' AND NOT r.is_stale
        LEFT JOIN LATERAL (
            SELECT accelerators FROM billing_meterreading m
            WHERE m.site_id = s.site_id AND m.hour = s.hour AND m.holder_id = s.holder_id
            ORDER BY is_ruling DESC, read_at DESC, id DESC LIMIT 1
        ) AS counts ON true
        LEFT JOIN billing_dispute claim ON claim.site_id = s.site_id AND claim.hour = s.hour
            AND claim.holder_id = s.holder_id AND claim.state = 'open'
    ),
    wanted AS (
        SELECT site_id, hour, holder_id, 'shortfall' AS kind, greatest(held - coalesce(read, held), 0) AS accelerators FROM place
        UNION ALL
        SELECT site_id, hour, holder_id, 'dispute', greatest(least(coalesce(read, held), held) - coalesce(claimed, held), 0)
        FROM place
    ),
    done AS (
        SELECT o.site_id, a.hour, o.buyer_id AS holder_id, a.kind, sum(a.accelerators) AS accelerators
        FROM billing_adjustment a JOIN billing_obligation o USING (trade_id) GROUP BY 1, 2, 3, 4
    )
    SELECT site_id, hour, holder_id, kind, w.accelerators AS wanted, coalesce(d.accelerators, 0) AS done
    FROM wanted w LEFT JOIN done d USING (site_id, hour, holder_id, kind)
    WHERE w.accelerators <> coalesce(d.accelerators, 0)
    UNION ALL
    SELECT site_id, hour, holder_id, kind, 0, d.accelerators FROM done d
    WHERE d.accelerators <> 0 AND NOT EXISTS (SELECT FROM said s
        WHERE s.site_id = d.site_id AND s.hour = d.hour AND s.holder_id = d.holder_id)
    ORDER BY 1, 2, 3, 4
"""

CHECKS = (
    Check(
        "billing_meterreading {id}: {accelerators} accelerators in hour {hour}, {held} were held.",
        f"""
        SELECT m.id, m.accelerators, m.hour, {_HELD.format(p="m")} AS held FROM billing_meterreading m
        WHERE m.accelerators > {_HELD.format(p="m")} ORDER BY m.id
        """,
    ),
    Check(
        "billing_adjustment of participant {holder_id} at site {site_id} in hour {hour}: {kind} of {done} accelerators, "
        "readings and disputes say {wanted}.",
        _WANTED,
    ),
    Check(
        "billing_adjustment {id}: {principal_fen} fen are not {accelerators} accelerators of matching_trade {trade_id} in "
        "hour {hour}, or all of them together are none or more than it sold.",
        """
        SELECT * FROM (
            SELECT a.id, a.trade_id, a.hour, a.accelerators, a.principal_fen, o.price_fen, o.quantity, o.start,
                o.settled_until, sum(a.accelerators) OVER (PARTITION BY a.trade_id, a.hour, a.kind ORDER BY a.id) AS so_far
            FROM billing_adjustment a JOIN billing_obligation o USING (trade_id)
        ) AS x
        WHERE principal_fen <> accelerators::bigint * price_fen OR so_far < 0 OR so_far > quantity
            OR hour < start OR hour >= settled_until
        ORDER BY id
        """,
    ),
    Check(
        "billing_adjustment {id}: penalty of {penalty_fen} and returned fee of {buyer_fee_fen} fen, the rates give {penalty} "
        "and {fee} fen.",
        f"""
        SELECT * FROM (
            SELECT id, penalty_fen, buyer_fee_fen,
                billing_share_fen(upto, penalty_bps) - billing_share_fen(before, penalty_bps) AS penalty,
                billing_share_fen(upto, buyer_fee_bps) - billing_share_fen(before, buyer_fee_bps) AS fee
            FROM (
                SELECT a.id, a.penalty_fen, a.buyer_fee_fen, o.buyer_fee_bps, greatest(so_far, 0)::bigint AS upto,
                    greatest(so_far - a.principal_fen, 0)::bigint AS before,
                    {PENALTY_BPS_SQL.format(traded_at="o.traded_at")} AS penalty_bps
                FROM (
                    SELECT *, sum(principal_fen) OVER (PARTITION BY trade_id ORDER BY id) AS so_far
                    FROM billing_adjustment WHERE kind = 'shortfall'
                ) AS a JOIN billing_obligation o USING (trade_id)
            ) AS each
        ) AS x WHERE penalty_fen <> penalty OR buyer_fee_fen <> fee ORDER BY id
        """,
    ),
    Check(
        "billing_adjustment {id}: corrects {corrects_id}, the one before it is {before}.",
        """
        SELECT * FROM (
            SELECT id, corrects_id, lag(id) OVER (PARTITION BY trade_id, hour, kind ORDER BY id) AS before FROM billing_adjustment
        ) AS x WHERE corrects_id IS DISTINCT FROM before ORDER BY id
        """,
    ),
    Check(
        "billing_settlementrun {id}: {what} is {stored}, its adjustments and transfers come to {computed}.",
        """
        WITH part AS (
            SELECT run_id, count(*) AS rows, sum(principal_fen) FILTER (WHERE kind = 'shortfall') AS principal_fen,
                sum(penalty_fen) AS penalty_fen, sum(buyer_fee_fen) AS fee_fen,
                sum(principal_fen) FILTER (WHERE kind = 'dispute') AS disputed_fen
            FROM billing_adjustment GROUP BY run_id
        ),
        vat AS (
            SELECT x.run_id, sum(CASE WHEN d.kind = 'vat' THEN x.amount_fen ELSE -x.amount_fen END) AS vat_fen
            FROM billing_transfer x JOIN billing_account d ON d.id = x.debit_account_id
            JOIN billing_account c ON c.id = x.credit_account_id
            WHERE x.code = 'make_good' AND 'vat' IN (d.kind, c.kind) GROUP BY x.run_id
        )
        SELECT r.id, what, stored, computed FROM billing_settlementrun r
        LEFT JOIN part p ON p.run_id = r.id LEFT JOIN vat v ON v.run_id = r.id
        CROSS JOIN LATERAL (VALUES
            ('adjustments_made', r.adjustments_made::bigint, coalesce(p.rows, 0)),
            ('principal_fen', r.principal_fen, coalesce(p.principal_fen, 0)),
            ('penalty_fen', r.penalty_fen, coalesce(p.penalty_fen, 0)),
            ('returned_fee_fen', r.returned_fee_fen, coalesce(p.fee_fen, 0)),
            ('disputed_fen', r.disputed_fen, coalesce(p.disputed_fen, 0)),
            ('returned_vat_fen', r.returned_vat_fen, coalesce(v.vat_fen, 0))
        ) AS each (what, stored, computed)
        WHERE stored <> computed ORDER BY r.id, what
        """,
    ),
    Check(
        "billing_settlementrun {run_id}: {code} of participant {who} is {stored} fen in the ledger, its adjustments come to "
        "{computed} fen.",
        """
        WITH wanted AS (
            SELECT run_id, code, who, sum(fen) AS fen FROM (
                SELECT a.run_id, 'make_good' AS code, o.buyer_id AS who,
                    a.principal_fen + a.penalty_fen + a.buyer_fee_fen AS fen
                FROM billing_adjustment a JOIN billing_obligation o USING (trade_id) WHERE a.kind = 'shortfall'
                UNION ALL
                SELECT x.run_id, 'make_good', x.participant_id,
                    CASE WHEN d.kind = 'vat' THEN x.amount_fen ELSE -x.amount_fen END
                FROM billing_transfer x JOIN billing_account d ON d.id = x.debit_account_id
                JOIN billing_account c ON c.id = x.credit_account_id
                WHERE x.code = 'make_good' AND 'vat' IN (d.kind, c.kind)
                UNION ALL
                SELECT a.run_id, 'shortfall', s.provider_id, -a.principal_fen - a.penalty_fen
                FROM billing_adjustment a JOIN billing_obligation o USING (trade_id) JOIN matching_site s ON s.id = o.site_id
                WHERE a.kind = 'shortfall'
                UNION ALL
                SELECT a.run_id, 'dispute', o.seller_id, -a.principal_fen
                FROM billing_adjustment a JOIN billing_obligation o USING (trade_id) WHERE a.kind = 'dispute'
            ) AS flow GROUP BY 1, 2, 3
        ),
        ledger AS (
            SELECT x.run_id, x.code, x.participant_id AS who,
                sum(CASE WHEN c.participant_id IS NOT NULL THEN x.amount_fen ELSE -x.amount_fen END) AS fen
            FROM billing_transfer x JOIN billing_account d ON d.id = x.debit_account_id
            JOIN billing_account c ON c.id = x.credit_account_id
            WHERE x.code IN ('make_good', 'shortfall', 'dispute') AND coalesce(d.participant_id, c.participant_id) IS NOT NULL
            GROUP BY 1, 2, 3
        )
        SELECT run_id, code, who, coalesce(l.fen, 0) AS stored, coalesce(w.fen, 0) AS computed
        FROM wanted w FULL JOIN ledger l USING (run_id, code, who)
        WHERE coalesce(l.fen, 0) <> coalesce(w.fen, 0) ORDER BY run_id, code, who
        """,
    ),
    Check(
        "billing_account {id} (disputed): {stored} fen are kept, open disputes come to {computed} fen.",
        """
        SELECT a.id, a.credits_posted - a.debits_posted AS stored, d.fen AS computed FROM billing_account a
        CROSS JOIN (
            SELECT coalesce(sum(principal_fen), 0) AS fen FROM billing_adjustment WHERE kind = 'dispute'
        ) AS d WHERE a.kind = 'disputed' AND a.credits_posted - a.debits_posted <> d.fen
        """,
    ),
    Check(
        "billing_dispute {id}: upheld without a ruling of its own hour, or a ruling that no dispute made.",
        """
        SELECT d.id FROM billing_dispute d LEFT JOIN billing_meterreading m ON m.id = d.ruling_id
        WHERE d.state = 'upheld' AND (m.id IS NULL OR NOT m.is_ruling OR m.site_id <> d.site_id OR m.hour <> d.hour
            OR m.holder_id <> d.holder_id)
        UNION ALL
        SELECT m.id FROM billing_meterreading m
        WHERE m.is_ruling AND NOT EXISTS (SELECT FROM billing_dispute d WHERE d.ruling_id = m.id) ORDER BY 1
        """,
    ),
)
