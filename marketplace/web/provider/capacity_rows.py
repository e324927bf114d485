"""A provider's sites on the ruler: sold, listed and free accelerators of every hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from marketplace.web.hour_calendar import Ruler, bars
from marketplace.web.templatetags.hours import day_text, local
from matching.holdings import HoldingSpan, holdings_of
from matching.models import Site


@dataclass(frozen=True)
class CapacityRow:
    """One site on the ruler; the sequences have one entry an hour, in accelerators."""

    site: Site
    ruler: Ruler
    sold: Sequence[int]
    listed: Sequence[int]  # in open asks
    capacity: Sequence[int]
    out: Sequence[int]  # out of service

    @cached_property
    def free(self) -> list[int]:
        parts = zip(self.capacity, self.sold, self.listed, self.out, strict=True)
        return [max(c - s - a - o, 0) for c, s, a, o in parts]

    @property
    def maintenance(self) -> list[Stretch]:
        """Stretches of hours with accelerators out of service, as boxes from the top of the track."""
        stretches: list[Stretch] = []
        for index, out in enumerate(self.out):
            if not out:
                continue
            if stretches and stretches[-1].end == index and stretches[-1].out == out:
                stretches[-1] = Stretch(stretches[-1].start, index + 1, out, self.ruler.hours, self.peak)
            else:
                stretches.append(Stretch(index, index + 1, out, self.ruler.hours, self.peak))
        return stretches

    @cached_property
    def peak(self) -> int:
        return max(self.capacity, default=0)

    @cached_property
    def sold_share(self) -> float:
        """Sold of what is installed, over this ruler."""
        return sum(self.sold) / max(sum(self.capacity), 1)

    @property
    def sold_path(self) -> str:
        return bars(self.sold, peak=self.peak)

    @property
    def listed_path(self) -> str:
        return bars(self.listed, peak=self.peak, base=self.sold)

    @property
    def free_path(self) -> str:
        base = [s + a for s, a in zip(self.sold, self.listed, strict=True)]
        return bars(self.free, peak=self.peak, base=base)

    @property
    def free_text(self) -> str:
        """The free accelerators of every hour, for the script that paints."""
        return ",".join(map(str, self.free))

    @property
    def days(self) -> list[DayFigures]:
        """The same by day, for the table view."""
        found: list[DayFigures] = []
        starts = [day.hour - self.ruler.start for day in self.ruler.days]
        for first, last in zip(starts, [*starts[1:], self.ruler.hours], strict=True):
            hours = slice(first, last)
            found.append(
                DayFigures(
                    hour=self.ruler.start + first,
                    sold=sum(self.sold[hours]),
                    listed=sum(self.listed[hours]),
                    free=sum(self.free[hours]),
                )
            )
        return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours `[start, end)` of a ruler of `hours` with `out` of `peak` accelerators out of service."""

    start: int
    end: int
    out: int
    hours: int
    peak: int

    @property
    def left(self) -> float:
        return 100 * self.start / self.hours

    @property
    def width(self) -> float:
        return 100 * (self.end - self.start) / self.hours

    @property
    def height(self) -> float:
        return 100 * self.out / max(self.peak, 1)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Accelerator-hours of one site and day."""

    hour: int
    sold: int
    listed: int
    free: int

    @property
    def label(self) -> str:
        """`Mon 24 Nov`."""
        return day_text(local(self.hour))


@dataclass(frozen=True, slots=True)
class CapacityFigures:
    """Accelerator-hours of all sites over the ruler."""

    sold: int
    listed: int
    not_listed: int  # free, in hours still to come
    passing: int  # of those, within a day
    capacity: int


def capacity_rows(*, provider_id: int, ruler: Ruler) -> list[CapacityRow]:
    """A row for each of the provider's sites, by id; three statements.

    An hour without a holding row has never been listed, so all that is installed is free.
    """
    sites = Site.objects.filter(provider_id=provider_id).select_related("market__compute_class", "market__hub")
    by_site: dict[int, list[HoldingSpan]] = defaultdict(list)
    for span in holdings_of(participant_id=provider_id, start=ruler.start, end=ruler.end):
        by_site[span.site.pk].append(span)
    return [_row(site, by_site[site.pk], ruler) for site in sites.order_by("id")]


def _row(site: Site, spans: Sequence[HoldingSpan], ruler: Ruler) -> CapacityRow:
    stored = ruler.spread((span.start, span.end, span.capacity) for span in spans)
    return CapacityRow(
        site=site,
        ruler=ruler,
        sold=ruler.spread((span.start, span.end, span.sold) for span in spans),
        listed=ruler.spread((span.start, span.end, span.offered) for span in spans),
        capacity=[capacity or site.accelerators for capacity in stored],
        out=ruler.spread((span.start, span.end, span.out_of_service) for span in spans),
    )


def capacity_figures(rows: Sequence[CapacityRow]) -> CapacityFigures:
    """Sum the rows of one ruler."""
    not_listed = passing = 0
    for row in rows:
        first = max(row.ruler.now_hour + 1 - row.ruler.start, 0)
        not_listed += sum(row.free[first:])
        passing += sum(row.free[first : first + 24])
    return CapacityFigures(
        sold=sum(sum(row.sold) for row in rows),
        listed=sum(sum(row.listed) for row in rows),
        not_listed=not_listed,
        passing=passing,
        capacity=sum(sum(row.capacity) for row in rows),
    )
