"""The one ruler: a span of delivery hours as the x axis of every calendar, and bars on it as SVG paths.

A row of bars is one SVG whose viewBox is `hours` wide and 100 high, so a week of a site is a few paths, whatever its
size on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils import timezone

from marketplace.web.templatetags.hours import day_text
from matching.hours import hour_of, moment_of

HEIGHT = 100
GAP = 0.12  # hours between two bars
SPANS = (24, 72, 168, 336)
"""Lengths of a calendar that a person may choose, in hours."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled hour of the ruler; `left` is a percentage of its width."""

    hour: int
    left: float
    moment: datetime  # in the person's zone
    is_midnight: bool

    @property
    def label(self) -> str:
        """`Mon 24 Nov`."""
        return day_text(self.moment)

    @property
    def thin_label(self) -> str:
        """`24`, for many days on a phone."""
        return str(self.moment.day)


@dataclass(frozen=True)
class Ruler:
    """Delivery hours `[start, start + hours)`, and where now is."""

    start: int
    hours: int
    now: datetime

    @property
    def end(self) -> int:
        return self.start + self.hours

    @cached_property
    def step(self) -> int:
        """Hours between labels, so that about a dozen stand on a wide page."""
        return next(step for step in (3, 6, 12, 24) if self.hours / step <= 28)

    @cached_property
    def ticks(self) -> list[Tick]:
        ticks = []
        for hour in range(self.start, self.end):
            moment = timezone.localtime(moment_of(hour))
            if moment.hour % self.step == 0:
                left = round(100 * (hour - self.start) / self.hours, 3)
                ticks.append(Tick(hour, left, moment, moment.hour == 0))
        return ticks

    @cached_property
    def days(self) -> list[Tick]:
        """The midnights, and the first hour where the ruler does not start at one."""
        days = [tick for tick in self.ticks if tick.is_midnight]
        if not days or days[0].hour != self.start:
            days.insert(0, Tick(self.start, 0.0, timezone.localtime(moment_of(self.start)), False))
        return days

    @cached_property
    def now_left(self) -> float | None:
        """Where the line for now stands, in percent; None when it is off the ruler."""
        share = (self.now - moment_of(self.start)) / timedelta(hours=self.hours)
        return round(100 * share, 3) if 0 <= share <= 1 else None

    def spread(self, spans: Iterable[tuple[int, int, int]]) -> list[int]:
        """One value an hour from spans (start, end, value) that do not overlap; 0 where there is none."""
        values = [0] * self.hours
        for start, end, value in spans:
            values[start - self.start : end - self.start] = [value] * (end - start)
        return values

    @property
    def has_many_days(self) -> bool:
        """Whether full dates would not fit on a phone."""
        return len(self.days) > 3

    @property
    def now_hour(self) -> int:
        return hour_of(self.now)

    @property
    def previous(self) -> str:
        """The `from` of the ruler before this one, as a date."""
        return (timezone.localtime(moment_of(self.start)) - timedelta(hours=self.hours)).date().isoformat()

    @property
    def following(self) -> str:
        return (timezone.localtime(moment_of(self.start)) + timedelta(hours=self.hours)).date().isoformat()

    @property
    def first_day(self) -> date:
        return timezone.localtime(moment_of(self.start)).date()


def ruler_of(query: Mapping[str, str], *, now: datetime, hours: int = 72, days_before: int = 0) -> Ruler:
    """The ruler that an address asks for (`from` a date, `span` one of SPANS hours); where it is silent, from today on or `days_before`."""
    try:
        chosen = int(query.get("span", hours))
    except ValueError:
        chosen = hours
    try:
        day = date.fromisoformat(query.get("from", ""))
    except ValueError:
        day = timezone.localtime(now).date() - timedelta(days=days_before)
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
    return Ruler(start=hour_of(midnight), hours=chosen if chosen in SPANS else hours, now=now)


def bars(values: Sequence[int], *, peak: int, base: Sequence[int] | None = None) -> str:
    """SVG path data of one bar an hour, `values[i]` high on top of `base[i]`, where `peak` is the full height.

    Consecutive hours stay apart by a gap; hours of 0 draw nothing.
    """
    if peak <= 0:
        return ""
    parts = []
    for index, value in enumerate(values):
        if value <= 0:
            continue
        bottom = HEIGHT * (1 - (base[index] if base else 0) / peak)
        height = HEIGHT * value / peak
        parts.append(f"M{index} {bottom:.2f}v{-height:.2f}h{1 - GAP}V{bottom:.2f}z")
    return "".join(parts)
