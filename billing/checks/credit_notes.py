"""Notes: each fits the document that it corrects, none is credited beyond its total, and the ledger moved what allowances say."""

from __future__ import annotations

from billing.checks.check import Check

CHECKS = (
    Check(
        "billing_invoice {id} ({number}): {sentence}",
        """
        SELECT n.id, n.number, 'its parties, period or rate are not those of ' || o.number || ', which it corrects.' AS sentence
        FROM billing_invoice n JOIN billing_invoice o ON o.id = n.corrects_id
        WHERE o.corrects_id IS NOT NULL OR (n.participant_id, n.start, n."end", n.vat_rate_bps)
            <> (o.participant_id, o.start, o."end", o.vat_rate_bps) OR n.buyer <> o.buyer OR n.seller <> o.seller
            OR n.issued_at < o.issued_at
        UNION ALL
        SELECT o.id, o.number, 'is credited by ' || -left_fen || ' fen more than its total.'
        FROM billing_invoice o CROSS JOIN LATERAL (
            SELECT o.total_fen + sum(CASE n.kind WHEN 'credit' THEN -n.total_fen ELSE n.total_fen END) AS left_fen
            FROM billing_invoice n WHERE n.corrects_id = o.id
        ) AS rest
        WHERE left_fen < 0 AND o.kind <> 'statement'
        UNION ALL
        SELECT n.id, n.number, 'its run ' || coalesce(n.run_id::text, '') || ' is no delta run of its period.'
        FROM billing_invoice n LEFT JOIN billing_settlementrun r ON r.id = n.run_id
        WHERE n.corrects_id IS NOT NULL AND n.issued_by = ''
            AND (r.id IS NULL OR r.kind <> 'delta' OR r.from_hour < n.start OR r.until_hour > n."end")
        ORDER BY 1, 3
        """,
    ),
    Check(
        "billing_invoice {number}: an allowance of {stated_fen} fen, the ledger moved {moved_fen} fen under its number.",
        """
        WITH stated AS (
            SELECT n.number, n.total_fen AS fen FROM billing_invoice n
            WHERE n.corrects_id IS NOT NULL
                AND EXISTS (SELECT FROM billing_invoiceline l WHERE l.invoice_id = n.id AND l.kind = 'allowance')
        ),
        moved AS (
            SELECT split_part(key, ':', 1) AS number, sum(amount_fen) AS fen FROM billing_transfer
            WHERE code = 'credit_note' AND corrects_id IS NULL GROUP BY 1
        )
        SELECT number, coalesce(s.fen, 0) AS stated_fen, coalesce(m.fen, 0) AS moved_fen
        FROM stated s FULL JOIN moved m USING (number) WHERE coalesce(s.fen, 0) <> coalesce(m.fen, 0) ORDER BY 1
        """,
    ),
)
