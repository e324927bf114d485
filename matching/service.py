"""Accelerators out of service: hours of a provider's site of which some cannot be sold, whatever is asked at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from matching.capacity import MAKE_PROVIDERS_ROWS, transposed
from matching.models import Site


@dataclass(frozen=True, slots=True)
class ServiceHour:
    """A delivery hour of a provider's site, in accelerators."""

    hour: int
    capacity: int  # installed
    committed: int  # in open asks or sold
    out_of_service: int

    @property
    def free(self) -> int:
        """What a new ask may still commit."""
        return max(self.capacity - self.out_of_service - self.committed, 0)

    @property
    def too_much(self) -> int:
        """What is committed of accelerators that are out of service."""
        return max(self.committed + self.out_of_service - self.capacity, 0)


_LOCK = """
    SELECT hour, capacity, committed, out_of_service FROM matching_holding
    WHERE participant_id = %s AND site_id = %s AND hour >= %s AND hour < %s ORDER BY hour FOR UPDATE
"""

_FREE = """
    SELECT h.site_id, h.hour, h.capacity, h.committed, h.out_of_service FROM matching_holding h
    JOIN unnest(%s::int[], %s::int[]) AS s (participant_id, site_id) USING (participant_id, site_id)
    WHERE h.hour >= %s AND h.hour < %s
"""

_CHANGE = """
    UPDATE matching_holding
    SET out_of_service = greatest(least(out_of_service + %s, capacity), 0)
    WHERE participant_id = %s AND site_id = %s AND hour = ANY(%s)
"""


def lock_hours(*, site: Site, start: int, end: int) -> list[ServiceHour]:
    """Lock the provider's rows of `[start, end)`, making those that are missing, until the transaction ends."""
    keys = [(site.provider_id, site.pk, hour) for hour in range(start, end)]
    with connection.cursor() as cursor:
        cursor.execute(MAKE_PROVIDERS_ROWS, transposed(keys))
        cursor.execute(_LOCK, [site.provider_id, site.pk, start, end])
        return [ServiceHour(*row) for row in cursor.fetchall()]


def change_out_of_service(*, site: Site, hours: Sequence[int], by: int) -> None:
    """Take `by` accelerators more out of service in these hours (fewer where negative); the caller has locked them."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, [by, site.provider_id, site.pk, list(hours)])


def free_hours(*, site: Site, start: int, end: int) -> dict[int, int]:
    """Return what the provider may still list at the site in each hour of `[start, end)`; locks nothing."""
    return free_by_site(sites=[site], start=start, end=end)[site.pk]


def free_by_site(*, sites: Sequence[Site], start: int, end: int) -> dict[int, dict[int, int]]:
    """Return the same for many sites, by site and hour; one statement."""
    free = {site.pk: dict.fromkeys(range(start, end), site.accelerators) for site in sites}
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [[site.provider_id for site in sites], [site.pk for site in sites], start, end])
        for site_id, *row in cursor.fetchall():
            free[site_id][row[0]] = ServiceHour(*row).free
    return free
