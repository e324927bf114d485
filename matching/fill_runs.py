"""Fills of an hour each into trades that span hours."""

from __future__ import annotations

import numpy as np

from matching.batch import Batch


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
