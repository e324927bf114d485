"""The one ruler: the x axis that every picture of delivery hours shares, in the person's time zone."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.web.templatetags.hours import day_text, local


@dataclass(frozen=True, slots=True)
class Tick:
    """One delivery hour on the axis."""

    hour: int
    clock: str  # 18
    day: str  # Mon 24 Nov at midnight, and at the left end where it has room; else empty
    is_midnight: bool


DAY_SHARE = 0.13
"""Of the width of a ruler, what the name of a day needs."""


def ruler(start: int, hours: int) -> list[Tick]:
    """The ticks of `[start, start + hours)`; the day is named at each midnight, and at the start unless the next midnight is too near."""
    ticks = []
    has_room = 24 - local(start).hour >= DAY_SHARE * hours
    for hour in range(start, start + hours):
        there = local(hour)
        midnight = there.hour == 0
        is_named = midnight or (hour == start and has_room)
        ticks.append(Tick(hour, f"{there:%H}", day_text(there) if is_named else "", midnight))
    return ticks
