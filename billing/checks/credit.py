"""Credit: accounts against limits, what is due against documents and payments, and nothing said to be paid without money."""

from __future__ import annotations

from billing.checks.check import Check

CHECKS = (
    Check(
        "billing_account {id}: has {credit_fen} fen of credit, billing_creditlimit {limit_id} in force gives {limit_fen}.",
        """
        SELECT a.id, a.credit_fen, l.id AS limit_id, coalesce(l.limit_fen, 0) AS limit_fen
        FROM billing_account a LEFT JOIN LATERAL (
            SELECT id, limit_fen FROM billing_creditlimit c
            WHERE c.participant_id = a.participant_id AND c.state = 'approved' AND c.applied_at IS NOT NULL
            ORDER BY from_day DESC, id DESC LIMIT 1
        ) AS l ON true
        WHERE a.kind = 'funds' AND a.credit_fen <> coalesce(l.limit_fen, 0) ORDER BY a.id
        """,
    ),
    Check(
        "billing_invoicedue {id}: {total_fen} fen due on {due_on} after {terms_days} days, billing_invoice {id} says {invoice_fen} "
        "fen issued on {issued_on}.",
        """
        SELECT d.invoice_id AS id, d.total_fen, d.due_on, d.terms_days, i.total_fen AS invoice_fen, issued.issued_on
        FROM billing_invoicedue d JOIN billing_invoice i ON i.id = d.invoice_id
        CROSS JOIN LATERAL (SELECT (i.issued_at AT TIME ZONE 'UTC' + interval '8 hours')::date AS issued_on) AS issued
        WHERE d.total_fen <> i.total_fen OR d.participant_id <> i.participant_id OR i.kind <> 'invoice'
            OR d.due_on <> issued.issued_on + d.terms_days
        ORDER BY d.invoice_id
        """,
    ),
    Check(
        "billing_invoicedue {id}: {paid_fen} fen are paid, its payments come to {sum_fen} fen.",
        """
        SELECT d.invoice_id AS id, d.paid_fen, coalesce(p.fen, 0) AS sum_fen
        FROM billing_invoicedue d
        LEFT JOIN (SELECT due_id, sum(amount_fen) AS fen FROM billing_invoicepayment GROUP BY 1) AS p
            ON p.due_id = d.invoice_id
        WHERE d.paid_fen <> coalesce(p.fen, 0) ORDER BY d.invoice_id
        """,
    ),
    # What has come in and pays nothing yet does so within minutes; what is said to be paid must have been.
    Check(
        "participant {participant_id}: {open_fen} fen of its invoices are open, the ledger says that it owes {owed_fen} fen for them.",
        """
        SELECT d.participant_id, d.open_fen, owed.owed_fen
        FROM (
            SELECT participant_id, sum(open_fen) AS open_fen, sum(total_fen) AS total_fen FROM billing_invoicedue GROUP BY 1
        ) AS d
        JOIN billing_account a ON a.participant_id = d.participant_id AND a.kind = 'funds'
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(v.settled_base_fen + v.posted_fen - coalesce((
                SELECT sum(u.amount_fen) FROM billing_voucheruse u JOIN billing_voucher w ON w.id = u.voucher_id
                WHERE w.participant_id = v.participant_id AND u.day >= v.start AND u.day < v.start + 168), 0)), 0) AS fen
            FROM billing_vatperiod v
            WHERE v.participant_id = d.participant_id AND NOT EXISTS (
                SELECT FROM billing_invoice i
                WHERE i.kind = 'invoice' AND i.participant_id = v.participant_id AND i.start = v.start)
        ) AS not_invoiced
        CROSS JOIN LATERAL (
            SELECT least(d.total_fen, greatest(a.debits_posted - a.credits_posted - not_invoiced.fen, 0)) AS owed_fen
        ) AS owed
        WHERE d.open_fen < owed.owed_fen - coalesce((
            SELECT sum(p.amount_fen) FROM billing_invoicepayment p JOIN billing_invoicedue x ON x.invoice_id = p.due_id
            WHERE x.participant_id = d.participant_id AND p.kind = 'write_off'), 0)
        ORDER BY d.participant_id
        """,
    ),
    Check(
        "billing_writeoff {id}: is {state} for {amount_fen} fen, its billing_transfer {transfer_id} moved {moved_fen}.",
        """
        SELECT w.id, w.state, w.amount_fen, w.transfer_id, coalesce(t.amount_fen, 0) AS moved_fen
        FROM billing_writeoff w LEFT JOIN billing_transfer t ON t.id = w.transfer_id AND t.code = 'write_off'
        LEFT JOIN billing_account a ON a.id = t.credit_account_id
        LEFT JOIN billing_invoicedue d ON d.invoice_id = w.due_id
        WHERE (w.state = 'approved') <> (t.id IS NOT NULL)
            OR (t.id IS NOT NULL AND (t.amount_fen <> w.amount_fen OR a.participant_id <> d.participant_id))
        ORDER BY w.id
        """,
    ),
    Check(
        "billing_transfer {id}: gives up {amount_fen} fen without a write-off.",
        """
        SELECT t.id, t.amount_fen FROM billing_transfer t WHERE t.code = 'write_off' AND t.corrects_id IS NULL
            AND NOT EXISTS (SELECT FROM billing_writeoff w WHERE w.transfer_id = t.id)
        ORDER BY t.id
        """,
    ),
    Check(
        "billing_invoicedue {id}: dunning stands at level {level}, its letters reach {written}.",
        """
        SELECT d.invoice_id AS id, d.level, count(n.id) AS written
        FROM billing_invoicedue d LEFT JOIN billing_dunningnotice n ON n.due_id = d.invoice_id
        GROUP BY d.invoice_id HAVING d.level <> count(n.id) OR d.level <> coalesce(max(n.level), 0) ORDER BY d.invoice_id
        """,
    ),
)
