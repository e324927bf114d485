"""Publishing a provider's capacity: an hourly ask and its offer, in one database transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.offers.models import Offer
from marketplace.trading import place_orders
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest, UnableToPlaceOrder
from matching.models import Site


class SiteNotYours(UnableToPlaceOrder):
    """The site belongs to another provider, or does not exist."""

    code = "site_not_yours"
    field = "site"
    sentence = _("That site is not one of yours. Choose a site that you registered.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What a provider wants to list: `quantity` accelerators in each hour of `[start, start + hours)`."""

    provider_id: int
    site_id: int
    start: int  # first delivery hour
    hours: int
    quantity: int  # accelerators
    price_fen: int  # per accelerator-hour, before VAT
    reference: str = ""


def publish_offer(
    *,
    provider_id: int,
    site_id: int,
    start: int,
    hours: int,
    quantity: int,
    price_fen: int,
    reference: str = "",
    now: datetime,
) -> Offer:
    """List capacity and return its offer; raises UnableToPlaceOrder (SiteNotYours, NothingToSell, GateClosed, ...)."""
    listing = Listing(
        provider_id=provider_id,
        site_id=site_id,
        start=start,
        hours=hours,
        quantity=quantity,
        price_fen=price_fen,
        reference=reference,
    )
    (offer,) = publish_offers(listings=[listing], now=now)
    return offer


@transaction.atomic
def publish_offers(*, listings: Sequence[Listing], now: datetime) -> list[Offer]:
    """List all of them or none; raises the first listing's error, in the order given."""
    requests = ask_requests(listings)
    verdicts = place_orders(requests=requests, now=now)
    offers = []
    for listing, verdict in zip(listings, verdicts, strict=True):
        if not isinstance(verdict, int):
            raise verdict
        offers.append(Offer(order_id=verdict, reference=listing.reference, published_at=now))
    return Offer.objects.bulk_create(offers)


def ask_requests(listings: Sequence[Listing]) -> list[OrderRequest]:
    """The asks that the listings would place; raises SiteNotYours."""
    sites = Site.objects.in_bulk({listing.site_id for listing in listings})
    requests = []
    for listing in listings:
        site = sites.get(listing.site_id)
        if site is None or site.provider_id != listing.provider_id:
            raise SiteNotYours()
        requests.append(
            OrderRequest(
                participant_id=listing.provider_id,
                market_id=site.market_id,
                site_id=site.pk,
                side=Side.ASK,
                kind=Kind.HOURLY,
                start=listing.start,
                hours=listing.hours,
                quantity=listing.quantity,
                price_fen=listing.price_fen,
            )
        )
    return requests
