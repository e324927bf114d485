"""A made-up day of demand, large enough to be interrupted, the same for the same seed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tests.replay.folder import HUB, bid, offer, site, write_folder

OTHER_HUB = "guizhou"

SITES = {"north.a100": HUB, "north-2.a100": HUB, "south.a100": HUB, "west.a100": OTHER_HUB}
HOURS = 30
BUYERS = 6


def write_synthetic_folder(folder: Path, *, bids: int, seed: int = 7) -> Path:
    """Write offers at four sites of three providers in two markets, and `bids` bids over the day."""
    chance = random.Random(seed)
    providers = {name: name.split(".")[0].removesuffix("-2") for name in SITES}
    sites = [site(name, provider, accelerators=16, hub=SITES[name]) for name, provider in providers.items()]
    offers: list[dict[str, Any]] = [
        offer(
            f"{name}-{part}-{start}",
            chance.randrange(800, 1300),
            at=str(chance.choice([-1, -1, 0, 2.5])),
            start=start,
            hours=10,
            site=name,
            hub=SITES[name],
            provider=provider,
        )
        for name, provider in providers.items()
        for part in range(4)
        for start in (5, 15)
    ]
    made = [_bid(chance, number) for number in range(bids)]
    return write_folder(folder, sites=sites, offers=offers, bids=made)


def _bid(chance: random.Random, number: int) -> dict[str, Any]:
    at = round(chance.uniform(-0.5, 22), 3)
    return bid(
        f"b{number}",
        chance.randrange(700, 1500),
        at=str(at),
        start=int(at) + 1 + chance.randrange(6),
        hours=chance.randrange(1, 7),
        hub=chance.choice([HUB, HUB, OTHER_HUB]),
        buyer=f"buyer-{chance.randrange(BUYERS)}",
        accelerators=chance.randrange(1, 5),
        start_flexibility_h=chance.choice([0, 0, 2, 5]),
        placement=chance.choice(["any_site", "one_site"]),
    )
