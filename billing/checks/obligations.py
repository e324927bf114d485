"""Obligations and VAT: what each cleared trade and each buyer's period still owe, from trades, lines and rates."""

from __future__ import annotations

from billing.checks.check import Check
from billing.models.settlement_run import SETTLED_UNTIL_SQL
from billing.period import PERIOD_SQL
from billing.tax.rates import VAT_BPS_SQL

# The unsettled value and fee of each obligation by invoice period, as clearing splits it.
_REST_BY_PERIOD = f"""
    SELECT o.buyer_id AS participant_id, period.start,
        sum(upto.value_fen - before.value_fen + billing_share_fen(upto.value_fen, o.buyer_fee_bps)
            - billing_share_fen(before.value_fen, o.buyer_fee_bps)) AS base_fen
    FROM billing_obligation o
    CROSS JOIN LATERAL generate_series({PERIOD_SQL.format(hour="o.settled_until")}, o.start + o.hours - 1, 168)
        AS period (start)
    CROSS JOIN LATERAL (
        SELECT o.price_fen::bigint * o.quantity * (greatest(period.start, o.settled_until) - o.start) AS value_fen
    ) AS before
    CROSS JOIN LATERAL (
        SELECT o.price_fen::bigint * o.quantity * (least(period.start + 168, o.start + o.hours) - o.start) AS value_fen
    ) AS upto
    WHERE NOT o.is_settled
    GROUP BY 1, 2
"""

# What an obligation keeps of its trade, and the trade's own word for it.
_KEPT = [
    "market_id",
    "bid_id",
    "buyer_id",
    "seller_id",
    "site_id",
    "start",
    "hours",
    "quantity",
    "price_fen",
    "traded_at",
]

CHECKS = (
    Check(
        "billing_obligation {trade_id}: there is no matching_trade {trade_id}.",
        """
        SELECT o.trade_id FROM billing_obligation o
        WHERE NOT EXISTS (SELECT FROM matching_trade t WHERE t.id = o.trade_id) ORDER BY 1
        """,
    ),
    Check(
        "billing_obligation {trade_id}: {what} is {kept}, that of matching_trade {trade_id} is {traded}.",
        f"""
        SELECT o.trade_id, what, kept, traded FROM billing_obligation o JOIN matching_trade t ON t.id = o.trade_id
        CROSS JOIN LATERAL (VALUES {", ".join(f"('{name}', o.{name}::text, t.{name}::text)" for name in _KEPT)})
            AS each (what, kept, traded)
        WHERE kept <> traded ORDER BY o.trade_id, what
        """,
    ),
    Check(
        "matching_trade {trade_id}: cleared, but it has no obligation.",
        """
        SELECT t.id AS trade_id FROM matching_trade t JOIN billing_clearingcursor c USING (market_id)
        WHERE t.sequence <= c.sequence AND NOT EXISTS (SELECT FROM billing_obligation o WHERE o.trade_id = t.id) ORDER BY 1
        """,
    ),
    Check(
        "billing_obligation {trade_id}: settled up to hour {settled_until} for {settled_value_fen} fen, its settlement lines "
        "reach hour {lines_until} and {lines_value_fen} fen.",
        """
        SELECT o.trade_id, o.settled_until, o.settled_value_fen,
            o.start + coalesce(l.hours, 0) AS lines_until, coalesce(l.value_fen, 0) AS lines_value_fen
        FROM billing_obligation o
        LEFT JOIN (
            SELECT trade_id, sum(hours) AS hours, sum(value_fen) AS value_fen FROM billing_settlementline GROUP BY trade_id
        ) AS l USING (trade_id)
        WHERE o.settled_until <> o.start + coalesce(l.hours, 0) OR o.settled_value_fen <> coalesce(l.value_fen, 0)
            OR o.is_settled <> (o.settled_until = o.start + o.hours)
        ORDER BY o.trade_id
        """,
    ),
    Check(
        "billing_obligation {trade_id}: delivered hours below {last} are not settled.",
        f"""
        SELECT trade_id, {SETTLED_UNTIL_SQL} AS last FROM billing_obligation
        WHERE NOT is_settled AND settled_until < {SETTLED_UNTIL_SQL} ORDER BY trade_id
        """,
    ),
    Check(
        "billing_obligation {trade_id}: {rest_fen} fen of matching_trade {trade_id} are owed, billing_transfer {pending_id} "
        "holds {amount_fen} fen.",
        """
        SELECT o.trade_id, owed.rest_fen, p.id AS pending_id, coalesce(p.amount_fen, 0) AS amount_fen
        FROM billing_obligation o
        LEFT JOIN billing_transfer p ON p.id = o.pending_id
        CROSS JOIN LATERAL (
            SELECT o.price_fen::bigint * o.quantity * o.hours AS whole_fen,
                o.price_fen::bigint * o.quantity * (o.settled_until - o.start) AS settled_fen
        ) AS value
        CROSS JOIN LATERAL (
            SELECT whole_fen - settled_fen + billing_share_fen(whole_fen, o.buyer_fee_bps)
                - billing_share_fen(settled_fen, o.buyer_fee_bps) AS rest_fen
        ) AS owed
        WHERE owed.rest_fen <> coalesce(p.amount_fen, 0)
            OR p.phase <> 'pending' OR p.code <> 'trade' OR p.trade_id <> o.trade_id
            OR EXISTS (SELECT FROM billing_transfer r WHERE r.pending_id = p.id)
        ORDER BY o.trade_id
        """,
    ),
    Check(
        "billing_vatperiod {id}: {what} is {stored} fen, trades and settlement lines come to {computed} fen.",
        f"""
        WITH settled AS (
            SELECT participant_id, start, sum(fen) AS base_fen FROM (
                SELECT t.buyer_id AS participant_id, {PERIOD_SQL.format(hour="l.start")} AS start,
                    l.value_fen + l.buyer_fee_fen AS fen
                FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
                UNION ALL
                SELECT t.buyer_id, {PERIOD_SQL.format(hour="a.hour")}, -a.principal_fen - a.buyer_fee_fen
                FROM billing_adjustment a JOIN billing_obligation t USING (trade_id) WHERE a.kind = 'shortfall'
                UNION ALL
                SELECT n.participant_id, n.start, CASE n.kind WHEN 'credit' THEN -l.amount_fen ELSE l.amount_fen END
                FROM billing_invoiceline l JOIN billing_invoice n ON n.id = l.invoice_id
                JOIN billing_invoice i ON i.id = n.corrects_id AND i.kind = 'invoice' WHERE l.kind = 'allowance'
            ) AS base GROUP BY 1, 2
        ),
        rest AS ({_REST_BY_PERIOD}),
        posted AS (
            SELECT participant_id, start, sum(fen) AS vat_fen FROM (
                SELECT x.participant_id, coalesce(n.start, {PERIOD_SQL.format(hour="r.from_hour")}) AS start,
                    CASE WHEN c.kind = 'vat' THEN x.amount_fen WHEN d.kind = 'vat' THEN -x.amount_fen ELSE 0 END AS fen
                FROM billing_transfer x
                LEFT JOIN billing_settlementrun r ON r.id = x.run_id
                LEFT JOIN billing_invoice n ON x.code = 'credit_note' AND n.number = split_part(x.key, ':', 1)
                JOIN billing_account c ON c.id = x.credit_account_id JOIN billing_account d ON d.id = x.debit_account_id
                WHERE x.code IN ('vat', 'make_good', 'credit_note')
            ) AS moved GROUP BY 1, 2
        )
        SELECT v.id, what, stored, computed FROM billing_vatperiod v
        LEFT JOIN settled USING (participant_id, start) LEFT JOIN rest USING (participant_id, start)
        LEFT JOIN posted USING (participant_id, start) LEFT JOIN billing_transfer p ON p.id = v.pending_id
        CROSS JOIN LATERAL (
            SELECT coalesce(settled.base_fen, 0)::bigint AS settled_fen, coalesce(rest.base_fen, 0)::bigint AS rest_fen
        ) AS base
        CROSS JOIN LATERAL (VALUES
            ('settled_base_fen', v.settled_base_fen, base.settled_fen),
            ('unsettled_base_fen', v.unsettled_base_fen, base.rest_fen),
            ('posted_fen', v.posted_fen, billing_share_fen(base.settled_fen, v.rate_bps)),
            ('VAT posted in the ledger', coalesce(posted.vat_fen, 0), billing_share_fen(base.settled_fen, v.rate_bps)),
            ('VAT pending', coalesce(p.amount_fen, 0), billing_share_fen(base.settled_fen + base.rest_fen, v.rate_bps)
                - billing_share_fen(base.settled_fen, v.rate_bps)),
            ('the rate in bps', v.rate_bps, {VAT_BPS_SQL.format(start="v.start", participant="v.participant_id")})
        ) AS each (what, stored, computed)
        WHERE stored <> computed ORDER BY v.id, what
        """,
    ),
    Check(
        "billing_vatperiod of participant {participant_id} from hour {start}: missing for {base_fen} fen of trades.",
        f"""
        SELECT rest.* FROM ({_REST_BY_PERIOD}) AS rest LEFT JOIN billing_vatperiod v USING (participant_id, start)
        WHERE v.id IS NULL ORDER BY 1, 2
        """,
    ),
)
