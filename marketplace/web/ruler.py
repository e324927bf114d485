"""The one ruler: the x axis that every picture of delivery hours shares, in the person's time zone."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.web.templatetags.hours import day_text, local


@dataclass(frozen=True, slots=True)
class Tick:
    """One delivery hour on the axis."""

    hour: int
    clock: str  # 18
    day: str  # Mon 24 Nov at midnight and at the left end, else empty
    is_midnight: bool


def ruler(start: int, hours: int) -> list[Tick]:
    """The ticks of `[start, start + hours)`; the day is named at each midnight, and at the start."""
    ticks = []
    for hour in range(start, start + hours):
        there = local(hour)
        midnight = there.hour == 0
        ticks.append(Tick(hour, f"{there:%H}", day_text(there) if midnight or hour == start else "", midnight))
    return ticks
