"""How the exchange's machines are: matchers and their lag, clearing, settlement, the clock, the database."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.models import SettlementRun
from billing.standing import read_clearing_standing
from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.machines import late_gates, read_database
from marketplace.web.fragments import render_page
from matching.models import LeaseHolder
from matching.standing import read_standing

RUNS_SHOWN = 5
LAG_S_MAX = 5.0
"""From here on a lag is shown as one that somebody should look at."""


@require_safe
@operator_required
def system(request: ActingRequest) -> HttpResponse:
    """Everything at a glance; refreshes itself."""
    now = timezone.now()
    groups = read_standing()
    clearing = read_clearing_standing()
    context = {
        "now": now,
        "groups": [(group, group.lag_s(now)) for group in groups],
        "waiting": sum(group.waiting for group in groups),
        "lag_s": max((group.lag_s(now) for group in groups), default=0.0),
        "lag_s_max": LAG_S_MAX,
        "is_matching": all(group.is_matching for group in groups),
        "clearing": clearing,
        "clearing_lag_s": clearing.lag_s(now),
        "holders": LeaseHolder.objects.filter(expires_at__gt=now).order_by("name"),
        "late_gates": late_gates(now),
        "runs": SettlementRun.objects.all()[:RUNS_SHOWN],
        "stale_runs": SettlementRun.objects.filter(is_stale=True).count(),
        "database": read_database(),
    }
    return render_page(request, "operations/system.html", "live", context)
