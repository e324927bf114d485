"""How reliably a provider has delivered, and how the score comes about."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.delivery.reliability import DISPUTE_BPS, LATE_BPS, reliability_of, short_hours
from billing.models import Dispute
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page
from matching.hours import hour_of
from matching.models import Participant, Site

SHOWN = 50
DAYS = 90


@dataclass(frozen=True, slots=True)
class ShortLine:
    """An hour that fell short."""

    hour: int
    site: Site
    holder: Participant
    accelerators: int


@require_safe
@provider_required
def reliability(request: ActingRequest) -> HttpResponse:
    """The score with the figures and the lines behind it."""
    now = timezone.now()
    short = short_hours(provider_id=request.participant.pk, days=DAYS, limit=SHOWN, now=now)
    sites = Site.objects.in_bulk({line.site_id for line in short})
    holders = Participant.objects.in_bulk({line.holder_id for line in short})
    lost = Dispute.objects.filter(
        site__provider=request.participant, state=Dispute.State.UPHELD, hour__gte=hour_of(now) - 24 * DAYS
    ).select_related("site", "holder", "ruling")
    context = {
        "figures": reliability_of(provider_id=request.participant.pk),
        "dispute_points": DISPUTE_BPS / 10_000,
        "late_points": LATE_BPS / 10_000,
        "dispute_bps": DISPUTE_BPS,
        "late_bps": LATE_BPS,
        "short": [ShortLine(x.hour, sites[x.site_id], holders[x.holder_id], x.accelerators) for x in short],
        "lost": lost[:SHOWN],
    }
    return render_page(request, "provider/reliability.html", "live", context)
