"""Commands through an engine: the one way in which the matcher plays them live and `verify` plays them again."""

from __future__ import annotations

import numpy as np

from matching.engine.dtypes import EVENT, NULL, Do, Event, Kind, Why
from matching.engine.interface import Engine


def play(engine: Engine, commands: np.ndarray) -> np.ndarray:
    """Play one link group's `commands` (dtype COMMAND) and return the events to store (dtype EVENT, `n` a row of `commands`).

    Beyond the engine's own events: a cut by the owner is told as REDUCED hours with `why` CANCELLED, before what the cut
    order then does. Left out: what the engine refuses of cancels and replaces, which changes nothing.
    """
    parts: list[np.ndarray] = []
    done = 0
    for row in np.flatnonzero(commands["do"] == Do.REPLACE).tolist():
        parts.append(apply(engine, commands, done, row))
        cut = cut_events(engine, commands, row)
        if len(cut):
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
    events = np.zeros(len(cut_hours), dtype=EVENT)
    for field in ("price", "site"):
        events[field] = NULL
    events["id"], events["n"] = command["id"], row
    events["event"], events["why"] = Event.REDUCED, Why.CANCELLED
    events["hour"] = command["start"] + cut_hours
    events["quantity"] = open_now[cut_hours] - quantity
    return events
