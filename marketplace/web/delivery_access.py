"""A holder's access details: which deliveries have some, and showing them, which is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.delivery.access import DueRun, NothingDue, UnableToHandOver, due_runs, open_access
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from matching.hours import gate_of, hour_of
from matching.models import Site

HOURS_AHEAD = 24 * 14
SHOWN = 30


@dataclass(frozen=True, slots=True)
class HolderRun:
    """Hours in a row that the holder will use, and from when on its access details show."""

    run: DueRun
    site: Site
    gate: datetime
    is_open: bool


def holder_runs(*, holder_id: int, now: datetime) -> list[HolderRun]:
    """Deliveries under way or to come within two weeks, soonest first."""
    hour = hour_of(now)
    runs = due_runs(holder_id=holder_id, start=hour, end=hour + HOURS_AHEAD)[:SHOWN]
    sites = Site.objects.select_related("market__compute_class", "market__hub").in_bulk({run.site_id for run in runs})
    gates = [(run, sites[run.site_id], gate_of(sites[run.site_id].market, run.start)) for run in runs]
    return [HolderRun(run, site, gate, now >= gate) for run, site, gate in gates]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def delivery_access(request: ActingRequest, site_id: int, hour: int) -> HttpResponse:
    """Say that a look is kept; asked again, show the details."""
    site = Site.objects.select_related("market__compute_class", "market__hub", "provider").filter(pk=site_id).first()
    if site is None or not 0 <= hour < 2**31:
        raise Http404(_("You hold nothing there."))
    text = fault = ""
    handover = None
    if request.method == "POST":
        try:
            handover, text = open_access(
                site_id=site_id, hour=hour, holder=request.participant, by=request.user.email, now=timezone.now()
            )
        except NothingDue as error:
            raise Http404(str(error)) from error
        except UnableToHandOver as error:
            fault = str(error)
    context = {"site": site, "hour": hour, "text": text, "fault": fault, "handover": handover}
    return render(request, "compute/access.html", context, status=409 if fault else 200)
