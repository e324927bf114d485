"""A replay folder small enough to check by hand, and the same with one cell changed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from marketplace.replay.week import BID_COLUMNS, OFFER_COLUMNS, SITE_COLUMNS

A100 = "NVIDIA A100 SXM4 80GB"
HUB = "yangtze-delta"

COLUMNS = {"sites.csv": SITE_COLUMNS, "offers.csv": OFFER_COLUMNS, "bids.csv": BID_COLUMNS}


def site(name: str = "north.a100", provider: str = "north", accelerators: int = 8, **cells: Any) -> dict[str, Any]:
    """Make a line of sites.csv."""
    return {
        "site": name, "provider": provider, "hub": HUB, "compute_class": A100, "accelerators": accelerators, **cells
    }  # fmt: skip


def offer(
    name: str, price_fen: int = 1000, *, at: str = "-1", start: int = 0, hours: int = 24, **cells: Any
) -> dict[str, Any]:
    """Make a line of offers.csv: four accelerators of the site `north.a100`."""
    return {
        "offer": name, "provider": "north", "site": "north.a100", "compute_class": A100, "hub": HUB, "accelerators": 4,
        "listed_at_h": at, "starts_at_h": start, "hours": hours, "price_fen_per_accelerator_hour": price_fen, **cells,
    }  # fmt: skip


def bid(
    name: str, limit_fen: int = 1500, *, at: str = "0.5", start: int = 1, hours: int = 2, **cells: Any
) -> dict[str, Any]:
    """Make a line of bids.csv: two accelerators for `ada`."""
    return {
        "bid": name, "buyer": "ada", "compute_class": A100, "hub": HUB, "accelerators": 2, "submitted_at_h": at,
        "starts_at_h": start, "hours": hours, "start_flexibility_h": 0, "placement": "any_site",
        "limit_fen_per_accelerator_hour": limit_fen, **cells,
    }  # fmt: skip


def write_folder(
    folder: Path,
    *,
    sites: list[dict[str, Any]] | None = None,
    offers: list[dict[str, Any]] | None = None,
    bids: list[dict[str, Any]] | None = None,
) -> Path:
    """Write the three files; without lines given, one site, one offer and one bid that fills."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "sites.csv": [site()] if sites is None else sites,
        "offers.csv": [offer("o1")] if offers is None else offers,
        "bids.csv": [bid("b1")] if bids is None else bids,
    }
    for name, rows in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder
