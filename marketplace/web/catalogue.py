"""The offers catalogue: the front page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from marketplace.offers.models import Offer
from marketplace.web.figures import (
    Traded,
    class_figures,
    heat_step,
    per_pflops_hour,
    share_above,
    traded_by_market,
    upcoming_best_asks,
)
from marketplace.web.largest_block import largest_block
from marketplace.web.market_parts import market_part
from marketplace.web.offer_filter import MORE_FILTERS, OfferFilter, offers_for_sale
from marketplace.web.templatetags.numbers import plain_yuan
from matching.hours import first_open_hour
from matching.models import Market

OFFERS_A_PAGE = 40
SUMMARY_HOURS = 48


@require_safe
@vary_on_headers("HX-Request")
def show_offers(request: HttpRequest) -> HttpResponse:
    """Everything on offer whose hours have not all closed; the table alone for htmx."""
    now = timezone.now()
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        table = market_part(request, "catalogue/content.html#offers", lambda: offers_context(request, now), now=now)
        return HttpResponse(table)
    content = market_part(request, "catalogue/content.html", lambda: catalogue_context(request, now), now=now)
    return render(request, "catalogue/offers.html", {"content": content, "market_count": Market.objects.count()})


def offers_context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The table: the page of offers that the address asks for."""
    offer_filter = OfferFilter(request.GET, queryset=offers_for_sale(now=now))
    page = Paginator(offer_filter.qs, OFFERS_A_PAGE).get_page(request.GET.get("page"))
    traded = traded_by_market(now=now)
    return {
        "more_open": any(request.GET.get(name) for name in MORE_FILTERS),
        "form": offer_filter.form,
        "page": page,
        "rows": [offer_row(offer, traded.get(offer.order.market_id, Traded()), now) for offer in page],
        "sorted_by": offer_filter.sorted_by,
        "traded": traded,
    }


def catalogue_context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The table, the filters above it, and a card for each class."""
    context = offers_context(request, now)
    markets = list(Market.objects.select_related("compute_class", "hub"))
    asks = upcoming_best_asks(markets=markets, hours=SUMMARY_HOURS, now=now)
    return {**context, "cards": class_figures(markets=markets, traded=context["traded"], asks=asks, now=now)}


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One line of the catalogue: what can still be bought of an offer."""

    offer: Offer
    start: int  # its first hour that still trades
    hours: int
    accelerators: int  # the most that is left in one hour
    usual: float | None  # the price against the market's 7-day VWAP
    heat: int

    @property
    def pflops_hour_fen(self) -> int | None:
        """What an hour of one PFLOPS costs at its price."""
        return per_pflops_hour(self.offer.order.market.compute_class, self.offer.order.price_fen)

    @property
    def ticket_query(self) -> str:
        """The order ticket's query string that buys the most of it that one job can, at its price."""
        left = self.offer.order.open[self.start - self.offer.order.start :]
        block = largest_block(left)
        return urlencode(
            {
                "market": self.offer.order.market.symbol,
                "accelerators": block.accelerators,
                "hours": block.hours,
                "start": self.start + block.first,
                "price": "limit",
                "limit": plain_yuan(self.offer.order.price_fen),
            }
        )


def offer_row(offer: Offer, traded: Traded, now: datetime) -> OfferRow:
    """Work out what a row shows of an offer that `offers_for_sale` read."""
    order = offer.order
    first = max(order.start, first_open_hour(order.market, now))
    price_fen = order.price_fen or 0
    return OfferRow(
        offer=offer,
        start=first,
        hours=order.start + order.hours - first,
        accelerators=offer.open_accelerators,  # type: ignore[attr-defined]
        usual=share_above(price_fen, traded.vwap_week_fen),
        heat=heat_step(price_fen, traded.vwap_week_fen),
    )
