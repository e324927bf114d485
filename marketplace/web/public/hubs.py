"""A delivery hub: what is installed there, its markets and its sites."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.web.public.classes import sites_of
from marketplace.web.public.market_prices import market_prices, total_traded
from matching.models import Hub


@require_safe
def show_hub(request: HttpRequest, slug: str) -> HttpResponse:
    """One hub."""
    hub = get_object_or_404(Hub, slug=slug)
    rows = market_prices(Q(hub=hub), now=timezone.now())
    sites = sites_of(Q(market__hub=hub))
    context = {
        "hub": hub,
        "rows": rows,
        "sites": sites,
        "traded": total_traded(rows),
        "accelerators": sum(row.accelerators for row in rows),
        "tflops": sum(site.accelerators * (site.market.compute_class.bf16_tflops or 0) for site in sites),
        "providers": len({site.provider_id for site in sites}),
    }
    return render(request, "public/hub.html", context)
