"""Vouchers: uses against charges and shares, sums against uses, and the ledger against both."""

from __future__ import annotations

from billing.checks.check import Check

# What a voucher covers of a day and class, run by run.
_SO_FAR = """
    so_far AS (
        SELECT u.id, sum(u.base_fen) OVER part AS base_fen, sum(u.amount_fen) OVER part AS sum_fen, x.share_bps
        FROM billing_voucheruse u JOIN billing_voucher v ON v.id = u.voucher_id
        LEFT JOIN billing_voucherrate x ON x.programme_id = v.programme_id AND x.compute_class_id = u.compute_class_id
        WINDOW part AS (PARTITION BY u.voucher_id, u.compute_class_id, u.day ORDER BY u.id)
    )
"""

CHECKS = (
    Check(
        "billing_voucheruse {id}: {sum_fen} fen so far are not {share_bps} bps of the {base_fen} fen that it covers so far.",
        f"""
        WITH {_SO_FAR}
        SELECT id, sum_fen, share_bps, base_fen FROM so_far
        WHERE base_fen < 0 OR share_bps IS NULL OR sum_fen <> billing_share_fen(base_fen::bigint, share_bps) ORDER BY id
        """,
    ),
    Check(
        "billing_voucheruse: {base_fen} fen of compute class {compute_class_id} are covered for participant {participant_id} on "
        "the day from hour {day}, it is charged {charged_fen} fen.",
        """
        WITH covered AS (
            SELECT v.participant_id, u.compute_class_id, u.day, sum(u.base_fen) AS base_fen
            FROM billing_voucheruse u JOIN billing_voucher v ON v.id = u.voucher_id GROUP BY 1, 2, 3
        )
        SELECT c.*, charged.fen AS charged_fen FROM covered c CROSS JOIN LATERAL (
            SELECT coalesce(sum(fen), 0) AS fen FROM (
                SELECT o.market_id, l.value_fen AS fen FROM billing_settlementline l JOIN billing_obligation o USING (trade_id)
                WHERE o.buyer_id = c.participant_id AND l.start >= c.day AND l.start < c.day + 24
                UNION ALL
                SELECT o.market_id, -a.principal_fen FROM billing_adjustment a JOIN billing_obligation o USING (trade_id)
                WHERE o.buyer_id = c.participant_id AND a.kind = 'shortfall' AND a.hour >= c.day AND a.hour < c.day + 24
            ) AS x JOIN matching_market m ON m.id = x.market_id WHERE m.compute_class_id = c.compute_class_id
        ) AS charged
        WHERE c.base_fen > charged.fen ORDER BY 1, 2, 3
        """,
    ),
    Check(
        "billing_voucher {id}: {used_fen} fen used of {limit_fen} fen, its uses come to {sum_fen} fen.",
        """
        SELECT v.id, v.used_fen, v.limit_fen, coalesce(sum(u.amount_fen), 0) AS sum_fen
        FROM billing_voucher v LEFT JOIN billing_voucheruse u ON u.voucher_id = v.id
        GROUP BY v.id HAVING v.used_fen <> coalesce(sum(u.amount_fen), 0) OR v.used_fen > v.limit_fen ORDER BY v.id
        """,
    ),
    Check(
        "billing_voucherprogramme {id}: {used_fen} fen used of {budget_fen} fen, its vouchers have used {sum_fen} fen.",
        """
        SELECT p.id, p.used_fen, p.budget_fen, coalesce(sum(v.used_fen), 0) AS sum_fen
        FROM billing_voucherprogramme p LEFT JOIN billing_voucher v ON v.programme_id = p.id
        GROUP BY p.id HAVING p.used_fen <> coalesce(sum(v.used_fen), 0) OR p.used_fen > p.budget_fen ORDER BY p.id
        """,
    ),
    Check(
        "billing_settlementrun {run_id}: vouchers of participant {participant_id} paid {stored} fen in the ledger, their uses "
        "come to {computed} fen.",
        """
        WITH ledger AS (
            SELECT coalesce(x.run_id, 0) AS run_id, x.participant_id, sum(CASE WHEN d.kind = 'subsidy' THEN x.amount_fen ELSE -x.amount_fen END) AS fen
            FROM billing_transfer x JOIN billing_account d ON d.id = x.debit_account_id WHERE x.code = 'voucher' GROUP BY 1, 2
        ),
        used AS (
            SELECT coalesce(u.run_id, 0) AS run_id, v.participant_id, sum(u.amount_fen) AS fen
            FROM billing_voucheruse u JOIN billing_voucher v ON v.id = u.voucher_id GROUP BY 1, 2
        )
        SELECT run_id, participant_id, coalesce(ledger.fen, 0) AS stored, coalesce(used.fen, 0) AS computed
        FROM ledger FULL JOIN used USING (run_id, participant_id)
        WHERE coalesce(ledger.fen, 0) <> coalesce(used.fen, 0) ORDER BY 1, 2
        """,
    ),
    Check(
        "billing_invoice {id} ({number}): {voucher_fen} fen of it by voucher after its notes, uses of its period come to "
        "{sum_fen} fen.",
        """
        WITH used AS (
            SELECT v.participant_id, u.day, u.amount_fen FROM billing_voucheruse u JOIN billing_voucher v ON v.id = u.voucher_id
        )
        SELECT * FROM (
            SELECT i.id, i.number, i.voucher_fen + coalesce((
                    SELECT sum(CASE n.kind WHEN 'credit' THEN -n.voucher_fen ELSE n.voucher_fen END)
                    FROM billing_invoice n WHERE n.corrects_id = i.id), 0) AS voucher_fen,
                coalesce((SELECT sum(amount_fen) FROM used
                    WHERE participant_id = i.participant_id AND day >= i.start AND day < i."end"), 0) AS sum_fen
            FROM billing_invoice i WHERE i.kind = 'invoice'
        ) AS x WHERE voucher_fen <> sum_fen ORDER BY id
        """,
    ),
    Check(
        "billing_account {id} (subsidy): its balance is {balance_fen} fen, programmes have paid {used_fen} and received "
        "{received_fen} fen.",
        """
        SELECT a.id, a.debits_posted - a.credits_posted AS balance_fen, p.used_fen, p.received_fen FROM billing_account a
        CROSS JOIN (
            SELECT coalesce(sum(used_fen), 0) AS used_fen, coalesce(sum(received_fen), 0) AS received_fen
            FROM billing_voucherprogramme
        ) AS p
        WHERE a.kind = 'subsidy' AND a.debits_posted - a.credits_posted <> p.used_fen - p.received_fen
        """,
    ),
)
