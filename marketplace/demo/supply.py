"""What the demo's providers list: a day of a site in tranches, the first cheap, the later dearer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from random import Random

from billing.period import day_of
from marketplace.demo.people import PROVIDER
from marketplace.demo.places import PLACES, Place
from marketplace.demo.stage import Stage
from marketplace.demo.tariff import HOURS_A_SEGMENT, rounded_fen, usual_price_fen
from marketplace.offers.models import Offer
from marketplace.offers.publish import Listing, publish_offers
from matching.entry import UnableToPlaceOrder
from matching.hours import hour_of

# Share of the site's accelerators, and the price over the usual one. A fifth stays unlisted.
TRANCHES = ((0.45, 0.97), (0.35, 1.12))
# The provider who can sign in keeps half of its capacity to list by hand.
OWN_TRANCHES = ((0.3, 0.98), (0.2, 1.1))
SPREAD = 0.03
DAYS_AHEAD = 4  # listed days, today among them: at least 72 hours
NODE = 8  # accelerators in one machine, for sites that have at least as many tranches' worth


def day_listings(*, stage: Stage, start: int, after: int = 0) -> list[Listing]:
    """List every site's day `[start, start + 24)`, leaving out the hours up to `after`."""
    return [
        listing
        for place in PLACES
        for segment in range(start, start + 24, HOURS_A_SEGMENT)
        for listing in _segment_listings(stage, place, segment, after)
    ]


def publish_days(*, stage: Stage, now: datetime) -> int:
    """List every provider's day, today and the days after, that is not listed yet; returns how many offers that made.

    A provider that cannot list all of a day (capacity sold by hand) lists nothing of it.
    """
    today, _ = day_of(hour_of(now))
    published = 0
    for start in range(today, today + 24 * DAYS_AHEAD, 24):
        listings = day_listings(stage=stage, start=start, after=hour_of(now))
        listed = set(
            Offer.objects.filter(reference__in=[x.reference for x in listings]).values_list("reference", flat=True)
        )
        by_provider: dict[int, list[Listing]] = {}
        for listing in listings:
            if listing.reference not in listed:
                by_provider.setdefault(listing.provider_id, []).append(listing)
        for own in by_provider.values():
            with suppress(UnableToPlaceOrder):
                published += len(publish_offers(listings=own, now=now))
    return published


def _segment_listings(stage: Stage, place: Place, segment: int, after: int) -> Iterator[Listing]:
    start = max(segment, after + 1)
    hours = segment + HOURS_A_SEGMENT - start
    if hours <= 0:
        return
    chance = Random(f"listing:{place.slug}:{segment}")
    usual_fen = usual_price_fen(place, segment)
    for number, (share, markup) in enumerate(OWN_TRANCHES if place.provider == PROVIDER.slug else TRANCHES):
        yield Listing(
            provider_id=stage.participants[place.provider],
            site_id=stage.sites[place.slug],
            start=start,
            hours=hours,
            quantity=_whole_nodes(place.accelerators * share),
            price_fen=rounded_fen(usual_fen * markup * chance.gauss(1, SPREAD)),
            reference=f"{place.slug}-{segment}-{'ab'[number]}",
        )


def _whole_nodes(accelerators: float) -> int:
    if accelerators < NODE:
        return max(1, int(accelerators))
    return int(accelerators) // NODE * NODE
