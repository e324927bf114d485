"""One batch of commands and what the engines said to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.command_log import Commands
from matching.engine.dtypes import NULL, Do, Event
from matching.engine.interface import Engine
from matching.playing import play


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Commands with the sequence given to each, and their events.

    `events` (dtype EVENT) are in the order of the commands, `n` a row of `commands`; `ordinals` count from 0 within a command.
    """

    commands: Commands
    sequences: np.ndarray
    events: np.ndarray
    ordinals: np.ndarray

    @property
    def sequence_of_event(self) -> np.ndarray:
        """The sequence of each event's command."""
        sequences: np.ndarray = self.sequences[self.events["n"]]
        return sequences

    @property
    def is_trade(self) -> np.ndarray:
        """Which events are trades."""
        is_trade: np.ndarray = self.events["event"] == Event.TRADE
        return is_trade

    @property
    def is_of_market(self) -> np.ndarray:
        """Which events speak of a market's contracts, and so have its id, rather than of an order."""
        is_of_market: np.ndarray = np.isin(self.events["event"], (Event.STATE, Event.AUCTION))
        return is_of_market

    def touched_ids(self) -> np.ndarray:
        """Return the ids of all orders whose stored row or commitment may change, ascending."""
        named = np.isin(self.commands.engine["do"], (Do.NEW, Do.REPLACE))
        told = self.events["id"][~self.is_of_market]
        return np.unique(np.concatenate([self.commands.engine["id"][named], told, self.events["maker"][self.is_trade]]))

    def closed_until(self) -> dict[int, int]:
        """Return the hour before which all is closed, for each market that the batch closes hours of."""
        closed: dict[int, int] = {}
        closes = self.commands.engine[self.commands.engine["do"] == Do.CLOSE]
        for market_id, hour in zip(closes["market"].tolist(), closes["start"].tolist(), strict=True):
            closed[market_id] = max(hour + 1, closed.get(market_id, 0))
        return closed


def play_batch(
    commands: Commands, groups: Sequence[str], engines: Mapping[str, Engine], last_sequences: Mapping[str, int]
) -> Batch:
    """Give each command its link group's next sequence, counting from `last_sequences`, and play it through the group's engine.

    `groups` has the group of each command.
    """
    sequences = np.zeros(len(commands), dtype=np.int64)
    played = []
    for group in sorted(set(groups)):
        n = np.flatnonzero([each == group for each in groups])
        sequences[n] = last_sequences[group] + 1 + np.arange(len(n))
        events = play_commands(engines[group], commands.take(n))
        events["n"] = n[events["n"]]
        played.append(events)
    events = np.concatenate(played)
    events = events[np.argsort(events["n"], kind="stable")]
    return Batch(commands=commands, sequences=sequences, events=events, ordinals=ordinals_of(events["n"]))


def play_commands(engine: Engine, commands: Commands) -> np.ndarray:
    """Play commands of one link group through its engine and return their events, `n` the position of the command."""
    events = play(engine, commands.rows, [commands.seen[n] for n in commands.n_of_row.tolist()])
    events["n"] = commands.n_of_row[events["n"]]
    return events


def ordinals_of(n: np.ndarray) -> np.ndarray:
    """Count from 0 within each run of equal numbers."""
    at = np.arange(len(n))
    is_first = np.append(True, n[1:] != n[:-1])[: len(n)]
    return at - np.maximum.accumulate(np.where(is_first, at, 0)) if len(n) else at


def null_as_none(value: int) -> int | None:
    """Return a field of the engine as the database has it."""
    return None if value == NULL else value
