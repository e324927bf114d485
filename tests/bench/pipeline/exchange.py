"""An exchange to measure: ten markets, twenty providers, a hundred buyers with money enough, in a database of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from billing.funds import deposit_funds
from marketplace.embedded.attachment import attach_embedded_database
from marketplace.replay.database import _exists, database, drop_database, drop_forgotten, new_database
from matching.hours import hour_of
from matching.models import ComputeClass, Hub, Market, Participant, Site

DATABASE = "suanshi_bench_"  # and the process id

MARKETS = 10
SITES_A_MARKET = 4
PROVIDERS = 20
BUYERS = 100
ACCELERATORS = 1_000_000  # a site never runs out
DEPOSIT_FEN = 10**15


@dataclass(frozen=True, slots=True)
class Exchange:
    """What orders name: ids, and the first hour that still trades for as long as a measurement takes."""

    database: str
    markets: list[int]
    sites: dict[int, list[int]]  # by market
    provider_of: dict[int, int]  # by site
    buyers: list[int]
    first_hour: int


@contextmanager
def new_exchange(prefix: str = DATABASE) -> Iterator[Exchange]:
    """Make the exchange in a new database and work on it; drop it at the end."""
    attach_embedded_database()
    drop_forgotten(prefix)
    name = f"{prefix}{os.getpid()}"
    try:
        with new_database(name, keep=True, replace=True):  # keep: commits stay synchronous
            seed(timezone.now())
            yield read_exchange(name, timezone.now())
    finally:
        drop_database(name)


@contextmanager
def kept_exchange(name: str, fill: Callable[[Exchange], None]) -> Iterator[Exchange]:
    """Work on the exchange in the database `name`, which stays; where there is none, make and `fill` one."""
    attach_embedded_database()
    if not _exists(name):
        with new_database(name, keep=True):
            seed(timezone.now())
            fill(read_exchange(name, timezone.now()))
    with database(name):
        call_command("migrate", verbosity=0, interactive=False)
        yield read_exchange(name, timezone.now())


@transaction.atomic
def seed(now: datetime) -> None:
    """Make participants, markets, sites and deposits in an empty database."""
    people = [
        Participant(slug=slug, name=slug, buys=buys, provides=not buys, created_at=now)
        for buys, word, count in ((False, "provider", PROVIDERS), (True, "buyer", BUYERS))
        for slug in (f"{word}-{number:03d}" for number in range(count))
    ]
    ids = [person.pk for person in Participant.objects.bulk_create(people)]
    providers, buyers = ids[:PROVIDERS], ids[PROVIDERS:]
    hub = Hub.objects.create(slug="bench", name="Bench", name_zh="测量")
    markets = Market.objects.bulk_create(
        Market(
            symbol=f"class-{n}.bench",
            compute_class=ComputeClass.objects.create(slug=f"class-{n}", name=f"Class {n}", vendor="None"),
            hub=hub,
            reference_price_fen=1_000,
            open_blocks_max=100_000,
        )
        for n in range(MARKETS)
    )
    Site.objects.bulk_create(
        Site(
            slug=f"site-{n}",
            identifier=f"bench-{n}",
            name=f"Site {n}",
            provider_id=providers[n % PROVIDERS],
            market=markets[n // SITES_A_MARKET],
            accelerators=ACCELERATORS,
            created_at=now,
        )
        for n in range(MARKETS * SITES_A_MARKET)
    )
    for buyer in buyers:
        deposit_funds(participant_id=buyer, amount_fen=DEPOSIT_FEN, key=f"bench:{buyer}", now=now)


def read_exchange(name: str, now: datetime) -> Exchange:
    """Say what there is in the database `name`, which is at hand."""
    sites = list(Site.objects.order_by("pk"))
    markets = list(Market.objects.order_by("pk").values_list("pk", flat=True))
    return Exchange(
        database=name,
        markets=markets,
        sites={market: [site.pk for site in sites if site.market_id == market] for market in markets},
        provider_of={site.pk: site.provider_id for site in sites},
        buyers=list(Participant.objects.filter(buys=True).order_by("pk").values_list("pk", flat=True)),
        first_hour=hour_of(now) + 4,
    )
