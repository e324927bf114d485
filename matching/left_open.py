"""What a batch leaves open of its orders: quantities and places in the queue, as the engines have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.engine.interface import Engine
from matching.touched import Touched


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """An entry a slot of Touched, 0 in those where nothing is open."""

    open: np.ndarray  # accelerators, hidden ones included
    shown: np.ndarray  # of them shown: an iceberg's tip
    place: np.ndarray  # in the queue of the slot's contract; lower goes first, only the order of places means something


def read_left_open(touched: Touched, engine_of: Callable[[int], Engine]) -> LeftOpen:
    """Ask each market's engine once about its orders of `touched`."""
    left = LeftOpen(*(np.zeros(len(touched.open), dtype=np.int64) for _ in range(3)))
    for market_id in np.unique(touched.market).tolist():
        rows = engine_of(market_id).resting_of(touched.ids[touched.market == market_id])
        slots = touched.slots_of(touched.rows_of(rows["id"]), rows["hour"])
        left.open[slots], left.shown[slots], left.place[slots] = rows["open"], rows["shown"], rows["sequence"]
    return left
