"""Fills of an hour each into trades that span hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from matching.batch import Batch
from matching.outcome import Fills
from matching.touched import Touched


@dataclass(frozen=True, slots=True)
class Trades:
    """The trades of a batch as they are stored, in the order in which they happened; an entry each, the same position in every field."""

    n: np.ndarray  # row of the command
    market: np.ndarray
    sequence: np.ndarray
    ordinal: np.ndarray
    bid: np.ndarray  # position in Touched
    ask: np.ndarray
    taker_side: np.ndarray
    site: np.ndarray
    start: np.ndarray
    hours: np.ndarray
    quantity: np.ndarray
    price_fen: np.ndarray
    at: list[datetime]  # the time of the command

    def __len__(self) -> int:
        return len(self.n)


def trades_of(batch: Batch, touched: Touched, fills: Fills) -> Trades:
    """Join the fills of a batch into trades."""
    first, hours = runs_of_fills(batch)
    fill = np.cumsum(batch.is_trade)[first] - 1  # which of the fills a trade begins with
    return Trades(
        n=batch.events["n"][first],
        market=touched.market[fills.ask[fill]],  # one of a bid's alternatives, maybe
        sequence=batch.sequence_of_event[first],
        ordinal=batch.ordinals[first],
        bid=fills.bid[fill],
        ask=fills.ask[fill],
        taker_side=touched.side[fills.taker[fill]],
        site=fills.site[fill],
        start=fills.hour[fill],
        hours=hours,
        quantity=fills.quantity[fill],
        price_fen=fills.price_fen[fill],
        at=[batch.commands.at[n] for n in batch.events["n"][first].tolist()],
    )


def runs_of_fills(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Return the events' rows with which trades begin, and how many hours each trade has; in the order of the events.

    Fills of one command with the same taker, maker, price and quantity in consecutive hours are one trade.
    """
    rows = np.flatnonzero(batch.is_trade)
    fills = batch.events[rows]
    order = np.lexsort(
        (rows, fills["hour"], fills["quantity"], fills["price"], fills["maker"], fills["id"], fills["n"])
    )
    rows, fills = rows[order], fills[order]
    if not len(rows):
        return rows, rows
    goes_on = fills["hour"][1:] == fills["hour"][:-1] + 1
    for field in ("n", "id", "maker", "price", "quantity"):
        goes_on &= fills[field][1:] == fills[field][:-1]
    first = np.flatnonzero(np.append(True, ~goes_on))
    hours = np.diff(np.append(first, len(rows)))
    in_order = np.argsort(rows[first], kind="stable")
    return rows[first][in_order], hours[in_order]
