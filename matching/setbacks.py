"""Link groups whose batches fail: each waits longer from time to time, is tried by itself, and is named to operators."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection

WAIT_S = (0.2, 30.0)
"""The first and the longest wait after a failure; each failure in a row doubles it."""

ERROR_LENGTH_MAX = 500

OF_NO_GROUP = (OperationalError, InterfaceError)
"""Errors of the server or the connection to it, which no link group is to blame for."""


class GroupsFailed(Exception):
    """The commands of these link groups could not be played; `errors` says why by group. Those of others have been committed."""

    def __init__(self, errors: Mapping[str, Exception]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{group}: {text_of(error)}" for group, error in self.errors.items()))


@dataclass(frozen=True, slots=True)
class Setback:
    """A group's failures in a row, and from when on it is tried again, by a clock in seconds."""

    failures: int
    retry_at: float


class Setbacks:
    """Which link groups of a matcher have failed, and when to try them again; `now` is a monotonic clock's, in seconds."""

    def __init__(self) -> None:
        self._of_group: dict[str, Setback] = {}

    def note(self, link_group: str, now: float) -> float:
        """Count a failure and return how many seconds the group waits."""
        before = self._of_group.get(link_group)
        failures = before.failures if before else 0
        wait_s = min(WAIT_S[0] * 2.0**failures, WAIT_S[1])
        self._of_group[link_group] = Setback(failures + 1, now + wait_s)
        return wait_s

    def forget(self, link_group: str) -> None:
        """Note that a group has been played, or is no longer this matcher's."""
        self._of_group.pop(link_group, None)

    def keep(self, link_groups: Collection[str]) -> None:
        """Forget all groups but these."""
        self._of_group = {group: setback for group, setback in self._of_group.items() if group in link_groups}

    def groups(self) -> set[str]:
        """Return the groups that have failed and not been played since."""
        return set(self._of_group)

    def due(self, now: float) -> list[str]:
        """Return those of them to be tried now, by name."""
        return sorted(group for group, setback in self._of_group.items() if setback.retry_at <= now)


# The next batch that is written clears both, too (matching/leases.py).
TELL = """
    UPDATE matching_lease SET failing_since = coalesce(failing_since, clock_timestamp()), error = %s WHERE link_group = %s
"""

CLEAR = "UPDATE matching_lease SET failing_since = NULL, error = '' WHERE link_group = %s AND failing_since IS NOT NULL"


def tell_operators(link_group: str, error: Exception) -> None:
    """Note at a group's lease that it fails, and why."""
    with connection.cursor() as cursor:
        cursor.execute(TELL, [text_of(error), link_group])


def tell_operators_it_is_well(link_group: str) -> None:
    """Take back at a group's lease that it fails."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, [link_group])


def text_of(error: Exception) -> str:
    """Return an error's kind and first line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:ERROR_LENGTH_MAX]
