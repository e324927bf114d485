"""Settlement: delivered hours are taken from buyers and owed to providers, day by day.

A sold hour is delivered when it has ended; as long as no meter says otherwise it counts as delivered in full. A run commits
in chunks of trades and goes on where it stopped; then it posts what readings up to its cut-off change. Readings and
disputes that come later are posted by delta runs, each of which corrects one run.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from billing import vat
from billing.clearing import clear
from billing.credit.due import pay_all
from billing.credit_notes.of_deliveries import issue_notes_of_run
from billing.delivery.adjustments import find_adjustments, post_adjustments
from billing.ledger import NEXT_ID, STAGED_ACCOUNTS, LedgerError, lock_selected, open_stage, post, posting
from billing.models import Account, MeterReading, Obligation, SettlementRun
from billing.period import day_of
from billing.serial import wait_for_turn
from matching.hours import hour_of
from matching.prepared import BY_INDEX


class UnableToSettle(Exception):
    """A settlement that cannot be run; the text says why and when it can."""


class HoursNotOver(UnableToSettle):
    """Hours that have not ended cannot have been delivered."""


class ClearingNotZero(LedgerError):
    """What buyers paid is not what providers and the exchange received; nothing of the run is kept."""


CHUNK = 50_000
"""Trades a transaction: as many as the server keeps in memory on their way."""

_OPEN_TABLE = (
    "CREATE TEMP TABLE IF NOT EXISTS settled ("
    "place tid, trade_id bigint, bid_id bigint, buyer_id integer, seller_id integer, start integer, hours integer, "
    "accelerator_hours bigint, value_fen bigint, buyer_fee_fen bigint, seller_fee_fen bigint, settled_value_fen bigint, "
    "rest_fen bigint, pending_id bigint, transfer_id bigint, funds_id bigint, obligations_id bigint) ON COMMIT DELETE ROWS",
    "DELETE FROM settled",
)

# Runs follow each other without a gap, so what is not settled of the run's hours are all trades that reach into them.
_READ = f"""
INSERT INTO settled
SELECT o.ctid, o.trade_id, o.bid_id, o.buyer_id, o.seller_id, o.settled_until, part.hours, part.hours::bigint * o.quantity,
    part.value_fen,
    billing_share_fen(upto.value_fen, o.buyer_fee_bps) - billing_share_fen(o.settled_value_fen, o.buyer_fee_bps),
    billing_share_fen(upto.value_fen, o.seller_fee_bps) - billing_share_fen(o.settled_value_fen, o.seller_fee_bps),
    upto.value_fen,
    whole.value_fen - upto.value_fen
        + billing_share_fen(whole.value_fen, o.buyer_fee_bps) - billing_share_fen(upto.value_fen, o.buyer_fee_bps),
    o.pending_id,
    CASE WHEN upto.value_fen < whole.value_fen THEN {NEXT_ID} END,
    funds.id, obligations.id
FROM (
    SELECT ctid, * FROM billing_obligation
    WHERE start + hours > %(from)s AND start < %(until)s AND settled_until < %(until)s AND NOT is_settled AND trade_id > %(after)s
    ORDER BY trade_id LIMIT %(chunk)s
) AS o
JOIN billing_account funds ON funds.participant_id = o.buyer_id AND funds.kind = 'funds'
JOIN billing_account obligations ON obligations.participant_id = o.buyer_id AND obligations.kind = 'obligations'
CROSS JOIN LATERAL (SELECT least(%(until)s, o.start + o.hours) - o.settled_until AS hours) AS piece
CROSS JOIN LATERAL (SELECT piece.hours, o.price_fen::bigint * o.quantity * piece.hours AS value_fen) AS part
CROSS JOIN LATERAL (SELECT o.settled_value_fen + part.value_fen AS value_fen) AS upto
CROSS JOIN LATERAL (SELECT o.price_fen::bigint * o.quantity * o.hours AS value_fen) AS whole
"""

_OPEN_SELLERS_ACCOUNTS = """
INSERT INTO billing_account (participant_id, kind, debits_pending, debits_posted, credits_pending, credits_posted)
SELECT DISTINCT seller_id, 'payable', 0, 0, 0, 0 FROM settled s
WHERE NOT EXISTS (SELECT FROM billing_account a WHERE a.participant_id = s.seller_id AND a.kind = 'payable')
ON CONFLICT DO NOTHING
"""

_ACCOUNTS = f"""
SELECT funds_id AS id FROM settled UNION SELECT obligations_id FROM settled
UNION SELECT a.id FROM (SELECT DISTINCT seller_id FROM settled) AS s
    JOIN billing_account a ON a.participant_id = s.seller_id AND a.kind = 'payable'
UNION SELECT id FROM billing_account WHERE participant_id IS NULL AND kind IN ('clearing', 'fees')
UNION {STAGED_ACCOUNTS}
"""

_POST = posting(
    source=f"""
WITH clearing AS (SELECT id FROM billing_account WHERE kind = 'clearing' AND participant_id IS NULL),
fees AS (SELECT id FROM billing_account WHERE kind = 'fees' AND participant_id IS NULL)
SELECT {NEXT_ID} AS id, s.funds_id AS debit_account_id, s.obligations_id AS credit_account_id,
    s.value_fen + s.buyer_fee_fen AS amount_fen, 'trade'::varchar AS code, 'post'::varchar AS phase, s.pending_id,
    s.bid_id AS order_id, s.trade_id, s.buyer_id AS participant_id, %(run)s::bigint AS run_id, NULL::varchar AS key,
    NULL::bigint AS corrects_id
FROM settled s
UNION ALL
SELECT s.transfer_id, s.funds_id, s.obligations_id, s.rest_fen, 'trade', 'pending', NULL, s.bid_id, s.trade_id, s.buyer_id,
    %(run)s::bigint, NULL, NULL
FROM settled s WHERE s.transfer_id IS NOT NULL
UNION ALL
SELECT {NEXT_ID}, s.obligations_id, clearing.id, s.amount_fen, 'settlement', 'posted', NULL, NULL, NULL, s.buyer_id,
    %(run)s::bigint, NULL, NULL
FROM (SELECT buyer_id, obligations_id, sum(value_fen + buyer_fee_fen)::bigint AS amount_fen FROM settled GROUP BY 1, 2) AS s
CROSS JOIN clearing
UNION ALL
SELECT {NEXT_ID}, clearing.id, a.id, s.amount_fen, 'settlement', 'posted', NULL, NULL, NULL, s.seller_id, %(run)s::bigint, NULL, NULL
FROM (SELECT seller_id, sum(value_fen - seller_fee_fen)::bigint AS amount_fen FROM settled GROUP BY seller_id) AS s
JOIN billing_account a ON a.participant_id = s.seller_id AND a.kind = 'payable' CROSS JOIN clearing
UNION ALL
SELECT {NEXT_ID}, clearing.id, fees.id, s.amount_fen, 'fee', 'posted', NULL, NULL, NULL, NULL, %(run)s::bigint, NULL, NULL
FROM (SELECT sum(buyer_fee_fen + seller_fee_fen)::bigint AS amount_fen FROM settled) AS s CROSS JOIN clearing CROSS JOIN fees
WHERE s.amount_fen > 0
UNION ALL
SELECT * FROM staged_transfer
""",
    then="""
INSERT INTO billing_settlementline
    (run_id, trade_id, start, hours, accelerator_hours, value_fen, buyer_fee_fen, seller_fee_fen)
SELECT %(run)s::bigint, trade_id, start, hours, accelerator_hours, value_fen, buyer_fee_fen, seller_fee_fen FROM settled
""",
)

_VAT_BASES = f"""
SELECT buyer_id, {vat.period_sql("start")}, -sum(value_fen + buyer_fee_fen), sum(value_fen + buyer_fee_fen)
FROM settled GROUP BY 1, 2
"""

_KEEP = (
    f"SELECT {BY_INDEX}",
    # Where they were found: nobody else writes them while it is this settlement's turn.
    "UPDATE billing_obligation o SET settled_until = s.start + s.hours, settled_value_fen = s.settled_value_fen, "
    "pending_id = s.transfer_id, is_settled = s.transfer_id IS NULL FROM settled s WHERE o.ctid = s.place",
    "UPDATE billing_settlementrun r SET lines = r.lines + s.lines, value_fen = r.value_fen + s.value_fen, "
    "buyer_fee_fen = r.buyer_fee_fen + s.buyer_fee_fen, seller_fee_fen = r.seller_fee_fen + s.seller_fee_fen, "
    "vat_fen = r.vat_fen + v.vat_fen, last_trade_id = s.last_trade_id FROM ("
    "SELECT count(*) AS lines, max(trade_id) AS last_trade_id, coalesce(sum(value_fen), 0) AS value_fen, coalesce(sum(buyer_fee_fen), 0) AS buyer_fee_fen, "
    "coalesce(sum(seller_fee_fen), 0) AS seller_fee_fen FROM settled) AS s, "
    "(SELECT coalesce(sum(post_fen), 0) AS vat_fen FROM vat_change) AS v WHERE r.id = %(run)s",
)

# Hours that a market with live orders, or with trades not yet cleared, may still trade are not settled.
_CLOSED_UNTIL = """
SELECT min(coalesce(c.closed_until, 0))
FROM matching_market m LEFT JOIN billing_clearingcursor c ON c.market_id = m.id
WHERE m.sequence > coalesce(c.sequence, 0)
    OR EXISTS (SELECT FROM matching_order o WHERE o.market_id = m.id AND o.state IN ('pending', 'open'))
"""


def settle_delivered(*, until_hour: int, now: datetime) -> list[SettlementRun]:
    """Settle every delivered hour below `until_hour` that is not settled yet; returns the runs made, in order.

    Each run covers hours of one Beijing day, follows the last one without a gap, and is never repeated. It commits chunk
    by chunk: a kill loses at most the chunk in progress, and calling again goes on after the last. Delta runs for late
    readings and disputes come last. Hours whose gate the matcher has not closed yet are left for the next call. Raises
    HoursNotOver.
    """
    if until_hour > hour_of(now):
        raise HoursNotOver(
            _("Hour %(hour)s has not ended yet. Settle up to %(now)s.") % {"hour": until_hour - 1, "now": hour_of(now)}
        )
    clear(now=now)
    runs = []
    while (run := open_run(until_hour=until_hour, now=now)) is not None:
        while settle_chunk(run_id=run.pk, now=now):
            pass
        if finish_run(run_id=run.pk, now=now):
            run.refresh_from_db()
            runs.append(run)
    while (delta := settle_delta(now=now)) is not None:
        runs += delta
    if any(run.adjustments_made for run in runs):
        pay_all(now=now)  # what was made good pays open invoices
    return runs


@transaction.atomic
def open_run(*, until_hour: int, now: datetime) -> SettlementRun | None:
    """Begin the next day, or part of one, or take up a run that was not finished; None when nothing is left to do.

    This is the run's cut-off: readings that are in the database now count.
    """
    wait_for_turn()
    running = SettlementRun.objects.filter(state=SettlementRun.State.RUNNING).first()
    if running is not None:
        return running
    span = _next_span(until_hour)
    if span is None:
        return None
    return SettlementRun.objects.create(
        from_hour=span[0], until_hour=span[1], started_at=now, last_reading_id=_last_reading_id()
    )


@transaction.atomic
def settle_chunk(*, run_id: int, now: datetime) -> bool:
    """Settle the next trades of a run; False when none are left."""
    wait_for_turn()
    run = SettlementRun.objects.get(pk=run_id)
    if run.state != SettlementRun.State.RUNNING:
        return False
    parameters = {
        "run": run.pk,
        "from": run.from_hour,
        "until": run.until_hour,
        "after": run.last_trade_id,
        "chunk": CHUNK,
    }
    with connection.cursor() as cursor:
        cursor.execute("; ".join(_OPEN_TABLE))
        cursor.execute(_READ, parameters)
        trades = cursor.rowcount
        if trades == 0:
            return False
        cursor.execute(_OPEN_SELLERS_ACCOUNTS)
        open_stage()
        vat.stage_changes(bases_sql=_VAT_BASES, run_id=run.pk)
        lock_selected(accounts=_ACCOUNTS)
        post(posting=_POST, parameters={"run": run.pk}, now=now)
        for statement in _KEEP:
            cursor.execute(statement, parameters)
        vat.keep_changes()
    _check_clearing_is_zero()
    return bool(trades == CHUNK)


@transaction.atomic
def finish_run(*, run_id: int, now: datetime) -> bool:
    """Post what readings up to the cut-off change of a run's hours, and close it; False when somebody else has."""
    wait_for_turn()
    run = SettlementRun.objects.get(pk=run_id)
    if run.state != SettlementRun.State.RUNNING:
        return False
    _adjust(run, now, is_always=True)
    SettlementRun.objects.filter(pk=run_id).update(state=SettlementRun.State.DONE, finished_at=now)
    return True


@transaction.atomic
def settle_delta(*, now: datetime) -> list[SettlementRun] | None:
    """Correct the oldest run that readings or disputes have come for since; None when there is none.

    The list has the delta run, or nothing where no amount changes. What it changes of issued documents is credited by notes.
    """
    wait_for_turn()
    corrected = (
        SettlementRun.objects.filter(is_stale=True, state=SettlementRun.State.DONE).order_by("until_hour").first()
    )
    if corrected is None:
        return None
    SettlementRun.objects.filter(pk=corrected.pk).update(is_stale=False)
    delta = SettlementRun(
        kind=SettlementRun.Kind.DELTA,
        corrects=corrected,
        from_hour=corrected.from_hour,
        until_hour=corrected.until_hour,
        state=SettlementRun.State.DONE,
        started_at=now,
        finished_at=now,
        last_reading_id=_last_reading_id(),
    )
    if not _adjust(delta, now):
        return []
    issue_notes_of_run(run=delta, now=now)
    return [delta]


def _adjust(run: SettlementRun, now: datetime, *, is_always: bool = False) -> bool:
    """Post the adjustments of a run, saving it before if it is new; whether there were any."""
    found = find_adjustments(from_hour=run.from_hour, until_hour=run.until_hour, last_reading_id=run.last_reading_id)
    if found and run._state.adding:
        run.save()
    if found or is_always:
        post_adjustments(run=run, found=found, now=now)
        _check_clearing_is_zero()
        run.refresh_from_db()
    return found > 0


def _last_reading_id() -> int:
    return MeterReading.objects.aggregate(last=Max("pk"))["last"] or 0


def _next_span(until_hour: int) -> tuple[int, int] | None:
    """Return the hours of the next run: after the last one, within one day, and closed in every market."""
    start = SettlementRun.objects.aggregate(last=Max("until_hour"))["last"]
    if start is None:
        start = Obligation.objects.aggregate(first=Min("start"))["first"]
    if start is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED_UNTIL)
        (closed_until,) = cursor.fetchone()
    end = min(until_hour, day_of(start)[1], until_hour if closed_until is None else closed_until)
    return (start, end) if end > start else None


def _check_clearing_is_zero() -> None:
    account = Account.objects.get(participant=None, kind=Account.Kind.CLEARING)
    if account.credits_posted != account.debits_posted:
        raise ClearingNotZero(
            f"Clearing is off by {account.credits_posted - account.debits_posted} fen; nothing was settled."
        )
