"""The folder of a replay: its sites, offers and bids, read whole and checked against each other before anything happens."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from marketplace.facts.compute_classes import KNOWN_CLASSES
from marketplace.facts.hubs import NATIONAL_HUB_SLUGS
from marketplace.replay.table import Line, UnableToReadFolder, read_table
from matching.engine.bounds import FLEXIBILITY_MAX, HOURS_MAX, PRICE_FEN_MAX, QUANTITY_MAX

SITE_COLUMNS = ("site", "provider", "hub", "compute_class", "accelerators")
OFFER_COLUMNS = (
    "offer",
    "provider",
    "site",
    "compute_class",
    "hub",
    "accelerators",
    "listed_at_h",
    "starts_at_h",
    "hours",
    "price_fen_per_accelerator_hour",
)
BID_COLUMNS = (
    "bid",
    "buyer",
    "compute_class",
    "hub",
    "accelerators",
    "submitted_at_h",
    "starts_at_h",
    "hours",
    "start_flexibility_h",
    "placement",
    "limit_fen_per_accelerator_hour",
)

# A replay is a week or a few; a year each way keeps a slip of the pen from becoming a million closings.
HOUR_MIN, HOUR_MAX = -24 * 366, 24 * 366
NAME_LENGTH_MAX = 80
BID_LENGTH_MAX = 64  # it becomes the order's client_order_id
CLASS_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A provider's data hall."""

    site: str
    provider: str
    hub: str
    compute_class: str
    accelerators: int


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An hourly ask of one site; hours count from the start of the week."""

    offer: str
    provider: str
    site: str
    accelerators: int
    listed_at_h: Decimal
    start: int
    hours: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class BidRow:
    """A block bid, all or none, good to its gate; hours count from the start of the week."""

    bid: str
    buyer: str
    compute_class: str
    hub: str
    accelerators: int
    submitted_at_h: Decimal
    start: int
    hours: int
    start_flexibility: int
    one_site: bool
    price_fen: int


@dataclass(frozen=True, slots=True)
class Week:
    """Everything in a folder, in file order."""

    sites: tuple[SiteRow, ...]
    offers: tuple[OfferRow, ...]
    bids: tuple[BidRow, ...]

    @property
    def first_hour(self) -> int:
        """The hour in which the first event happens; 0 at the latest."""
        times = [offer.listed_at_h for offer in self.offers] + [bid.submitted_at_h for bid in self.bids]
        return min(0, math.floor(min(times, default=Decimal(0))))

    @property
    def end_hour(self) -> int:
        """The first hour that nothing in the folder can reach."""
        ends = [offer.start + offer.hours for offer in self.offers]
        ends += [bid.start + bid.hours + bid.start_flexibility for bid in self.bids]
        return max(ends, default=0)

    def markets(self) -> list[tuple[str, str]]:
        """Compute class and hub of every market, in order of first mention."""
        keys = [(site.compute_class, site.hub) for site in self.sites]
        keys += [(bid.compute_class, bid.hub) for bid in self.bids]
        return list(dict.fromkeys(keys))


def read_week(folder: Path) -> Week:
    """Read `sites.csv`, `offers.csv` and `bids.csv` of a folder; raises UnableToReadFolder at the first thing wrong."""
    if not folder.is_dir():
        raise UnableToReadFolder(f"{folder} is not a folder.")
    sites = _read_sites(read_table(folder / "sites.csv", columns=SITE_COLUMNS))
    offers = _read_offers(read_table(folder / "offers.csv", columns=OFFER_COLUMNS), sites)
    classes = {site.compute_class for site in sites.values()} | {facts.name for facts in KNOWN_CLASSES}
    bids = _read_bids(read_table(folder / "bids.csv", columns=BID_COLUMNS), classes)
    return Week(sites=tuple(sites.values()), offers=offers, bids=bids)


def _read_sites(lines: Iterable[Line]) -> dict[str, SiteRow]:
    sites: dict[str, SiteRow] = {}
    for line in lines:
        row = SiteRow(
            site=line.text("site", length_max=NAME_LENGTH_MAX),
            provider=line.text("provider", length_max=NAME_LENGTH_MAX),
            hub=_hub(line),
            compute_class=line.text("compute_class", length_max=CLASS_LENGTH_MAX),
            accelerators=line.whole("accelerators", least=1, most=QUANTITY_MAX),
        )
        if row.site in sites:
            raise line.error(f"the site {row.site} stands in the file twice.")
        sites[row.site] = row
    if not sites:
        raise UnableToReadFolder("sites.csv has no site; there is nowhere to deliver.")
    return sites


def _read_offers(lines: Iterable[Line], sites: dict[str, SiteRow]) -> tuple[OfferRow, ...]:
    offers: dict[str, OfferRow] = {}
    offered: dict[tuple[str, int], int] = {}  # accelerators by site and hour
    for line in lines:
        site = _site_of_offer(line, sites)
        row = OfferRow(
            offer=line.text("offer", length_max=NAME_LENGTH_MAX),
            provider=site.provider,
            site=site.site,
            accelerators=line.whole("accelerators", least=1, most=QUANTITY_MAX),
            listed_at_h=line.decimal("listed_at_h", least=HOUR_MIN, most=HOUR_MAX),
            start=line.whole("starts_at_h", least=HOUR_MIN, most=HOUR_MAX),
            hours=line.whole("hours", least=1, most=HOURS_MAX),
            price_fen=line.whole("price_fen_per_accelerator_hour", least=1, most=PRICE_FEN_MAX),
        )
        if row.offer in offers:
            raise line.error(f"the offer {row.offer} stands in the file twice.")
        _commit(line, row, site, offered)
        offers[row.offer] = row
    return tuple(offers.values())


def _site_of_offer(line: Line, sites: dict[str, SiteRow]) -> SiteRow:
    hub = _hub(line)
    name = line.text("site", length_max=NAME_LENGTH_MAX)
    site = sites.get(name)
    if site is None:
        raise line.error(f"the site {name} is unknown; sites.csv does not list it.")
    for column, value in (("provider", site.provider), ("compute_class", site.compute_class), ("hub", site.hub)):
        given = hub if column == "hub" else line.text(column, length_max=NAME_LENGTH_MAX)
        if given != value:
            raise line.error(f"{column} is {given!r}, but the site {name} has {value!r} in sites.csv.")
    return site


def _commit(line: Line, row: OfferRow, site: SiteRow, offered: dict[tuple[str, int], int]) -> None:
    """Count the offer's accelerators into each of its hours; what a site has can be offered once."""
    for hour in range(row.start, row.start + row.hours):
        before = offered.get((site.site, hour), 0)
        if before + row.accelerators > site.accelerators:
            already = f" besides {before} in earlier offers" if before else ""
            raise line.error(
                f"the offer {row.offer} lists {row.accelerators} accelerators in hour {hour}{already}; "
                f"the site {site.site} has {site.accelerators}."
            )
        offered[site.site, hour] = before + row.accelerators


def _read_bids(lines: Iterable[Line], classes: set[str]) -> tuple[BidRow, ...]:
    bids: dict[str, BidRow] = {}
    for line in lines:
        row = BidRow(
            bid=line.text("bid", length_max=BID_LENGTH_MAX),
            buyer=line.text("buyer", length_max=NAME_LENGTH_MAX),
            compute_class=line.text("compute_class", length_max=CLASS_LENGTH_MAX),
            hub=_hub(line),
            accelerators=line.whole("accelerators", least=1, most=QUANTITY_MAX),
            submitted_at_h=line.decimal("submitted_at_h", least=HOUR_MIN, most=HOUR_MAX),
            start=line.whole("starts_at_h", least=HOUR_MIN, most=HOUR_MAX),
            hours=line.whole("hours", least=1, most=HOURS_MAX),
            start_flexibility=line.whole("start_flexibility_h", least=0, most=FLEXIBILITY_MAX),
            one_site=line.one_of("placement", ("any_site", "one_site")) == "one_site",
            price_fen=line.whole("limit_fen_per_accelerator_hour", least=1, most=PRICE_FEN_MAX),
        )
        if row.compute_class not in classes:
            raise line.error(f"the compute class {row.compute_class} is unknown; no site in sites.csv has it.")
        if row.bid in bids:
            raise line.error(f"the bid {row.bid} stands in the file twice.")
        bids[row.bid] = row
    return tuple(bids.values())


def _hub(line: Line) -> str:
    hub = line.text("hub", length_max=NAME_LENGTH_MAX)
    if hub not in NATIONAL_HUB_SLUGS:
        raise line.error(f"the hub {hub} is unknown; the hubs are {', '.join(sorted(NATIONAL_HUB_SLUGS))}.")
    return hub
