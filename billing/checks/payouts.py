"""Payouts: each has exactly its amount reserved, moved or freed in the ledger, as its state says."""

from __future__ import annotations

from billing.checks.check import Check

CHECKS = (
    Check(
        "billing_payout {id}: is {state}, but its billing_transfer {pending_id} of {pending_fen} fen has ended by {ended}.",
        """
        SELECT p.id, p.state, p.pending_id, t.amount_fen AS pending_fen, coalesce(r.phase, 'nothing') AS ended
        FROM billing_payout p JOIN billing_transfer t ON t.id = p.pending_id
        LEFT JOIN billing_transfer r ON r.pending_id = t.id
        WHERE t.amount_fen <> p.amount_fen OR t.code <> 'payout' OR t.phase <> 'pending'
            OR coalesce(r.phase, '') <> CASE
                WHEN p.state = 'reserved' THEN '' WHEN p.state IN ('paid', 'returned') THEN 'post' ELSE 'void' END
        ORDER BY p.id
        """,
    ),
    Check(
        "billing_payout {id}: {sentence}",
        """
        SELECT p.id, 'came back, but the ledger has no transfer that takes it back.' AS sentence
        FROM billing_payout p JOIN billing_transfer r ON r.pending_id = p.pending_id
        WHERE p.state = 'returned' AND NOT EXISTS (
            SELECT FROM billing_transfer c WHERE c.corrects_id = r.id AND c.amount_fen = p.amount_fen
        )
        ORDER BY p.id
        """,
    ),
    Check(
        "billing_transfer {id}: pays out {amount_fen} fen without a payout.",
        """
        SELECT t.id, t.amount_fen FROM billing_transfer t
        WHERE t.code = 'payout' AND t.phase = 'pending'
            AND NOT EXISTS (SELECT FROM billing_payout p WHERE p.pending_id = t.id)
        ORDER BY t.id
        """,
    ),
)
