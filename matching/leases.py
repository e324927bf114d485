"""Leases: which matcher plays the markets of a link group, and the token under which it writes.

A holder says every fifth of LEASE_S that it lives; its leases are free once it has been silent for LEASE_S. Whoever takes one raises its
token, and what is written under an older one is refused, however late it comes. Moments here are the database's own, so that
all matchers go by one clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

LEASE_S = 1.5
"""How long a silent matcher keeps its leases. A takeover takes this, a beat, and loading the markets."""

LOADING_S = 30.0
"""How long one that loads markets may be silent: arrays of millions of rows let no other thread of it run."""


NAME_PREFIX = "matcher "
"""How the name of every matcher that is a process begins, and so that of its database sessions."""


class LeaseLost(Exception):
    """Another matcher has taken these link groups, or their markets have been linked anew: nothing was written."""

    def __init__(self, link_groups: Iterable[str]) -> None:
        self.link_groups = sorted(link_groups)
        super().__init__(f"the lease of {', '.join(self.link_groups)} is no longer this matcher's")


@dataclass(frozen=True, slots=True)
class LogMove:
    """A group's log before and after a batch, and the token under which the batch is written."""

    link_group: str
    token: int
    before: int
    after: int


# Missing leases begin where their markets' logs stand. A group without markets needs nobody.
MAKE_LEASES = """
    INSERT INTO matching_lease (link_group, token, sequence, linked_sequence, error)
    SELECT link_group, 0, max(sequence), max(sequence), '' FROM matching_market m
    WHERE NOT EXISTS (SELECT 1 FROM matching_lease l WHERE l.link_group = m.link_group)
    GROUP BY link_group ORDER BY link_group
    ON CONFLICT DO NOTHING
"""

CLAIM = """
    UPDATE matching_lease SET token = token + 1, holder_id = NULL
    WHERE link_group = ANY(%s) RETURNING link_group, token
"""


@transaction.atomic
def claim_leases(link_groups: Sequence[str]) -> dict[str, int]:
    """Take the leases of `link_groups` from whoever has them and return their tokens, for a matcher that is no process of its own."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE_LEASES)
        cursor.execute(CLAIM, [list(link_groups)])
        return dict(cursor.fetchall())


# Rows in one order, so that two who want the same never wait for each other in a circle.
MOVE_LOGS = """
    WITH mine AS (
        SELECT l.link_group, v.sequence
        FROM matching_lease l
        JOIN unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) AS v (link_group, token, before, sequence)
            ON v.link_group = l.link_group AND v.token = l.token AND v.before = l.sequence
        ORDER BY l.link_group FOR UPDATE OF l
    )
    UPDATE matching_lease l SET sequence = mine.sequence, failing_since = NULL, error = ''
    FROM mine WHERE mine.link_group = l.link_group
    RETURNING l.link_group
"""


def move_logs(moves: Sequence[LogMove]) -> None:
    """Move each group's log on, in the transaction of the batch that does so; raises LeaseLost where the token is not the lease's.

    This is the one check that lets only one matcher write.
    """
    columns = [[getattr(move, name) for move in moves] for name in ("link_group", "token", "before", "after")]
    with connection.cursor() as cursor:
        cursor.execute(MOVE_LOGS, columns)
        moved = {row[0] for row in cursor.fetchall()}
    if lost := {move.link_group for move in moves} - moved:
        raise LeaseLost(lost)


# What follows is for matchers that are processes, each known by its name

# A beat beside the matcher's own work never shortens what the matcher was given to load in.
BEAT_ALONGSIDE = """
    UPDATE matching_leaseholder SET expires_at = greatest(expires_at, clock_timestamp() + %s * interval '1 second')
    WHERE name = %s
"""

BEAT = """
    UPDATE matching_leaseholder SET expires_at = clock_timestamp() + %s * interval '1 second' WHERE name = %s RETURNING id
"""


def give_time_to_load(name: str) -> None:
    """Let a matcher be silent for LOADING_S, until it next shares leases."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [LOADING_S, name])


FORGET_THE_DEAD = """
    DELETE FROM matching_leaseholder h
    WHERE expires_at < clock_timestamp() - interval '1 minute'
      AND NOT EXISTS (SELECT 1 FROM matching_lease l WHERE l.holder_id = h.id)
"""

ENTER = """
    INSERT INTO matching_leaseholder (name, expires_at) VALUES (%s, clock_timestamp() + %s * interval '1 second')
    RETURNING id
"""

TELL_HOLDERS = "SELECT pg_notify('matcher', 'leases')"

LEAVE = """
    WITH leaver AS (SELECT id FROM matching_leaseholder WHERE name = %s)
    UPDATE matching_lease SET holder_id = NULL WHERE holder_id = (SELECT id FROM leaver)
"""


@transaction.atomic
def leave(name: str) -> None:
    """Give all of a matcher's leases back and take it off the list; the others hear of it at once."""
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, [name])
        cursor.execute("DELETE FROM matching_leaseholder WHERE name = %s", [name])
        cursor.execute(TELL_HOLDERS)


# One that has been silent since its beat counts itself among the living all the same.
STANDING = """
    SELECT (SELECT count(*) FROM matching_leaseholder WHERE expires_at > clock_timestamp() OR id = %s),
           (SELECT count(*) FROM matching_leaseholder WHERE expires_at > clock_timestamp() AND id < %s),
           (SELECT count(DISTINCT link_group) FROM matching_market)
"""

HELD = "SELECT link_group, token FROM matching_lease WHERE holder_id = %s"

GIVE_BACK = "UPDATE matching_lease SET holder_id = NULL WHERE link_group = ANY(%s) AND holder_id = %s"

TAKE = """
    WITH free AS (
        SELECT link_group FROM matching_lease l
        WHERE EXISTS (SELECT 1 FROM matching_market m WHERE m.link_group = l.link_group)
          AND NOT EXISTS (
            SELECT 1 FROM matching_leaseholder h WHERE h.id = l.holder_id AND h.expires_at > clock_timestamp()
          )
        ORDER BY link_group LIMIT %s FOR UPDATE OF l SKIP LOCKED
    )
    UPDATE matching_lease l SET holder_id = %s, token = l.token + 1 FROM free WHERE free.link_group = l.link_group
"""

# A matcher that is paused in the middle of a batch keeps its rows locked for as long as its session lives.
END_SESSIONS_OF_THE_SILENT = """
    SELECT pg_terminate_backend(a.pid)
    FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.application_name LIKE %s || '%%'
      AND a.xact_start < clock_timestamp() - %s * interval '1 second'
      AND NOT EXISTS (
        SELECT 1 FROM matching_leaseholder h WHERE h.name = a.application_name AND h.expires_at > clock_timestamp()
      )
"""


@transaction.atomic
def share_leases(name: str) -> dict[str, int]:
    """Say that a matcher lives, give back or take leases until it has its share of them, and return its tokens by link group.

    The groups are shared out evenly over the matchers alive, one more for those who came first. What is free but locked is held
    by a matcher that fell silent in the middle of a batch; its sessions are ended, and the lease is taken the next time.
    """
    with connection.cursor() as cursor:
        holder_id = beat_or_enter(cursor, name)
        cursor.execute(MAKE_LEASES)
        cursor.execute(STANDING, [holder_id, holder_id])
        share = share_of(*cursor.fetchone())
        held = read_held(cursor, holder_id)
        if len(held) > share:
            cursor.execute(GIVE_BACK, [sorted(held)[share:], holder_id])
            cursor.execute(TELL_HOLDERS)
        elif len(held) < share:
            cursor.execute(TAKE, [share - len(held), holder_id])
            if cursor.rowcount < share - len(held):
                cursor.execute(END_SESSIONS_OF_THE_SILENT, [NAME_PREFIX, LEASE_S / 2])
        else:
            return held
        return read_held(cursor, holder_id)


def beat_or_enter(cursor: Any, name: str) -> int:
    """Return the holder's id; one that is new, or was silent until it was forgotten, makes the others give leases back."""
    cursor.execute(BEAT, [LEASE_S, name])
    row = cursor.fetchone()
    if row is None:
        cursor.execute(FORGET_THE_DEAD)
        cursor.execute(ENTER, [name, LEASE_S])
        row = cursor.fetchone()
        cursor.execute(TELL_HOLDERS)
    return int(row[0])


def share_of(holders: int, earlier: int, groups: int) -> int:
    """Return how many of `groups` belong to the one of `holders` that `earlier` others came before."""
    return groups // holders + (earlier < groups % holders)


def read_held(cursor: Any, holder_id: int) -> dict[str, int]:
    cursor.execute(HELD, [holder_id])
    return dict(cursor.fetchall())
