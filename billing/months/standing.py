"""Where each month of the ledger stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from billing.models import CloseRequest, MonthClosing, Transfer
from billing.months.closing import open_request
from billing.months.span import Month
from billing.period import BEIJING


@dataclass(frozen=True, slots=True)
class MonthStanding:
    """A month with its close and with what waits for a second person, where there is any."""

    month: Month
    is_over: bool
    closing: MonthClosing | None
    request: CloseRequest | None
    was_reopened: bool


def read_months(*, now: datetime, limit: int) -> list[MonthStanding]:
    """Return the newest `limit` months from the ledger's first one on, newest first; four statements."""
    first_at = Transfer.objects.order_by("pk").values_list("at", flat=True).first()
    first = Month.of((first_at or now).astimezone(BEIJING).date()).first
    closings = {
        closing.month: closing for closing in MonthClosing.objects.filter(reopened_at=None).select_related("request")
    }
    asked = {request.month: request for request in CloseRequest.objects.filter(closing=None, withdrawn_at=None)}
    reopened = set(MonthClosing.objects.exclude(reopened_at=None).values_list("month", flat=True))
    month = Month.of(now.astimezone(BEIJING).date())
    rows: list[MonthStanding] = []
    while month.first >= first and len(rows) < limit:
        closing, request = closings.get(month.first), asked.get(month.first)
        rows.append(MonthStanding(month, month.is_over(now), closing, request, month.first in reopened))
        month = Month.of(date.fromordinal(month.first.toordinal() - 1))
    return rows


def read_standing(*, month: Month, now: datetime) -> MonthStanding:
    """Return where one month stands; three statements."""
    closings = MonthClosing.objects.filter(month=month.first)
    closing = closings.filter(reopened_at=None).select_related("request").first()
    was_reopened = closings.exclude(reopened_at=None).exists()
    return MonthStanding(month, month.is_over(now), closing, open_request(month), was_reopened)
