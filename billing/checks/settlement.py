"""Settlement: lines against trades and rates, runs against lines, and the ledger against both."""

from __future__ import annotations

from billing.checks.check import Check
from billing.period import DAY_SQL

CHECKS = (
    Check(
        "billing_settlementline {id}: names billing_obligation {trade_id} and billing_settlementrun {run_id}, of which one is missing.",
        """
        SELECT l.id, l.trade_id, l.run_id FROM billing_settlementline l
        LEFT JOIN billing_obligation o USING (trade_id) LEFT JOIN billing_settlementrun r ON r.id = l.run_id
        WHERE o.trade_id IS NULL OR r.id IS NULL ORDER BY l.id
        """,
    ),
    Check(
        "billing_settlementline {id}: {hours} h, {accelerator_hours} accelerator-hours and {value_fen} fen are not what "
        "matching_trade {trade_id} sold.",
        """
        SELECT l.id, l.hours, l.accelerator_hours, l.value_fen, l.trade_id
        FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
        WHERE l.hours < 1 OR l.accelerator_hours <> l.hours::bigint * t.quantity
            OR l.value_fen <> l.hours::bigint * t.quantity * t.price_fen
            OR l.start < t.start OR l.start + l.hours > t.start + t.hours
        ORDER BY l.id
        """,
    ),
    Check(
        "billing_settlementline {id}: starts at hour {start}, the hours of matching_trade {trade_id} settled before it end at "
        "{expected}.",
        """
        SELECT * FROM (
            SELECT l.id, l.start, l.trade_id,
                t.start + coalesce(sum(l.hours) OVER (PARTITION BY l.trade_id ORDER BY l.start
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS expected
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
        ) AS x WHERE start <> expected ORDER BY id
        """,
    ),
    Check(
        "billing_settlementline {id}: fees of {buyer_fee_fen} and {seller_fee_fen} fen, the rates of billing_obligation "
        "{trade_id} give {buyer} and {seller} fen.",
        """
        SELECT * FROM (
            SELECT l.id, l.trade_id, l.buyer_fee_fen, l.seller_fee_fen,
                billing_share_fen(upto_fen, t.buyer_fee_bps) - billing_share_fen(before_fen, t.buyer_fee_bps) AS buyer,
                billing_share_fen(upto_fen, t.seller_fee_bps) - billing_share_fen(before_fen, t.seller_fee_bps) AS seller
            FROM billing_settlementline l JOIN billing_obligation t USING (trade_id)
            CROSS JOIN LATERAL (
                SELECT t.price_fen::bigint * t.quantity * greatest(l.start - t.start, 0) AS before_fen,
                    t.price_fen::bigint * t.quantity * greatest(l.start + l.hours - t.start, 0) AS upto_fen
            ) AS value
        ) AS x WHERE buyer_fee_fen <> buyer OR seller_fee_fen <> seller ORDER BY id
        """,
    ),
    Check(
        "billing_settlementline {id}: hours {start} to {until} are not those of billing_settlementrun {run_id}.",
        """
        SELECT l.id, l.start, l.start + l.hours AS until, l.run_id
        FROM billing_settlementline l JOIN billing_settlementrun r ON r.id = l.run_id
        WHERE l.start < r.from_hour OR l.start + l.hours > r.until_hour ORDER BY l.id
        """,
    ),
    Check(
        "billing_settlementrun {id}: {what} is {stored}, its lines and transfers come to {computed}.",
        """
        WITH line AS (
            SELECT run_id, count(*) AS lines, sum(value_fen) AS value_fen, sum(buyer_fee_fen) AS buyer_fee_fen,
                sum(seller_fee_fen) AS seller_fee_fen FROM billing_settlementline GROUP BY run_id
        ),
        vat AS (SELECT run_id, sum(amount_fen) AS vat_fen FROM billing_transfer WHERE code = 'vat' GROUP BY run_id)
        SELECT r.id, what, stored, computed FROM billing_settlementrun r
        LEFT JOIN line ON line.run_id = r.id LEFT JOIN vat ON vat.run_id = r.id
        CROSS JOIN LATERAL (VALUES
            ('lines', r.lines, coalesce(line.lines, 0)),
            ('value_fen', r.value_fen, coalesce(line.value_fen, 0)),
            ('buyer_fee_fen', r.buyer_fee_fen, coalesce(line.buyer_fee_fen, 0)),
            ('seller_fee_fen', r.seller_fee_fen, coalesce(line.seller_fee_fen, 0)),
            ('vat_fen', r.vat_fen, coalesce(vat.vat_fen, 0))
        ) AS each (what, stored, computed)
        WHERE stored <> computed ORDER BY r.id, what
        """,
    ),
    Check(
        "billing_settlementrun {id}: hours {from_hour} to {until_hour} do not follow the last run or leave its day.",
        f"""
        SELECT * FROM (
            SELECT id, from_hour, until_hour, lag(until_hour) OVER (ORDER BY until_hour) AS last FROM billing_settlementrun
            WHERE kind = 'delivery'
        ) AS x WHERE from_hour <> last OR until_hour > {DAY_SQL.format(hour="from_hour")} + 24 ORDER BY id
        """,
    ),
    Check(
        "billing_settlementrun {run_id}: {what} {who} is {stored} fen in the ledger, {computed} fen in the lines.",
        """
        WITH line AS (
            SELECT l.run_id, 'charged to' AS what, t.buyer_id AS who, sum(l.value_fen + l.buyer_fee_fen) AS fen
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id GROUP BY 1, 3
            UNION ALL
            SELECT l.run_id, 'credited to', t.seller_id, sum(l.value_fen - l.seller_fee_fen)
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id GROUP BY 1, 3
            UNION ALL
            SELECT run_id, 'fees', 0, sum(buyer_fee_fen + seller_fee_fen) FROM billing_settlementline GROUP BY 1
        ),
        ledger AS (
            SELECT x.run_id, CASE WHEN x.code = 'fee' THEN 'fees' WHEN a.kind = 'payable' THEN 'credited to'
                ELSE 'charged to' END AS what, coalesce(x.participant_id, 0) AS who, sum(x.amount_fen) AS fen
            FROM billing_transfer x JOIN billing_account a ON a.id = x.credit_account_id
            WHERE x.code IN ('settlement', 'fee') GROUP BY 1, 2, 3
        )
        SELECT run_id, what, CASE WHEN who = 0 THEN 'of the exchange' ELSE 'participant ' || who END AS who,
            coalesce(ledger.fen, 0) AS stored, coalesce(line.fen, 0) AS computed
        FROM line FULL JOIN ledger USING (run_id, what, who)
        WHERE coalesce(ledger.fen, 0) <> coalesce(line.fen, 0) ORDER BY run_id, what, who
        """,
    ),
    Check(
        "billing_transfer {id}: took {amount_fen} fen for matching_trade {trade_id} in billing_settlementrun {run_id}, its "
        "line says {line_fen} fen.",
        """
        SELECT x.id, coalesce(x.amount_fen, 0) AS amount_fen, trade_id, run_id,
            coalesce(l.value_fen + l.buyer_fee_fen, 0) AS line_fen
        FROM (SELECT * FROM billing_transfer WHERE code = 'trade' AND phase = 'post') AS x
        FULL JOIN billing_settlementline l USING (trade_id, run_id)
        WHERE coalesce(x.amount_fen, 0) <> coalesce(l.value_fen + l.buyer_fee_fen, 0) ORDER BY x.id
        """,
    ),
)
