"""What the documents of the week that ended last say, before they are issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.documents.storing import Document
from billing.invoicing import UnableToInvoice, draft_documents
from billing.period import HOURS_A_PERIOD, period_of
from matching.hours import hour_of, moment_of


@dataclass(frozen=True, kw_only=True, slots=True)
class LastWeek:
    """The week `[start, end)` in delivery hours, when its documents are issued, and why there are no drafts where that is so."""

    start: int
    end: int
    issued_from: datetime
    documents: list[Document]
    why_not: str | None


def drafts_of_last_week(*, now: datetime, grace: timedelta) -> LastWeek:
    """Return the drafts of the week that ended last; `grace` is how long after its end its documents wait."""
    end = period_of(hour_of(now))[0]
    start = end - HOURS_A_PERIOD
    documents: list[Document] = []
    why_not = None
    try:
        documents = draft_documents(period_start=start, now=now)
    except UnableToInvoice as error:
        why_not = str(error)
    return LastWeek(start=start, end=end, issued_from=moment_of(end) + grace, documents=documents, why_not=why_not)
