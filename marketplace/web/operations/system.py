"""How the exchange's machines are: matchers and their lag, clearing, settlement, the clock, the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.models import SettlementRun
from billing.standing import read_clearing_standing
from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page
from matching.hours import first_open_hour
from matching.models import ClockMark, LeaseHolder, Market
from matching.standing import read_standing

RUNS_SHOWN = 5
LAG_S_MAX = 5.0
"""From here on a lag is shown as one that somebody should look at."""

GATE_GRACE = timedelta(seconds=10)

DATABASE = """
    SELECT pg_database_size(current_database()),
           (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
           current_setting('max_connections')::int,
           (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)
            FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()),
           pg_is_in_recovery(), current_setting('server_version')
"""


@dataclass(frozen=True, slots=True)
class DatabaseStanding:
    """The database server at a glance."""

    size_bytes: int
    connections: int
    connections_max: int
    oldest_transaction_s: float
    is_standby: bool
    version: str


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


def late_gates(now: datetime) -> list[Market]:
    """Markets of which a gate should have been closed by now and has not been told to a matcher."""
    told = dict(ClockMark.objects.values_list("market_id", "told_until"))
    late = now - GATE_GRACE
    return [market for market in Market.objects.all() if told.get(market.pk, 0) < first_open_hour(market, late)]


def read_database() -> DatabaseStanding:
    """The database server at a glance, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        return DatabaseStanding(*cursor.fetchone())
