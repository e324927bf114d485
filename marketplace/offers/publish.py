"""Publishing a provider's capacity: an hourly ask and its offer, in one database transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.errors import PersonError
from marketplace.offers.models import Offer
from marketplace.trading import place_orders
from matching.engine.dtypes import Kind, Side, TimeInForce
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
    display_quantity: int | None = None  # iceberg: what others see of it
    expires_at: datetime | None = None  # good till then; None: until its gate closes
    reference: str = ""
    client_order_id: str | None = None


def publish_offer(
    *,
    provider_id: int,
    site_id: int,
    start: int,
    hours: int,
    quantity: int,
    price_fen: int,
    display_quantity: int | None = None,
    expires_at: datetime | None = None,
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
        display_quantity=display_quantity,
        expires_at=expires_at,
        reference=reference,
    )
    (offer,) = publish_offers(listings=[listing], now=now)
    return offer


@transaction.atomic
def publish_offers(*, listings: Sequence[Listing], standing_id: int | None = None, now: datetime) -> list[Offer]:
    """List all of them or none; raises the first listing's error, in the order given.

    One with a `client_order_id` that was listed before gives the first one's offer again.
    """
    verdicts = publish_each(listings=listings, standing_id=standing_id, now=now)
    offers = []
    for verdict in verdicts:
        if not isinstance(verdict, Offer):
            raise verdict
        offers.append(verdict)
    return offers


@transaction.atomic
def publish_each(
    *, listings: Sequence[Listing], standing_id: int | None = None, now: datetime
) -> list[Offer | PersonError]:
    """List each or say why not, in the order given; a fixed number of statements. Raises SiteNotYours, ExchangeBusy."""
    placed = place_orders(requests=ask_requests(listings), now=now)
    ids = [verdict for verdict in placed if isinstance(verdict, int)]
    named = any(listing.client_order_id for listing in listings)
    known = {offer.order_id: offer for offer in Offer.objects.filter(order__in=ids)} if named else {}
    new = Offer.objects.bulk_create(
        Offer(order_id=verdict, reference=listing.reference, standing_id=standing_id, published_at=now)
        for listing, verdict in zip(listings, placed, strict=True)
        if isinstance(verdict, int) and verdict not in known
    )
    offers = known | {offer.order_id: offer for offer in new}
    return [offers[verdict] if isinstance(verdict, int) else verdict for verdict in placed]


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
                display_quantity=listing.display_quantity,
                time_in_force=TimeInForce.GTD if listing.expires_at else TimeInForce.GTC,
                expires_at=listing.expires_at,
                client_order_id=listing.client_order_id,
            )
        )
    return requests
