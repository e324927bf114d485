"""What must exist before the first order of a week: hubs, compute classes, markets, participants, sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.funds import open_accounts
from marketplace.facts.compute_classes import ensure_compute_class
from marketplace.facts.hubs import ensure_hubs
from marketplace.replay.week import Week
from matching.models import Market, Participant, Site


@dataclass(frozen=True, slots=True)
class Seeded:
    """Ids by the names in the folder."""

    participants: dict[str, int]
    markets: dict[tuple[str, str], int]  # by compute class and hub
    sites: dict[str, int]
    market_of_site: dict[str, int]


@transaction.atomic
def seed_week(*, week: Week, now: datetime) -> Seeded:
    """Create the participants, markets and sites of a week in an empty database."""
    participants = _create_participants(week, now)
    markets = _create_markets(week)
    sites = _create_sites(week, participants, markets, now)
    for participant_id in participants.values():
        open_accounts(participant_id)
    return Seeded(
        participants=participants,
        markets=markets,
        sites=sites,
        market_of_site={row.site: markets[row.compute_class, row.hub] for row in week.sites},
    )


def _create_participants(week: Week, now: datetime) -> dict[str, int]:
    providers = dict.fromkeys(row.provider for row in week.sites)
    buyers = dict.fromkeys(row.buyer for row in week.bids)
    created = Participant.objects.bulk_create(
        Participant(
            slug=name,
            name=name,
            legal_name=name,
            provides=name in providers,
            buys=name in buyers,
            is_demo=True,
            created_at=now,
        )
        for name in (providers | buyers)
    )
    return {participant.slug: participant.pk for participant in created}


def _create_markets(week: Week) -> dict[tuple[str, str], int]:
    hubs = ensure_hubs()
    classes = {name: ensure_compute_class(name) for name, _ in week.markets()}
    # However far ahead of its hours an order in the folder comes, and however many wait, the week says so.
    reach = week.end_hour - week.first_hour
    created = Market.objects.bulk_create(
        Market(
            symbol=f"{classes[name].slug}.{hub}",
            compute_class=classes[name],
            hub=hubs[hub],
            horizon_hours=max(Market._meta.get_field("horizon_hours").default, reach + 1),
            open_blocks_max=max(Market._meta.get_field("open_blocks_max").default, len(week.bids)),
        )
        for name, hub in week.markets()
    )
    return {key: market.pk for key, market in zip(week.markets(), created, strict=True)}


def _create_sites(
    week: Week, participants: dict[str, int], markets: dict[tuple[str, str], int], now: datetime
) -> dict[str, int]:
    # In file order: sites rank by id in the matching rules.
    created = Site.objects.bulk_create(
        Site(
            slug=row.site,
            identifier=f"SS-REPLAY-{number:05d}",
            name=row.site,
            provider_id=participants[row.provider],
            market_id=markets[row.compute_class, row.hub],
            accelerators=row.accelerators,
            created_at=now,
        )
        for number, row in enumerate(week.sites, start=1)
    )
    return {site.slug: site.pk for site in created}
