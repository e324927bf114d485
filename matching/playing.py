"""Commands through an engine: the one way in which the matcher plays them live and `verify` plays them again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.engine.dtypes import EVENT, NULL, Do, Event, Kind, Why
from matching.engine.interface import Engine

Seen = Sequence[int] | None
"""What the owner of a replaced order reckoned with in each hour that it could use; None where the quantity stays."""


def play(engine: Engine, commands: np.ndarray, seen: Sequence[Seen]) -> np.ndarray:
    """Play one link group's `commands` (dtype COMMAND; `seen` has an entry each) and return the events to store (dtype EVENT, `n` a row of `commands`).

    Beyond the engine's own events, a replace that is done is told as ACCEPTED, then what it takes from an hour as REDUCED
    with `why` CANCELLED, before what the order then does; one that trades have overtaken as REJECTED. A CANCEL with an
    `expires_minute` is the end of an order good till then, told as such. Left out: what the engine says of commands for orders that are gone.
    """
    parts: list[np.ndarray] = []
    done = 0
    is_expiry = (commands["do"] == Do.CANCEL) & (commands["expires_minute"] != NULL)
    for row in np.flatnonzero((commands["do"] == Do.REPLACE) | is_expiry).tolist():
        parts.append(apply(engine, commands, done, row))
        parts += expire(engine, commands, row) if is_expiry[row] else play_replace(engine, commands, row, seen[row])
        done = row + 1
    parts.append(apply(engine, commands, done, len(commands)))
    events = np.concatenate(parts)
    is_refusal = events["event"] == Event.REJECTED
    told: np.ndarray = events[~is_refusal | (events["why"] != Why.UNKNOWN)]
    return told


def apply(engine: Engine, commands: np.ndarray, start: int, end: int) -> np.ndarray:
    """Apply `commands[start:end]`; the events' `n` is a row of all commands."""
    if start == end:
        return np.empty(0, dtype=EVENT)
    events = engine.apply(commands[start:end])
    events["n"] += start
    return events


def expire(engine: Engine, commands: np.ndarray, row: int) -> list[np.ndarray]:
    """End an order as the engine's own clock would: an hourly one tells each open hour, then it is gone; none where it is not open."""
    order = commands[row]
    open_now = engine.open_quantities(int(order["id"]))
    hours = np.flatnonzero(open_now) if order["kind"] == Kind.HOURLY else np.empty(0, dtype=np.int64)
    gone = apply(engine, commands, row, row + 1)
    gone["why"] = np.where(gone["event"] == Event.GONE, Why.EXPIRED, gone["why"])
    return [reduced_events(order, row, hours, open_now[hours], Why.EXPIRED), gone]


def play_replace(engine: Engine, commands: np.ndarray, row: int, seen: Seen) -> list[np.ndarray]:
    """Play one REPLACE and tell what it does.

    It sets every open hour to its quantity. So it is left undone where that would raise an hour that has traded since its owner
    asked: more would be at stake than was reserved then.
    """
    command = commands[row]
    open_now = engine.open_quantities(int(command["id"]))
    if is_overtaken(command, open_now, seen):
        return [told_events(command, row, Event.REJECTED, Why.OVERTAKEN, count=1)]
    events = apply(engine, commands, row, row + 1)
    if not len(open_now) or (len(events) and events["event"][0] == Event.REJECTED):
        return [events]
    accepted = told_events(command, row, Event.ACCEPTED, Why.NONE, count=1)
    return [accepted, cut_events(command, row, open_now), events]


def is_overtaken(command: np.void, open_now: np.ndarray, seen: Seen) -> bool:
    """Say whether an hour that would be raised has less open than the owner saw."""
    if seen is None:
        return False
    reckoned = np.array([max(seen)] if command["kind"] == Kind.BLOCK else seen)
    if len(reckoned) != len(open_now):
        return False  # gone already
    would_raise = (open_now > 0) & (command["quantity"] > open_now)
    return bool((would_raise & ((open_now < reckoned) | (reckoned == 0))).any())


def cut_events(command: np.void, row: int, open_before: np.ndarray) -> np.ndarray:
    """Return what a replace takes from each open hour of its order.

    A block is told by each of its hours, as if it started at its first possible one.
    """
    quantity = int(command["quantity"])
    if quantity == NULL:
        return np.empty(0, dtype=EVENT)
    if command["kind"] == Kind.BLOCK:
        open_before = np.repeat(open_before, command["hours"])
    cut_hours = np.flatnonzero(open_before > quantity)
    return reduced_events(command, row, cut_hours, open_before[cut_hours] - quantity, Why.CANCELLED)


def reduced_events(command: np.void, row: int, hours: np.ndarray, quantities: np.ndarray, why: Why) -> np.ndarray:
    """Return a REDUCED for each of an order's `hours`, which count from its start."""
    events = told_events(command, row, Event.REDUCED, why, count=len(hours))
    events["hour"], events["quantity"] = command["start"] + hours, quantities
    return events


def told_events(command: np.void, row: int, event: Event, why: Why, *, count: int) -> np.ndarray:
    """Return `count` events about the order of a command, without hours or quantities."""
    events = np.zeros(count, dtype=EVENT)
    for field in ("hour", "price", "quantity", "site"):
        events[field] = NULL
    events["id"], events["n"] = command["id"], row
    events["event"], events["why"] = event, why
    return events
