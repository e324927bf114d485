"""Reminder, second and final notice: each level of an overdue invoice is written once, a week apart at least.

The final notice stops the buyer's new bids until the invoice is paid, given up, or its dunning is put on hold.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import environ
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from billing.credit.due import FINAL, lock_funds, pay_all, restop_bids
from billing.credit.in_force import limit_in_force
from billing.models import CreditLimit, DunningNotice, InvoiceDue
from billing.period import BEIJING
from matching.changes import record_change

_env = environ.Env()

DAYS_OVERDUE: tuple[int, ...] = tuple(_env.list("DUNNING_DAYS", cast=int, default=[1, 14, 30]))
"""Days after the due date from which a reminder, a second and a final notice are written."""

APART = timedelta(days=7)
"""A buyer has at least this long between two letters about an invoice, however late dunning runs."""


class UnableToHoldDunning(Exception):
    """Dunning that cannot be put on hold or taken up; the text says why."""

    code = "unable_to_hold_dunning"
    field: str | None = None


class HoldReasonMissing(UnableToHoldDunning):
    """Dunning is put on hold for a reason that others can read."""

    code = "hold_reason_missing"
    field = "reason"


class NothingToDun(UnableToHoldDunning):
    """The invoice is paid, or its dunning stands as asked for already."""

    code = "nothing_to_dun"


def write_notices(*, now: datetime) -> list[DunningNotice]:
    """Write the next letter of each overdue invoice whose time has come, and stop bids at the final one; returns the new ones.

    A transaction a buyer. Rerunnable and safe beside others: an invoice is locked while its level rises, and a level has one row.
    """
    pay_all(now=now)
    buyers = _overdue(now).order_by("participant_id").values_list("participant_id", flat=True).distinct()
    return [notice for participant_id in buyers for notice in _write_to(participant_id, now)]


@transaction.atomic
def _write_to(participant_id: int, now: datetime) -> list[DunningNotice]:
    lock_funds(participant_id)
    notices = []
    for due in (
        _overdue(now).filter(participant_id=participant_id).select_for_update(no_key=True).order_by("invoice_id")
    ):
        last = due.notices.order_by("-level").values_list("written_at", flat=True).first()
        days = (now.astimezone(BEIJING).date() - due.due_on).days
        if days < DAYS_OVERDUE[due.level] or (last is not None and now - last < APART):
            continue
        due.level += 1
        due.save(update_fields=["level"])
        language = _language(due, now)
        notices.append(
            DunningNotice.objects.create(
                due=due, level=due.level, open_fen=due.open_fen, language=language, written_at=now
            )
        )
    if any(notice.level == FINAL for notice in notices):
        restop_bids(participant_id=participant_id, now=now)
    return notices


def _overdue(now: datetime) -> QuerySet[InvoiceDue]:
    today = now.astimezone(BEIJING).date()
    return InvoiceDue.objects.filter(open_fen__gt=0, held_at=None, level__lt=FINAL, due_on__lt=today)


@transaction.atomic
def hold_dunning(*, invoice_id: int, reason: str, by: str, now: datetime) -> InvoiceDue:
    """Write no more letters about an invoice, and let the buyer bid again; raises HoldReasonMissing, NothingToDun."""
    if not reason.strip():
        raise HoldReasonMissing(_("Say why dunning is on hold."))
    due = _due(invoice_id, is_held=False)
    due.held_reason, due.held_by, due.held_at = reason.strip()[:500], by, now
    return _keep(due, "invoice_due.hold", by, now, why=due.held_reason)


@transaction.atomic
def release_dunning(*, invoice_id: int, by: str, now: datetime) -> InvoiceDue:
    """Take dunning up again where it stood; raises NothingToDun."""
    due = _due(invoice_id, is_held=True)
    due.held_reason, due.held_by, due.held_at = "", "", None
    return _keep(due, "invoice_due.release", by, now)


def _due(invoice_id: int, *, is_held: bool) -> InvoiceDue:
    participant_id = InvoiceDue.objects.filter(pk=invoice_id).values_list("participant_id", flat=True).first()
    if participant_id is not None:
        lock_funds(participant_id)
    dues = InvoiceDue.objects.select_for_update(no_key=True, of=("self",)).select_related("invoice")
    due = dues.filter(pk=invoice_id, open_fen__gt=0, held_at__isnull=not is_held).first()
    if due is None:
        raise NothingToDun(
            _("This invoice is paid, or somebody has dealt with its dunning meanwhile. Look at it again.")
        )
    return due


def _keep(due: InvoiceDue, what: str, by: str, now: datetime, why: str = "") -> InvoiceDue:
    due.save(update_fields=["held_reason", "held_by", "held_at"])
    record_change(who=by, what=what, on=due.invoice, now=now, participant_id=due.participant_id, why=why)
    restop_bids(participant_id=due.participant_id, now=now)
    return due


def _language(due: InvoiceDue, now: datetime) -> str:
    terms = limit_in_force(participant_id=due.participant_id, day=now.astimezone(BEIJING).date())
    return terms.language if terms else CreditLimit.Language.ZH_HANS
