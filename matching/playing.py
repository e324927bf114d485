"""Commands through an engine: the one way in which the matcher plays them live and `verify` plays them again."""

from __future__ import annotations

import numpy as np

from matching.engine.dtypes import EVENT, NULL, Do, Event, Kind, Why
from matching.engine.interface import Engine


def play(engine: Engine, commands: np.ndarray) -> np.ndarray:
    """Play one link group's `commands` (dtype COMMAND) and return the events to store (dtype EVENT, `n` a row of `commands`).

    Beyond the engine's own events: a cut by the owner is told as REDUCED hours with `why` CANCELLED, before what the cut
    order then does; a CANCEL with an `expires_minute` is the end of an order good till then, told as such. Left out: what the engine refuses of cancels and replaces, which changes nothing.
    """
    parts: list[np.ndarray] = []
    done = 0
    is_expiry = (commands["do"] == Do.CANCEL) & (commands["expires_minute"] != NULL)
    for row in np.flatnonzero((commands["do"] == Do.REPLACE) | is_expiry).tolist():
        parts.append(apply(engine, commands, done, row))
        if is_expiry[row]:
            parts += expire(engine, commands, row)
        elif len(cut := cut_events(engine, commands, row)):
            parts += [cut, apply(engine, commands, row, row + 1)]
        done = row + 1
    parts.append(apply(engine, commands, done, len(commands)))
    events = np.concatenate(parts)
    is_refusal = events["event"] == Event.REJECTED
    told: np.ndarray = events[~is_refusal | (commands["do"][events["n"]] == Do.NEW)]
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


def cut_events(engine: Engine, commands: np.ndarray, row: int) -> np.ndarray:
    """Return what a cut takes from each open hour of its order; nothing where it cannot be done.

    A replace sets every open hour to its quantity, so one that would raise an hour (it has traded since the owner asked) is
    left undone. A block is told by each of its hours, as if it started at its first possible one.
    """
    command = commands[row]
    open_now = engine.open_quantities(int(command["id"]))
    open_hours = np.flatnonzero(open_now)
    quantity = int(command["quantity"])
    if not len(open_hours) or command["price"] != NULL or not 0 < quantity <= open_now[open_hours].min():
        return np.empty(0, dtype=EVENT)
    if command["kind"] == Kind.BLOCK:
        open_now = np.repeat(open_now, command["hours"])
    cut_hours = np.flatnonzero(open_now > quantity)
    return reduced_events(command, row, cut_hours, open_now[cut_hours] - quantity, Why.CANCELLED)


def reduced_events(command: np.void, row: int, hours: np.ndarray, quantities: np.ndarray, why: Why) -> np.ndarray:
    """Return a REDUCED for each of an order's `hours`, which count from its start."""
    events = np.zeros(len(hours), dtype=EVENT)
    for field in ("price", "site"):
        events[field] = NULL
    events["id"], events["n"] = command["id"], row
    events["event"], events["why"] = Event.REDUCED, why
    events["hour"], events["quantity"] = command["start"] + hours, quantities
    return events
