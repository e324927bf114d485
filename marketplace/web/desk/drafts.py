"""Finance: what the documents of the week that ended last say, before they are issued."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.invoicing import UnableToInvoice, draft_documents
from billing.period import HOURS_A_PERIOD, period_of
from billing.tasks import GRACE
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest
from matching.hours import hour_of, moment_of


@require_safe
@finance_required
def drafts(request: ActingRequest) -> HttpResponse:
    """Each document with its amounts, when it will be issued, and why it cannot be yet where that is so."""
    now = timezone.now()
    end = period_of(hour_of(now))[0]
    context: dict[str, Any] = {"start": end - HOURS_A_PERIOD, "end": end, "issued_from": moment_of(end) + GRACE}
    try:
        context["drafts"] = draft_documents(period_start=end - HOURS_A_PERIOD, now=now)
    except UnableToInvoice as error:
        context["fault"] = str(error)
    return render(request, "finance/drafts.html", context)
