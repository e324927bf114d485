"""What a batch leaves open of its orders: quantities and places in the queue, as the engines have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.engine.interface import Engine
from matching.touched import Touched


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """An entry a slot of Touched, 0 in those where nothing is open; and how many places each market's engine has given."""

    open: np.ndarray  # accelerators, hidden ones included
    shown: np.ndarray  # of them shown: an iceberg's tip
    place: np.ndarray  # in the queue of the slot's contract; lower goes first, only the order of places means something
    places_given: dict[int, int]  # by market


def read_left_open(touched: Touched, group_of: Mapping[int, str], engines: Mapping[str, Engine]) -> LeftOpen:
    """Ask each link group's engine once about its orders of `touched`; `group_of` has the group of each market."""
    size = len(touched.open)
    left = LeftOpen(
        open=np.zeros(size, dtype=np.int64),
        shown=np.zeros(size, dtype=np.int64),
        place=np.zeros(size, dtype=np.int64),
        places_given={i: engines[group_of[i]].last_sequence for i in np.unique(touched.market).tolist()},
    )
    groups = np.array([group_of[market_id] for market_id in touched.market.tolist()], dtype=object)
    for group in sorted(set(groups.tolist())):
        rows = engines[group].resting_of(touched.ids[groups == group])
        slots = touched.slots_of(touched.rows_of(rows["id"]), rows["hour"])
        left.open[slots], left.shown[slots], left.place[slots] = rows["open"], rows["shown"], rows["sequence"]
    return left
