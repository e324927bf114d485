"""One batch of commands and what the engines said to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    def market_of_event(self) -> np.ndarray:
        """The market of each event."""
        markets: np.ndarray = self.commands.engine["market"][self.events["n"]]
        return markets

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

    def touched_ids(self) -> np.ndarray:
        """Return the ids of all orders whose stored row may change, ascending."""
        of_orders = self.commands.engine["do"] == Do.NEW
        return np.unique(
            np.concatenate(
                [self.commands.engine["id"][of_orders], self.events["id"], self.events["maker"][self.is_trade]]
            )
        )

    def cursors(self) -> dict[int, int]:
        """Return the last sequence given in each market that the batch has commands of."""
        last: dict[int, int] = {}
        for market_id, sequence in zip(self.commands.engine["market"].tolist(), self.sequences.tolist(), strict=True):
            last[market_id] = sequence
        return last

    def closed_until(self) -> dict[int, int]:
        """Return the hour before which all is closed, for each market that the batch closes hours of."""
        closed: dict[int, int] = {}
        closes = self.commands.engine[self.commands.engine["do"] == Do.CLOSE]
        for market_id, hour in zip(closes["market"].tolist(), closes["start"].tolist(), strict=True):
            closed[market_id] = max(hour + 1, closed.get(market_id, 0))
        return closed


def play_batch(
    commands: Commands,
    engine_of: Callable[[int], Engine],
    group_of: Mapping[int, str],
    last_sequences: Mapping[str, int],
) -> Batch:
    """Give each command its link group's next sequence, counting from `last_sequences`, and play each market through its engine.

    `group_of` has the group of each market.
    """
    markets = commands.engine["market"]
    played = []
    for market_id in np.unique(markets).tolist():
        rows = np.flatnonzero(markets == market_id)
        events = play(engine_of(market_id), commands.engine[rows])
        events["n"] = rows[events["n"]]
        played.append(events)
    events = np.concatenate(played)
    events = events[np.argsort(events["n"], kind="stable")]
    sequences = number(markets.tolist(), group_of, last_sequences)
    return Batch(commands=commands, sequences=sequences, events=events, ordinals=ordinals_of(events["n"]))


def number(markets: list[int], group_of: Mapping[int, str], last_sequences: Mapping[str, int]) -> np.ndarray:
    """Return the sequence of each command, by its market (shape (n,), int64)."""
    last = dict(last_sequences)
    sequences = np.zeros(len(markets), dtype=np.int64)
    for row, market_id in enumerate(markets):
        group = group_of[market_id]
        last[group] += 1
        sequences[row] = last[group]
    return sequences


def ordinals_of(n: np.ndarray) -> np.ndarray:
    """Count from 0 within each run of equal numbers."""
    at = np.arange(len(n))
    is_first = np.append(True, n[1:] != n[:-1])[: len(n)]
    return at - np.maximum.accumulate(np.where(is_first, at, 0)) if len(n) else at


def null_as_none(value: int) -> int | None:
    """Return a field of the engine as the database has it."""
    return None if value == NULL else value
