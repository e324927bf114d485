"""The search of the top bar: markets, compute classes, hubs and sites by name, and one's own orders by number."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from marketplace.accounts.acting import acting_participant
from marketplace.web.templatetags.names import named
from matching.models import ComputeClass, Hub, Market, Order, Participant, Site

WORDS_MAX = 5
FOUND_MAX = 8  # of each kind
ORDER_ID_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found: what it is, its name, and where it is."""

    kind: str
    name: str
    address: str


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """What fits all words of `q`; the list alone for htmx."""
    query = request.GET.get("q", "").replace("\0", "").strip()  # PostgreSQL's texts have no NUL
    context = {"query": query, "found": find(query, acting_participant(request)) if query else []}
    part = "#found" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"public/search.html{part}", context)


def find(query: str, participant: Participant | None) -> list[Found]:
    """What fits every word of the query, own orders first; at most five statements."""
    words = query.split()[:WORDS_MAX]
    return [*_orders(query, participant), *_markets(words), *_classes(words), *_hubs(words), *_sites(words)]


def _fits(words: list[str], *fields: str) -> Q:
    condition = Q()
    for word in words:
        anywhere = Q()
        for field in fields:
            anywhere |= Q(**{f"{field}__icontains": word})
        condition &= anywhere
    return condition


def _orders(query: str, participant: Participant | None) -> list[Found]:
    number = query.removeprefix("#")
    if participant is None or not number.isascii() or not number.isdecimal() or int(number) > ORDER_ID_MAX:
        return []
    orders = Order.objects.filter(pk=int(number), participant=participant).select_related("market")
    return [Found(_("Order"), f"{o.pk} · {o.market.symbol}", reverse("order", args=[o.pk])) for o in orders]


def _markets(words: list[str]) -> list[Found]:
    fields = ("symbol", "compute_class__name", "hub__name", "hub__name_zh")
    markets = Market.objects.filter(_fits(words, *fields)).select_related("compute_class", "hub")[:FOUND_MAX]
    return [
        Found(_("Market"), f"{m.compute_class.slug} · {named(m.hub)}", reverse("market", args=[m.symbol]))
        for m in markets
    ]


def _classes(words: list[str]) -> list[Found]:
    classes = ComputeClass.objects.filter(_fits(words, "slug", "name", "vendor"))[:FOUND_MAX]
    return [Found(_("Class"), f"{c.slug} · {c.vendor}", reverse("class", args=[c.slug])) for c in classes]


def _hubs(words: list[str]) -> list[Found]:
    hubs = Hub.objects.filter(_fits(words, "slug", "name", "name_zh"))[:FOUND_MAX]
    return [Found(_("Hub"), named(hub), reverse("hub", args=[hub.slug])) for hub in hubs]


def _sites(words: list[str]) -> list[Found]:
    fields = ("slug", "name", "name_zh", "identifier", "provider__name", "provider__name_zh")
    sites = Site.objects.filter(_fits(words, *fields)).select_related("market__compute_class", "market__hub")[
        :FOUND_MAX
    ]
    return [
        Found(
            _("Site"),
            f"{named(site)} · {site.market.compute_class.slug} · {named(site.market.hub)}",
            f"{reverse('home')}?hub={site.market.hub.slug}&compute_class={site.market.compute_class.slug}",
        )
        for site in sites
    ]
