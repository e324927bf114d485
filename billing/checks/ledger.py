"""The ledger: each transfer is as posted, and each account's balances are sums of transfers within their limits."""

from __future__ import annotations

from billing.checks.check import Check

CHECKS = (
    Check(
        "billing_transfer {id}: its amount of {amount_fen} fen or its accounts are not those that were posted.",
        """
        SELECT id, amount_fen FROM billing_transfer WHERE seal IS DISTINCT FROM billing_transfer_seal(
            id, debit_account_id, credit_account_id, amount_fen, code, phase, pending_id) ORDER BY id
        """,
    ),
    Check(
        "billing_transfer {id}: names {name} {named_id}, which is not there.",
        """
        SELECT x.id, name, named_id FROM billing_transfer x
        CROSS JOIN LATERAL (VALUES
            ('billing_account', x.debit_account_id, EXISTS (SELECT FROM billing_account a WHERE a.id = x.debit_account_id)),
            ('billing_account', x.credit_account_id, EXISTS (SELECT FROM billing_account a WHERE a.id = x.credit_account_id)),
            ('pending billing_transfer', x.pending_id, EXISTS (SELECT FROM billing_transfer p WHERE p.id = x.pending_id)),
            ('corrected billing_transfer', x.corrects_id, EXISTS (SELECT FROM billing_transfer c WHERE c.id = x.corrects_id)),
            ('matching_order', x.order_id, EXISTS (SELECT FROM matching_order o WHERE o.id = x.order_id)),
            ('billing_obligation', x.trade_id, EXISTS (SELECT FROM billing_obligation o WHERE o.trade_id = x.trade_id)),
            ('matching_participant', x.participant_id,
                EXISTS (SELECT FROM matching_participant p WHERE p.id = x.participant_id)),
            ('billing_settlementrun', x.run_id, EXISTS (SELECT FROM billing_settlementrun r WHERE r.id = x.run_id))
        ) AS named (name, named_id, is_there)
        WHERE named_id IS NOT NULL AND NOT is_there ORDER BY x.id
        """,
    ),
    Check(
        "billing_transfer {id}: {phase} of {amount_fen} fen does not fit pending billing_transfer {pending_id} "
        "of {pending_fen} fen.",
        """
        SELECT x.id, x.phase, x.amount_fen, p.id AS pending_id, p.amount_fen AS pending_fen
        FROM billing_transfer x JOIN billing_transfer p ON p.id = x.pending_id
        WHERE p.phase <> 'pending' OR x.amount_fen > p.amount_fen
            OR (x.phase = 'void' AND x.amount_fen <> p.amount_fen)
            OR x.debit_account_id <> p.debit_account_id OR x.credit_account_id <> p.credit_account_id
            OR x.code <> p.code
        ORDER BY x.id
        """,
    ),
    Check(
        "billing_transfer {id}: a {code} from {debit_kind} to {credit_kind}, which no transfer rule allows.",
        """
        SELECT x.id, x.code, d.kind AS debit_kind, c.kind AS credit_kind FROM billing_transfer x
        JOIN billing_account d ON d.id = x.debit_account_id JOIN billing_account c ON c.id = x.credit_account_id
        WHERE NOT EXISTS (
            SELECT FROM billing_transferrule r WHERE r.code = x.code AND (
                (r.debit_kind = d.kind AND r.credit_kind = c.kind)
                OR (x.corrects_id IS NOT NULL AND r.debit_kind = c.kind AND r.credit_kind = d.kind)))
        ORDER BY x.id
        """,
    ),
    Check(
        "billing_transfer {id}: its corrections take back {over_fen} fen more than it moved, or do not fit it.",
        """
        SELECT o.id, sum(CASE WHEN c.debit_account_id = o.debit_account_id THEN -c.amount_fen ELSE c.amount_fen END)
            - o.amount_fen AS over_fen
        FROM billing_transfer c JOIN billing_transfer o ON o.id = c.corrects_id
        GROUP BY o.id
        HAVING sum(CASE WHEN c.debit_account_id = o.debit_account_id THEN -c.amount_fen ELSE c.amount_fen END)
                > o.amount_fen
            OR bool_or(o.phase NOT IN ('posted', 'post') OR c.phase <> 'posted' OR c.code <> o.code
                OR least(c.debit_account_id, c.credit_account_id) <> least(o.debit_account_id, o.credit_account_id)
                OR greatest(c.debit_account_id, c.credit_account_id)
                    <> greatest(o.debit_account_id, o.credit_account_id))
        ORDER BY o.id
        """,
    ),
    Check(
        "billing_transfer {id}: its key {key} stands for another payload.",
        """
        SELECT id, key FROM billing_transfer
        WHERE (key IS NULL) <> (payload_hash IS NULL) OR payload_hash <> billing_transfer_payload(
            debit_account_id, credit_account_id, amount_fen, code, phase, pending_id, order_id, trade_id, participant_id,
            run_id, corrects_id)
        ORDER BY id
        """,
    ),
    Check(
        "billing_account {id} ({kind}): {balance} is {stored} fen, its transfers come to {computed} fen.",
        """
        WITH movement AS (
            SELECT account_id, is_debit,
                CASE x.phase WHEN 'pending' THEN x.amount_fen WHEN 'posted' THEN 0 ELSE -p.amount_fen END AS pending_fen,
                CASE WHEN x.phase IN ('posted', 'post') THEN x.amount_fen ELSE 0 END AS posted_fen
            FROM billing_transfer x LEFT JOIN billing_transfer p ON p.id = x.pending_id
            CROSS JOIN LATERAL (VALUES (x.debit_account_id, true), (x.credit_account_id, false)) AS side (account_id, is_debit)
        ),
        total AS (
            SELECT account_id,
                sum(pending_fen) FILTER (WHERE is_debit) AS debits_pending,
                sum(posted_fen) FILTER (WHERE is_debit) AS debits_posted,
                sum(pending_fen) FILTER (WHERE NOT is_debit) AS credits_pending,
                sum(posted_fen) FILTER (WHERE NOT is_debit) AS credits_posted
            FROM movement GROUP BY account_id
        )
        SELECT a.id, a.kind, balance, stored, computed
        FROM billing_account a LEFT JOIN total t ON t.account_id = a.id
        CROSS JOIN LATERAL (VALUES
            ('debits_pending', a.debits_pending, coalesce(t.debits_pending, 0)),
            ('debits_posted', a.debits_posted, coalesce(t.debits_posted, 0)),
            ('credits_pending', a.credits_pending, coalesce(t.credits_pending, 0)),
            ('credits_posted', a.credits_posted, coalesce(t.credits_posted, 0))
        ) AS each (balance, stored, computed)
        WHERE stored <> computed ORDER BY a.id, balance
        """,
    ),
    Check(
        "billing_account {id} ({kind}): {over} fen more is spent and held than was paid in and is lent.",
        """
        SELECT id, kind, debits_pending + debits_posted - credits_posted - overdraft_fen AS over FROM billing_account
        WHERE kind IN ('funds', 'obligations', 'payable')
            AND debits_pending + debits_posted > credits_posted + overdraft_fen ORDER BY id
        """,
    ),
    Check(
        "billing_account {id} (clearing): {off} fen are left in it; after settlement it must be empty.",
        """
        SELECT id, credits_posted - debits_posted AS off FROM billing_account
        WHERE kind = 'clearing' AND credits_posted <> debits_posted
        """,
    ),
)
