"""What a batch tells the public in the order in which it happens: trades, auctions, states of contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from matching.batch import Batch, null_as_none
from matching.engine.dtypes import Do, Event, Why
from matching.fill_runs import Trades
from matching.models import MarketEvent

BEFORE_ALL = -1
"""Ordinal of a closing: what expires in its command follows from it."""


class Announcement(NamedTuple):
    """A public event as MarketEvent has it, from row `n` of the batch's commands; `sequence` and `ordinal` lead to a trade's row."""

    n: int
    ordinal: int
    market: int
    sequence: int
    event: int
    at: datetime
    hour: int | None = None
    hours: int | None = None
    side: int | None = None
    price_fen: int | None = None
    quantity: int | None = None
    state: int | None = None


def announcements_of(batch: Batch, trades: Trades) -> list[Announcement]:
    """Return a batch's announcements in the order in which they happened."""
    told = [*trades_told(batch, trades), *closings_told(batch), *states_told(batch)]
    return sorted(told, key=lambda announcement: announcement[:2])


def trades_told(batch: Batch, trades: Trades) -> Iterator[Announcement]:
    columns = (trades.n, trades.ordinal, trades.market, trades.sequence)
    details = (trades.start, trades.hours, trades.taker_side, trades.price_fen, trades.quantity)
    event = MarketEvent.Event.TRADE.value
    for n, ordinal, market, sequence, at, *rest in zip(
        *(column.tolist() for column in columns), trades.at, *(column.tolist() for column in details), strict=True
    ):
        yield Announcement(n, ordinal, market, sequence, event, at, *rest)


def closings_told(batch: Batch) -> Iterator[Announcement]:
    commands = batch.commands
    for n in np.flatnonzero(commands.engine["do"] == Do.CLOSE).tolist():
        yield Announcement(
            n=n,
            ordinal=BEFORE_ALL,
            market=int(commands.engine["market"][n]),
            sequence=int(batch.sequences[n]),
            event=MarketEvent.Event.STATE.value,
            at=commands.at[n],
            hour=int(commands.engine["start"][n]),
            state=Why.CLOSED.value,
        )


def states_told(batch: Batch) -> Iterator[Announcement]:
    """Yield what the engine says of contracts rather than of orders; such an event's `id` is the market."""
    events = batch.events
    for row in np.flatnonzero((events["event"] == Event.STATE) | (events["event"] == Event.AUCTION)).tolist():
        event, n = events[row], int(events["n"][row])
        is_state = event["event"] == Event.STATE
        quantity = null_as_none(int(event["quantity"]))
        yield Announcement(
            n=n,
            ordinal=int(batch.ordinals[row]),
            market=int(event["id"]),
            sequence=int(batch.sequences[n]),
            event=(MarketEvent.Event.STATE if is_state else MarketEvent.Event.AUCTION).value,
            at=batch.commands.at[n],
            hour=null_as_none(int(event["hour"])),
            hours=quantity if is_state else None,
            price_fen=null_as_none(int(event["price"])),
            quantity=None if is_state else quantity,
            state=int(event["why"]) if is_state else None,
        )
