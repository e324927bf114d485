"""Closing a month of the ledger: it takes no posting any more, and only two people together open it again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from billing.models import MonthClosing
from billing.period import BEIJING, first_hour_of
from matching.changes import record_change
from matching.hours import moment_of


class UnableToClose(Exception):
    """A month that cannot be closed or opened; `code` is stable, `field` the input at fault, the text says what to do."""

    code = "unable_to_close"
    field: str | None = None


class MonthNotOver(UnableToClose):
    """The month still runs."""

    code = "month_not_over"


class MonthAlreadyClosed(UnableToClose):
    """The month is closed."""

    code = "month_already_closed"


class MonthNotClosed(UnableToClose):
    """The month is open."""

    code = "month_not_closed"


class ReasonMissing(UnableToClose):
    """A reopening needs a reason."""

    code, field = "reason_missing", "reason"


class ReopeningNotAsked(UnableToClose):
    """Nobody has asked for the month to be reopened."""

    code = "reopening_not_asked"


class SecondPersonNeeded(UnableToClose):
    """Who asked for a reopening cannot agree to it."""

    code = "second_person_needed"


@transaction.atomic
def close_month(*, month: date, by: str, now: datetime) -> MonthClosing:
    """Close the month (Beijing) of the date given: from now on no transfer may carry a time in it.

    Waits for postings that are on their way. Raises MonthNotOver, MonthAlreadyClosed.
    """
    first = month.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    if now.astimezone(BEIJING).date() < following:
        raise MonthNotOver(_("%(month)s is not over. Close it once it has ended.") % {"month": f"{first:%Y-%m}"})
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE billing_transfer IN SHARE MODE")  # whoever posts now commits before the month closes
    try:
        with transaction.atomic():
            closing = MonthClosing.objects.create(
                month=first,
                start_at=moment_of(first_hour_of(first)),
                end_at=moment_of(first_hour_of(following)),
                closed_by=by,
                closed_at=now,
            )
    except IntegrityError as error:
        raise MonthAlreadyClosed(_("%(month)s is closed already.") % {"month": f"{first:%Y-%m}"}) from error
    record_change(who=by, what="month.close", on=closing, after={"is_closed": True}, now=now)
    return closing


@transaction.atomic
def ask_to_reopen(*, month: date, by: str, reason: str, now: datetime) -> MonthClosing:
    """Ask for a closed month to be reopened; somebody else must agree. Raises MonthNotClosed, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing(_("Say why the month has to be reopened."))
    closing = _closed(month)
    closing.reopening_reason, closing.reopening_asked_by, closing.reopening_asked_at = reason.strip(), by, now
    closing.save(update_fields=["reopening_reason", "reopening_asked_by", "reopening_asked_at"])
    record_change(who=by, what="month.ask_to_reopen", on=closing, why=closing.reopening_reason, now=now)
    return closing


@transaction.atomic
def reopen_month(*, month: date, by: str, now: datetime) -> MonthClosing:
    """Agree to a reopening that somebody else has asked for. Raises MonthNotClosed, ReopeningNotAsked, SecondPersonNeeded."""
    closing = _closed(month)
    if closing.reopening_asked_at is None:
        raise ReopeningNotAsked(_("Nobody has asked for this month to be reopened. Ask first, with a reason."))
    if closing.reopening_asked_by.casefold() == by.casefold():
        raise SecondPersonNeeded(_("You asked for this month to be reopened. Somebody else has to agree."))
    closing.reopened_by, closing.reopened_at = by, now
    closing.save(update_fields=["reopened_by", "reopened_at"])
    before, after = {"is_closed": True}, {"is_closed": False, "asked_by": closing.reopening_asked_by}
    record_change(
        who=by, what="month.reopen", on=closing, before=before, after=after, why=closing.reopening_reason, now=now
    )
    return closing


def is_closed_at(moment: datetime) -> bool:
    """Whether the month of a moment is closed."""
    return MonthClosing.objects.filter(start_at__lte=moment, end_at__gt=moment, reopened_at=None).exists()


def _closed(month: date) -> MonthClosing:
    closing = MonthClosing.objects.select_for_update().filter(month=month.replace(day=1), reopened_at=None).first()
    if closing is None:
        raise MonthNotClosed(_("%(month)s is open.") % {"month": f"{month:%Y-%m}"})
    return closing
