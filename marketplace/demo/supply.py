"""What the demo's providers list: a day of a site in tranches, the first cheap, the later dearer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random

from billing.period import HOURS_A_DAY, day_of
from marketplace.demo.people import PROVIDER
from marketplace.demo.places import PLACES, Place
from marketplace.demo.stage import Stage
from marketplace.demo.tariff import HOURS_A_SEGMENT, rounded_fen, usual_price_fen
from marketplace.offers.models import Offer
from marketplace.offers.publish import Listing, publish_offers
from matching.entry import UnableToPlaceOrder
from matching.hours import hour_of


@dataclass(frozen=True, slots=True)
class Tranche:
    """A part of a site listed at one price: share of its accelerators, price over the usual one, hours an offer."""

    share: float
    markup: float
    hours: int = HOURS_A_SEGMENT


# A fifth stays unlisted.
TRANCHES = (Tranche(0.25, 0.97), Tranche(0.2, 1.05), Tranche(0.2, 1.14, 6), Tranche(0.15, 1.26, 12))
# The provider who can sign in keeps half of its capacity to list by hand.
OWN_TRANCHES = (Tranche(0.25, 0.98), Tranche(0.15, 1.08, 6), Tranche(0.1, 1.2, 12))
# Before that the exchange was young.
EARLY_TRANCHES = (Tranche(0.45, 0.99, 6), Tranche(0.2, 1.12, 12))
SPREAD = 0.03
DAYS_AHEAD = 4  # listed days, today among them: at least 72 hours
NODE = 8  # accelerators in one machine, for sites that have at least as many tranches' worth


def day_listings(*, stage: Stage, start: int, after: int = 0, is_early: bool = False) -> list[Listing]:
    """List every site's day `[start, start + 24)`, leaving out the hours up to `after`."""
    return [
        listing
        for place in PLACES
        for number, tranche in enumerate(_tranches(place, is_early))
        for first in range(start, start + HOURS_A_DAY, tranche.hours)
        if (listing := _listing(stage, place, number, tranche, first, after)) is not None
    ]


def _tranches(place: Place, is_early: bool) -> Sequence[Tranche]:
    if is_early:
        return EARLY_TRANCHES
    return OWN_TRANCHES if place.provider == PROVIDER.slug else TRANCHES


def publish_early_day(*, stage: Stage, now: datetime) -> None:
    """List today of a time when the exchange was young, everybody's at once; does nothing where it is listed."""
    start, _ = day_of(hour_of(now))
    listings = day_listings(stage=stage, start=start, after=hour_of(now), is_early=True)
    if not Offer.objects.filter(reference=listings[0].reference).exists():
        publish_offers(listings=listings, now=now)


def publish_days(*, stage: Stage, now: datetime) -> int:
    """List every provider's day, today and the days after, that is not listed yet; returns how many offers that made.

    A provider that cannot list all of a day (capacity sold by hand) lists nothing of it.
    """
    today, _ = day_of(hour_of(now))
    published = 0
    for start in range(today, today + HOURS_A_DAY * DAYS_AHEAD, HOURS_A_DAY):
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


def _listing(stage: Stage, place: Place, number: int, tranche: Tranche, first: int, after: int) -> Listing | None:
    start = max(first, after + 1)
    hours = first + tranche.hours - start
    if hours <= 0:
        return None
    chance = Random(f"listing:{place.slug}:{first}:{number}")
    usual_fen = sum(usual_price_fen(place, hour) for hour in range(first, first + tranche.hours)) / tranche.hours
    return Listing(
        provider_id=stage.participants[place.provider],
        site_id=stage.sites[place.slug],
        start=start,
        hours=hours,
        quantity=_whole_nodes(place.accelerators * tranche.share),
        price_fen=rounded_fen(usual_fen * tranche.markup * chance.gauss(1, SPREAD)),
        reference=f"{place.slug}-{first}-{'abcd'[number]}",
    )


def _whole_nodes(accelerators: float) -> int:
    if accelerators < NODE:
        return max(1, int(accelerators))
    return int(accelerators) // NODE * NODE
