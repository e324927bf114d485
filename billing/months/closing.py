"""A month is closed by two people: finance asks once everything is done, an approver who is somebody else agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.models import CloseRequest, MonthClosing
from billing.month_close import MonthAlreadyClosed, MonthNotOver, SecondPersonNeeded, UnableToClose, close_month
from billing.months.open_points import Point, open_points
from billing.months.span import Month
from billing.serial import wait_for_turn
from matching.changes import record_change


class MonthNotReady(UnableToClose):
    """Something of the month is still to be done: `points` says what."""

    code = "month_not_ready"

    def __init__(self, points: Sequence[Point]) -> None:
        """Name each open point."""
        self.points = points
        named = "; ".join(point.label for point in points)
        super().__init__(_("Not everything of the month is done: %(points)s.") % {"points": named})


class CloseAlreadyAsked(UnableToClose):
    """Somebody has asked for the month to be closed."""

    code = "close_already_asked"


class CloseNotAsked(UnableToClose):
    """Nobody has asked for the month to be closed."""

    code = "close_not_asked"


def ask_to_close(*, month: Month, by: str, now: datetime) -> CloseRequest:
    """Ask for a month to be closed. Raises MonthNotOver, MonthAlreadyClosed, MonthNotReady, CloseAlreadyAsked."""
    _check(month, now)
    try:
        with transaction.atomic():
            request = CloseRequest.objects.create(month=month.first, asked_by=by, asked_at=now)
            record_change(who=by, what="month.ask_to_close", on=request, now=now)
            return request
    except IntegrityError as error:
        raise CloseAlreadyAsked(
            _("Somebody has asked for %(month)s to be closed already.") % {"month": month}
        ) from error


@transaction.atomic
def agree_to_close(*, month: Month, by: str, now: datetime) -> MonthClosing:
    """Close a month that somebody else has asked for, if it is still ready.

    Raises CloseNotAsked, SecondPersonNeeded, MonthNotOver, MonthAlreadyClosed, MonthNotReady.
    """
    wait_for_turn()  # no reading, dispute or run comes between the points and the close
    request = _open_request(month)
    if request.asked_by.casefold() == by.casefold():
        raise SecondPersonNeeded(_("You asked for this month to be closed. Somebody else has to agree."))
    _check(month, now)
    closing = close_month(month=month.first, by=by, now=now)
    request.agreed_by, request.closing = by, closing
    request.save(update_fields=["agreed_by", "closing"])
    return closing


@transaction.atomic
def withdraw_close(*, month: Month, by: str, now: datetime) -> CloseRequest:
    """Take a request back. Raises CloseNotAsked."""
    request = _open_request(month)
    request.withdrawn_by, request.withdrawn_at = by, now
    request.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record_change(who=by, what="month.withdraw_close", on=request, now=now)
    return request


def open_request(month: Month) -> CloseRequest | None:
    """Return the request that waits for a second person."""
    return CloseRequest.objects.filter(month=month.first, closing=None, withdrawn_at=None).first()


def _check(month: Month, now: datetime) -> None:
    if not month.is_over(now):
        raise MonthNotOver(_("%(month)s is not over. Close it once it has ended.") % {"month": month})
    if MonthClosing.objects.filter(month=month.first, reopened_at=None).exists():
        raise MonthAlreadyClosed(_("%(month)s is closed already.") % {"month": month})
    still_open = [point for point in open_points(month=month, now=now) if not point.is_done]
    if still_open:
        raise MonthNotReady(still_open)


def _open_request(month: Month) -> CloseRequest:
    waiting = CloseRequest.objects.select_for_update().filter(month=month.first, closing=None, withdrawn_at=None)
    request = waiting.first()
    if request is None:
        raise CloseNotAsked(_("Nobody has asked for %(month)s to be closed. Ask first.") % {"month": month})
    return request
