"""What a month must have behind it before it is closed: each point with what is still open, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from billing.balances import balances_as_of
from billing.invoicing import periods_to_invoice
from billing.models import Correction, Dispute, LedgerSeal, Obligation, PayoutBatch, SettlementRun, Transfer
from billing.months.span import Month
from billing.reports import SettlementFilters, settlement_summary
from matching.hours import moment_of


@dataclass(frozen=True, slots=True)
class Point:
    """A thing to be done before the close; `open` of it are left, 0 is done. A difference is in fen."""

    code: str
    label: str
    open: int
    how: str

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return self.open == 0

    @property
    def is_amount(self) -> bool:
        """Whether what is open is an amount in fen."""
        return self.code == "reconciliation"


# What clearing has not read of the month's commands.
_UNCLEARED = """
SELECT count(*) FROM matching_market m LEFT JOIN billing_clearingcursor c ON c.market_id = m.id
WHERE coalesce(c.sequence, 0) < (SELECT max(k.sequence) FROM matching_command k WHERE k.market_id = m.id AND k.at < %s)
"""


def open_points(*, month: Month, now: datetime) -> list[Point]:
    """Return every point of a month, done or not; one or two statements each."""
    hours = Q(hour__gte=month.start_hour, hour__lt=month.end_hour)
    stale = SettlementRun.objects.filter(Q(is_stale=True) | ~Q(state=SettlementRun.State.DONE))
    periods = [start for start in periods_to_invoice(now=now) if month.start_hour <= start + 167 < month.end_hour]
    drafts = PayoutBatch.objects.filter(state=PayoutBatch.State.DRAFT, prepared_at__lt=month.end_at)
    corrections = Correction.objects.filter(state=Correction.State.ASKED, asked_at__lt=month.end_at)
    return [
        Point("uncleared", _("Markets with trades not cleared"), _count(month), _("The worker clears them.")),
        Point("unsettled", _("Accelerator-hours not settled"), _unsettled(month), _("Settlement runs every hour.")),
        Point(
            "delta_runs",
            _("Settlement runs unfinished, or with readings since"),
            stale.filter(from_hour__lt=month.end_hour, until_hour__gt=month.start_hour).count(),
            _("The next settlement makes their delta runs."),
        ),
        Point(
            "disputes",
            _("Open disputes"),
            Dispute.objects.filter(hours, state=Dispute.State.OPEN).count(),
            _("Decide them under Runs, Disputes."),
        ),
        Point("uninvoiced", _("Weeks not invoiced"), len(periods), _("Invoices are issued when their grace is over.")),
        Point(
            "drafts",
            _("Drafts of payouts and corrections"),
            drafts.count() + corrections.count(),
            _("Approve them or give them up."),
        ),
        Point("reconciliation", _("Difference of the reconciliation"), _difference(month), _("Look at the report.")),
        Point("unsealed", _("Transfers not sealed"), _unsealed(month), _("The worker seals every five minutes.")),
    ]


def seal_of(month: Month) -> LedgerSeal | None:
    """Return the first seal of the hash chain that covers all of the month's transfers; None before there is one."""
    last_id = Transfer.objects.filter(at__lt=month.end_at).aggregate(last=Max("pk"))["last"]
    return LedgerSeal.objects.filter(last_id__gte=last_id or 0).order_by("pk").first()


def _count(month: Month) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNCLEARED, [moment_of(month.end_hour)])
        return int(cursor.fetchone()[0])


def _unsettled(month: Month) -> int:
    """Count accelerator-hours before the month's end that no run has settled."""
    open_rows = Obligation.objects.unsettled().filter(settled_until__lt=month.end_hour)
    return sum(
        (min(start + hours, month.end_hour) - settled_until) * quantity
        for start, hours, settled_until, quantity in open_rows.values_list(
            "start", "hours", "settled_until", "quantity"
        ).iterator()
    )


def _difference(month: Month) -> int:
    """Return the report's difference of the month, and what debits and credits differ by at its end."""
    report = settlement_summary(SettlementFilters(start=month.start_hour, end=month.end_hour)).total
    balances = balances_as_of(at=month.end_at)
    books = sum(balance.debits_posted - balance.credits_posted for balance in balances.values())
    return report.difference_fen + abs(books)


def _unsealed(month: Month) -> int:
    sealed = LedgerSeal.objects.aggregate(last=Max("last_id"))["last"] or 0
    return Transfer.objects.filter(pk__gt=sealed, at__lt=month.end_at).count()
