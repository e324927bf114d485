"""Payments: each paid top-up has moved exactly its amount, and nothing came in through a provider otherwise."""

from __future__ import annotations

from billing.checks.check import Check

CHECKS = (
    Check(
        "billing_topup {id}: paid {amount_fen} fen, its billing_transfer {transfer_id} moved {moved_fen}.",
        """
        SELECT u.id, u.amount_fen, u.transfer_id, coalesce(t.amount_fen, 0) AS moved_fen
        FROM billing_topup u LEFT JOIN billing_transfer t ON t.id = u.transfer_id
        LEFT JOIN billing_account credit ON credit.id = t.credit_account_id
        LEFT JOIN billing_account debit ON debit.id = t.debit_account_id
        WHERE u.state = 'paid' AND (t.id IS NULL OR t.amount_fen <> u.amount_fen OR t.phase <> 'posted'
            OR debit.kind <> 'processor' OR credit.kind <> 'funds' OR credit.participant_id <> u.participant_id)
        ORDER BY u.id
        """,
    ),
    Check(
        "billing_transfer {id}: {amount_fen} fen came in through a provider of payments without a top-up.",
        """
        SELECT t.id, t.amount_fen FROM billing_transfer t JOIN billing_account a ON a.id = t.debit_account_id
        WHERE a.kind = 'processor' AND t.code = 'top_up'
            AND NOT EXISTS (SELECT FROM billing_topup u WHERE u.transfer_id = t.id)
        ORDER BY t.id
        """,
    ),
)
