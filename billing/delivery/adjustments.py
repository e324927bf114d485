"""What readings and disputes change of settled hours: found as differences, posted with the run that found them.

For each trade and settled hour there is an amount that should have been made good or kept back, and what the runs before
did; a run posts the difference and links it to the adjustment before.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import F, Q

from billing import vat
from billing.credit_notes.reclaim import reclaim_allowances
from billing.delivery.penalty import PENALTY_BPS_SQL
from billing.ledger import COLUMNS, NEXT_ID, lock_accounts, open_stage, post_staged
from billing.models import Account, SettlementRun
from billing.vouchers import paying

_IS_DEBT = Q(kind=Account.Kind.RECEIVABLE, debits_posted__gt=F("credits_posted"))

_OPEN = (
    "CREATE TEMP TABLE IF NOT EXISTS adjusted ("
    "trade_id bigint, hour integer, kind varchar, accelerators integer, principal_fen bigint, penalty_fen bigint, "
    "buyer_fee_fen bigint, reading_id bigint, dispute_id bigint, corrects_id bigint, buyer_id integer, seller_id integer, "
    "provider_id integer) ON COMMIT DELETE ROWS",
    "DELETE FROM adjusted",
)

# What is short goes to the newest trades of the holder first: what was bought first is delivered first. So a larger
# shortfall never takes accelerators off a trade's share, and what is contested beyond it is the difference of two shares.
_FIND = """
WITH latest AS (
    SELECT DISTINCT ON (site_id, hour, holder_id) site_id, hour, holder_id, id AS reading_id, accelerators
    FROM billing_meterreading
    WHERE hour >= %(from)s AND hour < %(until)s AND (id <= %(last_reading)s OR is_ruling)
    ORDER BY site_id, hour, holder_id, is_ruling DESC, read_at DESC, id DESC
),
contested AS (
    SELECT site_id, hour, holder_id, max(id) AS dispute_id, max(id) FILTER (WHERE state = 'open') AS open_id,
        max(accelerators) FILTER (WHERE state = 'open') AS claimed
    FROM billing_dispute WHERE hour >= %(from)s AND hour < %(until)s GROUP BY 1, 2, 3
),
place AS (
    SELECT site_id, hour, holder_id, l.reading_id, l.accelerators, c.dispute_id, c.open_id, c.claimed, s.provider_id
    FROM latest l FULL JOIN contested c USING (site_id, hour, holder_id) JOIN matching_site s ON s.id = site_id
),
bought AS (
    SELECT p.*, o.trade_id, o.quantity, o.price_fen, o.seller_id, o.settled_until,
        sum(o.quantity) OVER (PARTITION BY p.site_id, p.hour, p.holder_id) AS bought,
        coalesce(sum(o.quantity) OVER (PARTITION BY p.site_id, p.hour, p.holder_id ORDER BY o.trade_id DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS newer
    FROM place p JOIN billing_obligation o
        ON o.buyer_id = p.holder_id AND o.site_id = p.site_id AND o.start <= p.hour AND o.start + o.hours > p.hour
),
short AS (
    SELECT b.*, greatest(held - coalesce(b.accelerators, held), 0) AS short,
        CASE WHEN b.open_id IS NULL THEN 0 ELSE greatest(least(held, coalesce(b.accelerators, held)) - b.claimed, 0) END
            AS contested
    FROM bought b CROSS JOIN LATERAL (
        SELECT b.bought - coalesce((
            SELECT sum(o.quantity) FROM billing_obligation o WHERE o.seller_id = b.holder_id AND o.site_id = b.site_id
                AND o.start <= b.hour AND o.start + o.hours > b.hour), 0) AS held
    ) AS holding
),
share AS (
    SELECT s.*, least(s.quantity, greatest(short - newer, 0)) AS is_short,
        least(s.quantity, greatest(short + contested - newer, 0)) AS is_short_or_contested
    FROM short s WHERE s.settled_until > s.hour
),
target AS (
    SELECT trade_id, hour, 'shortfall' AS kind, is_short AS accelerators, price_fen, reading_id, NULL::bigint AS dispute_id,
        holder_id, seller_id, provider_id FROM share
    UNION ALL
    SELECT trade_id, hour, 'dispute', is_short_or_contested - is_short, price_fen, NULL, dispute_id,
        holder_id, seller_id, provider_id FROM share
),
done AS (
    SELECT trade_id, hour, kind, sum(accelerators) AS accelerators, max(id) AS last_id
    FROM billing_adjustment WHERE hour >= %(from)s AND hour < %(until)s GROUP BY 1, 2, 3
)
INSERT INTO adjusted
SELECT t.trade_id, t.hour, t.kind, t.accelerators - coalesce(d.accelerators, 0),
    (t.accelerators - coalesce(d.accelerators, 0)) * t.price_fen::bigint, 0, 0, t.reading_id, t.dispute_id, d.last_id,
    t.holder_id, t.seller_id, t.provider_id
FROM target t LEFT JOIN done d USING (trade_id, hour, kind)
WHERE t.accelerators <> coalesce(d.accelerators, 0)
"""

# Penalty and returned fee are cumulative a trade, as fees are: the rate on all its principal so far, less what was posted.
# A trade's principal so far plus this run's, hour by hour, is never negative, since each hour's own sum is not.
_SHARES = f"""
UPDATE adjusted a SET penalty_fen = share.penalty_fen, buyer_fee_fen = share.buyer_fee_fen
FROM (
    SELECT x.trade_id, x.hour,
        billing_share_fen(x.upto, penalty.bps) - billing_share_fen(x.upto - x.principal_fen, penalty.bps) AS penalty_fen,
        billing_share_fen(x.upto, o.buyer_fee_bps) - billing_share_fen(x.upto - x.principal_fen, o.buyer_fee_bps)
            AS buyer_fee_fen
    FROM (
        SELECT a.trade_id, a.hour, a.principal_fen,
            (coalesce(b.principal_fen, 0) + sum(a.principal_fen) OVER (PARTITION BY a.trade_id ORDER BY a.hour))::bigint AS upto
        FROM adjusted a
        LEFT JOIN LATERAL (
            SELECT sum(principal_fen) AS principal_fen FROM billing_adjustment d
            WHERE d.trade_id = a.trade_id AND d.kind = 'shortfall'
        ) AS b ON true
        WHERE a.kind = 'shortfall'
    ) AS x JOIN billing_obligation o USING (trade_id)
    CROSS JOIN LATERAL {PENALTY_BPS_SQL.format(traded_at="o.traded_at")} AS penalty
) AS share
WHERE a.trade_id = share.trade_id AND a.hour = share.hour AND a.kind = 'shortfall'
"""

_PARTIES = """
SELECT buyer_id FROM adjusted UNION SELECT seller_id FROM adjusted UNION SELECT provider_id FROM adjusted
UNION SELECT participant_id FROM billing_account WHERE kind = 'receivable' AND debits_posted > credits_posted
"""

_OPEN_ACCOUNTS = f"""
INSERT INTO billing_account (participant_id, kind, debits_pending, debits_posted, credits_pending, credits_posted)
SELECT p.buyer_id, kind, 0, 0, 0, 0 FROM ({_PARTIES}) AS p CROSS JOIN (VALUES ('receivable'), ('payable'), ('funds')) AS k (kind)
WHERE NOT EXISTS (SELECT FROM billing_account a WHERE a.participant_id = p.buyer_id AND a.kind = k.kind)
ON CONFLICT DO NOTHING
"""

_ACCOUNTS = f"""
SELECT id FROM billing_account
WHERE participant_id IN ({_PARTIES}) OR (participant_id IS NULL AND kind IN ('clearing', 'disputed', 'fees', 'vat', 'allowances'))
"""

_VAT_BASES = f"""
SELECT buyer_id, {vat.period_sql("hour")}, 0, -sum(principal_fen + buyer_fee_fen)
FROM adjusted WHERE kind = 'shortfall' GROUP BY 1, 2
"""

# A row a movement: whose account or the exchange's of which kind, and what it gets (negative: gives).
_STAGE = f"""
WITH flow AS (
    SELECT 'make_good' AS code, participant_id, 'funds' AS credit_kind, sum(amount_fen) AS amount_fen FROM (
        SELECT buyer_id AS participant_id, principal_fen + penalty_fen + buyer_fee_fen AS amount_fen
        FROM adjusted WHERE kind = 'shortfall'
        UNION ALL
        SELECT participant_id, -post_fen FROM vat_change
    ) AS good GROUP BY participant_id
    UNION ALL
    SELECT 'shortfall', provider_id, 'payable', -sum(principal_fen + penalty_fen)
    FROM adjusted WHERE kind = 'shortfall' GROUP BY provider_id
    UNION ALL
    SELECT 'dispute', seller_id, 'payable', -sum(principal_fen) FROM adjusted WHERE kind = 'dispute' GROUP BY seller_id
),
party AS (
    SELECT f.code, f.participant_id, f.amount_fen, debt.id AS debt_id, own.id AS own_id, hub.id AS hub_id FROM flow f
    JOIN billing_account debt ON debt.participant_id = f.participant_id AND debt.kind = 'receivable'
    JOIN billing_account own ON own.participant_id = f.participant_id AND own.kind = f.credit_kind
    JOIN billing_account hub ON hub.participant_id IS NULL
        AND hub.kind = CASE f.code WHEN 'dispute' THEN 'disputed' ELSE 'clearing' END
),
returned AS (
    SELECT 'fees' AS kind, NULL::integer AS participant_id, sum(buyer_fee_fen) AS amount_fen FROM adjusted
    UNION ALL
    SELECT 'vat', participant_id, -post_fen FROM vat_change
)
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT {NEXT_ID}, CASE WHEN amount_fen > 0 THEN hub_id ELSE debt_id END, CASE WHEN amount_fen > 0 THEN own_id ELSE hub_id END,
    abs(amount_fen), code, 'posted', NULL::bigint, NULL::bigint, NULL::bigint, participant_id, %(run)s::bigint, NULL
FROM party WHERE amount_fen <> 0
UNION ALL
SELECT {NEXT_ID}, CASE WHEN r.amount_fen > 0 THEN a.id ELSE hub.id END, CASE WHEN r.amount_fen > 0 THEN hub.id ELSE a.id END,
    abs(r.amount_fen), 'make_good', 'posted', NULL, NULL, NULL, r.participant_id, %(run)s::bigint, NULL
FROM returned r JOIN billing_account a ON a.participant_id IS NULL AND a.kind = r.kind
JOIN billing_account hub ON hub.participant_id IS NULL AND hub.kind = 'clearing'
WHERE r.amount_fen <> 0
"""

# What is owed to us is paid from what we owe: first from sales, then from free funds, of which credit is a part: else nobody
# would be asked for it, since invoices are open as far as funds are below zero.
_STAGE_OFFSETS = f"""
WITH debt AS (
    SELECT a.id, a.participant_id, a.debits_posted - a.credits_posted AS owed_fen, payable.id AS payable_id,
        funds.id AS funds_id, payable.credits_posted - payable.debits_posted - payable.debits_pending AS payable_fen,
        funds.credits_posted - funds.debits_posted - funds.debits_pending + funds.overdraft_fen AS funds_fen
    FROM billing_account a
    JOIN billing_account payable ON payable.participant_id = a.participant_id AND payable.kind = 'payable'
    JOIN billing_account funds ON funds.participant_id = a.participant_id AND funds.kind = 'funds'
    WHERE a.kind = 'receivable' AND a.debits_posted > a.credits_posted
)
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT {NEXT_ID}, part.account_id, d.id, part.amount_fen, 'offset', 'posted', NULL, NULL, NULL, d.participant_id,
    %(run)s::bigint, NULL
FROM debt d CROSS JOIN LATERAL (VALUES
    (d.payable_id, least(d.owed_fen, d.payable_fen)),
    (d.funds_id, least(d.owed_fen - least(d.owed_fen, d.payable_fen), d.funds_fen))
) AS part (account_id, amount_fen)
WHERE part.amount_fen > 0
"""

_KEEP = """
INSERT INTO billing_adjustment
    (run_id, trade_id, hour, kind, accelerators, principal_fen, penalty_fen, buyer_fee_fen, reading_id, dispute_id, corrects_id)
SELECT %(run)s, trade_id, hour, kind, accelerators, principal_fen, penalty_fen, buyer_fee_fen, reading_id, dispute_id, corrects_id
FROM adjusted ORDER BY trade_id, hour, kind
"""

_TOTAL = """
UPDATE billing_settlementrun r SET adjustments_made = a.rows, principal_fen = a.principal_fen, penalty_fen = a.penalty_fen,
    returned_fee_fen = a.buyer_fee_fen, disputed_fen = a.disputed_fen, returned_vat_fen = v.vat_fen
FROM (
    SELECT count(*) AS rows, coalesce(sum(principal_fen) FILTER (WHERE kind = 'shortfall'), 0) AS principal_fen,
        coalesce(sum(penalty_fen), 0) AS penalty_fen, coalesce(sum(buyer_fee_fen), 0) AS buyer_fee_fen,
        coalesce(sum(principal_fen) FILTER (WHERE kind = 'dispute'), 0) AS disputed_fen
    FROM adjusted
) AS a, (SELECT -coalesce(sum(post_fen), 0) AS vat_fen FROM vat_change) AS v
WHERE r.id = %(run)s
"""


def find_adjustments(*, from_hour: int, until_hour: int, last_reading_id: int) -> int:
    """Find what readings and disputes change of settled hours `[from_hour, until_hour)`; returns how many rows.

    They stay in a temporary table for `post_adjustments` in the same transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("; ".join(_OPEN))
        cursor.execute(_FIND, {"from": from_hour, "until": until_hour, "last_reading": last_reading_id})
        return int(cursor.rowcount)


def post_adjustments(*, run: SettlementRun, found: int, now: datetime) -> None:
    """Post what `find_adjustments` has found as part of a run and what vouchers pay of it, and pay debts from what their
    debtors have with us.

    All accounts are locked first, in id order, so that the second posting knows what the first has left.
    """
    vouchers = paying.find_changes(run=run)
    if not found and not vouchers.uses and not Account.objects.filter(_IS_DEBT).exists():
        return
    parameters = {"run": run.pk}
    with connection.cursor() as cursor:
        cursor.execute(_SHARES)
        cursor.execute(_OPEN_ACCOUNTS)
        cursor.execute(_ACCOUNTS)
        parties = {row[0] for row in cursor.fetchall()}
        lock_accounts(account_ids=sorted(parties.union(paying.account_ids_of(vouchers))))
        reclaim_allowances(run=run, now=now)
        open_stage()
        vat.stage_returns(bases_sql=_VAT_BASES, run_id=run.pk)
        cursor.execute(_STAGE, parameters)
        paying.stage_changes(changes=vouchers, run=run)
        post_staged(now=now)
        paying.keep_changes(vouchers)
        cursor.execute(_KEEP, parameters)
        cursor.execute(_TOTAL, parameters)
        vat.keep_changes()
        open_stage()
        cursor.execute(_STAGE_OFFSETS, parameters)
        post_staged(now=now)
