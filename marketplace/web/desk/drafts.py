"""Finance: what the documents of the week that ended last say, before they are issued."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.documents.drafts import drafts_of_last_week
from billing.tasks import GRACE
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest


@require_safe
@finance_required
def drafts(request: ActingRequest) -> HttpResponse:
    """Each document with its amounts, when it will be issued, and why it cannot be yet where that is so."""
    return render(request, "finance/drafts.html", {"week": drafts_of_last_week(now=timezone.now(), grace=GRACE)})
