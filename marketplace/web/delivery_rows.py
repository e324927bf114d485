"""Deliveries on the ruler: what was due and what the meter says, a row a site, and the hours as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from billing.delivery.schedule import DeliveryHour, delivery_hours
from marketplace.web.hour_calendar import Ruler, bars
from marketplace.web.templatetags.hours import hour_text
from marketplace.web.templatetags.names import named
from matching.models import Participant, Site

SHOWN = 240
"""Hours in the table."""


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One row of the table."""

    due: DeliveryHour
    site: Site
    holder: Participant
    has_ended: bool

    @property
    def label(self) -> str:
        """What the input is for, in words."""
        return f"{named(self.site)}, {hour_text(self.due.hour, full=True)}, {named(self.holder)}"

    @property
    def field(self) -> str:
        """The name of the row's input."""
        return f"reading-{self.due.site_id}-{self.due.hour}-{self.due.holder_id}"


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A site on the ruler; the sequences have one entry an hour, in accelerators."""

    site: Site
    metered: Sequence[int]
    assumed: Sequence[int]
    short: Sequence[int]
    to_come: Sequence[int]

    @property
    def peak(self) -> int:
        return max((sum(parts) for parts in zip(*self._parts, strict=True)), default=0)

    @property
    def paths(self) -> list[tuple[str, str]]:
        """CSS class and SVG path of each kind of bar, one on top of the other."""
        base = [0] * len(self.metered)
        found = []
        for name, values in zip(("bar-sold", "bar-listed", "bar-short", "bar-free"), self._parts, strict=True):
            found.append((name, bars(values, peak=self.peak, base=base)))
            base = [low + value for low, value in zip(base, values, strict=True)]
        return found

    @property
    def _parts(self) -> tuple[Sequence[int], ...]:
        return (self.metered, self.assumed, self.short, self.to_come)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """A page of deliveries; quantities in accelerator-hours over the ruler."""

    rows: Sequence[DeliveryRow]
    lines: Sequence[DeliveryLine]
    due: int
    metered: int
    assumed: int
    short: int
    made_good_fen: int
    more: int  # hours that the table leaves out


def deliveries_of(*, ruler: Ruler, provider_id: int | None = None, holder_id: int | None = None) -> Deliveries:
    """What was due in the ruler's hours at a provider's sites, or to a holder; four statements."""
    hours = delivery_hours(start=ruler.start, end=ruler.end, provider_id=provider_id, holder_id=holder_id)
    sites = Site.objects.select_related("market__compute_class", "market__hub").in_bulk({h.site_id for h in hours})
    holders = Participant.objects.in_bulk({h.holder_id for h in hours})
    ended = [h for h in hours if h.hour < ruler.now_hour]
    by_site: dict[int, list[DeliveryHour]] = defaultdict(list)
    for hour in hours:
        by_site[hour.site_id].append(hour)
    return Deliveries(
        rows=[_row(sites[pk], by_site[pk], ruler) for pk in sorted(by_site)],
        lines=[DeliveryLine(h, sites[h.site_id], holders[h.holder_id], True) for h in ended[:SHOWN]],
        due=sum(h.held for h in ended),
        metered=sum(h.delivered for h in ended if not h.is_assumed),
        assumed=sum(h.delivered for h in ended if h.is_assumed),
        short=sum(h.short for h in ended),
        made_good_fen=sum(h.made_good_fen for h in ended),
        more=max(len(ended) - SHOWN, 0),
    )


def _row(site: Site, hours: Sequence[DeliveryHour], ruler: Ruler) -> DeliveryRow:
    metered, assumed, short, to_come = ([0] * ruler.hours for _ in range(4))
    for due in hours:
        at = due.hour - ruler.start
        if due.hour >= ruler.now_hour:
            to_come[at] += due.held
            continue
        (assumed if due.is_assumed else metered)[at] += due.delivered
        short[at] += due.short
    return DeliveryRow(site, metered, assumed, short, to_come)
