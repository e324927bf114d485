"""A buyer's VAT of an invoice period: one cumulative amount, posted as hours are delivered, pending for the rest.

Posted is always round_half_up(rate x settled base); pending is round_half_up(rate x whole base) less that.
"""

from __future__ import annotations

from django.db import connection

from billing.ledger import COLUMNS, NEXT_ID
from billing.period import PERIOD_SQL
from billing.tax.rates import VAT_BPS_SQL

_OPEN = (
    "CREATE TEMP TABLE IF NOT EXISTS vat_change ("
    "vat_period_id bigint, participant_id integer, funds_id bigint, obligations_id bigint, old_pending_id bigint, "
    "old_pending_fen bigint, settled_base_fen bigint, unsettled_base_fen bigint, posted_fen bigint, post_fen bigint, "
    "pending_fen bigint, transfer_id bigint) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS vat_base_change (participant_id integer, start integer, "
    "unsettled_change_fen bigint, settled_change_fen bigint) ON COMMIT DELETE ROWS",
    "DELETE FROM vat_change",
    "DELETE FROM vat_base_change",
)

_OPEN_PERIODS = f"""
INSERT INTO billing_vatperiod (participant_id, start, rate_bps, settled_base_fen, unsettled_base_fen, posted_fen)
SELECT b.participant_id, b.start, {VAT_BPS_SQL.format(start="b.start", participant="b.participant_id")}, 0, 0, 0
FROM vat_base_change b
ON CONFLICT (participant_id, start) DO NOTHING
"""

_CHANGE = f"""
INSERT INTO vat_change
SELECT v.id, v.participant_id, funds.id, obligations.id, v.pending_id, coalesce(p.amount_fen, 0), base.settled,
    base.unsettled, amount.posted, amount.posted - v.posted_fen, amount.whole - amount.posted,
    CASE WHEN amount.whole > amount.posted THEN {NEXT_ID} END
FROM vat_base_change b
JOIN billing_vatperiod v ON v.participant_id = b.participant_id AND v.start = b.start
JOIN billing_account funds ON funds.participant_id = v.participant_id AND funds.kind = 'funds'
JOIN billing_account obligations ON obligations.participant_id = v.participant_id AND obligations.kind = 'obligations'
LEFT JOIN billing_transfer p ON p.id = v.pending_id
CROSS JOIN LATERAL (
    SELECT v.settled_base_fen + b.settled_change_fen AS settled, v.unsettled_base_fen + b.unsettled_change_fen AS unsettled
) AS base
CROSS JOIN LATERAL (
    SELECT billing_share_fen(base.settled, v.rate_bps) AS posted,
        billing_share_fen(base.settled + base.unsettled, v.rate_bps) AS whole
) AS amount
"""

# A pending transfer that would come back with its old amount is left alone.
_STAGE = f"""
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT {NEXT_ID}, funds_id, obligations_id, CASE WHEN post_fen > 0 THEN post_fen ELSE old_pending_fen END, 'trade_vat',
    CASE WHEN post_fen > 0 THEN 'post' ELSE 'void' END, old_pending_id, NULL::bigint, NULL::bigint, participant_id,
    %(run)s::bigint, NULL
FROM vat_change WHERE old_pending_id IS NOT NULL AND (post_fen > 0 OR old_pending_fen <> pending_fen)
UNION ALL
SELECT transfer_id, funds_id, obligations_id, pending_fen, 'trade_vat', 'pending', NULL, NULL, NULL, participant_id,
    %(run)s::bigint, NULL
FROM vat_change WHERE pending_fen > 0 AND (post_fen > 0 OR old_pending_fen <> pending_fen)
UNION ALL
SELECT {NEXT_ID}, c.obligations_id, exchange.id, c.post_fen, 'vat', 'posted', NULL, NULL, NULL, c.participant_id,
    %(run)s::bigint, NULL
FROM vat_change c
JOIN billing_account exchange ON exchange.kind = 'vat' AND exchange.participant_id IS NULL
WHERE c.post_fen > 0
"""

# A changed base of delivered hours moves what is posted either way; the money goes by the caller's transfers. What is still
# pending may round to another fen: where it grows, the caller's refund pays for it, or it is lent (a debt, receivable).
_STAGE_RETURNS = f"""
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT {NEXT_ID}, funds_id, obligations_id, old_pending_fen, 'trade_vat', 'void', old_pending_id, NULL::bigint, NULL::bigint,
    participant_id, %(run)s::bigint, NULL
FROM vat_change WHERE old_pending_id IS NOT NULL AND old_pending_fen <> pending_fen
UNION ALL
SELECT transfer_id, funds_id, obligations_id, pending_fen, 'trade_vat', 'pending', NULL, NULL, NULL, participant_id,
    %(run)s::bigint, NULL
FROM vat_change WHERE pending_fen > 0 AND old_pending_fen <> pending_fen
UNION ALL
SELECT {NEXT_ID}, part.debit_id, part.credit_id, c.pending_fen - c.old_pending_fen, 'make_good', 'posted', NULL, NULL, NULL,
    c.participant_id, %(run)s::bigint, NULL
FROM vat_change c
JOIN billing_account debt ON debt.participant_id = c.participant_id AND debt.kind = 'receivable'
JOIN billing_account clearing ON clearing.participant_id IS NULL AND clearing.kind = 'clearing'
CROSS JOIN LATERAL (VALUES (debt.id, clearing.id), (clearing.id, c.funds_id)) AS part (debit_id, credit_id)
WHERE c.post_fen > 0 AND c.pending_fen > c.old_pending_fen
"""

_KEEP = """
UPDATE billing_vatperiod v SET
    settled_base_fen = c.settled_base_fen,
    unsettled_base_fen = c.unsettled_base_fen,
    posted_fen = c.posted_fen,
    pending_id = CASE WHEN c.post_fen > 0 OR c.old_pending_fen <> c.pending_fen THEN c.transfer_id ELSE v.pending_id END
FROM vat_change c WHERE c.vat_period_id = v.id
"""


def period_sql(hour: str) -> str:
    """Return the SQL of the first hour of the invoice period of `hour` (an SQL expression)."""
    return PERIOD_SQL.format(hour=hour)


def stage_changes(*, bases_sql: str, run_id: int | None) -> None:
    """Stage the transfers that changed bases need; must run between `open_stage` and `post_staged`.

    `bases_sql` selects participant_id, start (of the period), unsettled_change_fen and settled_change_fen, a row each.
    """
    _find_changes(bases_sql)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE, {"run": run_id})


def stage_returns(*, bases_sql: str, run_id: int) -> None:
    """Stage what pending VAT becomes when bases of delivered hours change afterwards; `bases_sql` as in `stage_changes`.

    What is posted changes by `post_fen` of the table `vat_change`; the caller stages those transfers.
    """
    _find_changes(bases_sql)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vat_change SET transfer_id = old_pending_id WHERE old_pending_fen = pending_fen")
        cursor.execute(_STAGE_RETURNS, {"run": run_id})


def _find_changes(bases_sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(_OPEN))
        cursor.execute(f"INSERT INTO vat_base_change {bases_sql}")
        cursor.execute(_OPEN_PERIODS)
        cursor.execute(_CHANGE)


def keep_changes() -> None:
    """Write the periods' new bases and amounts, once the staged transfers are posted."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP)
