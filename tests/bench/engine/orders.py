"""Commands for measuring, a column at a time."""

from typing import Any

import numpy as np

from matching.engine.dtypes import Do, Kind, Side, TimeInForce, blank_commands


def orders(count: int, **columns: Any) -> np.ndarray:
    """Return `count` new orders with the given columns, each a number or one number an order."""
    commands = blank_commands(count)
    for name, column in columns.items():
        commands[name] = column
    return commands


def asks(ids: np.ndarray, **columns: Any) -> np.ndarray:
    """Return hourly asks of five hundred participants, each with one site, unless told otherwise."""
    seller = ids % 500
    return orders(len(ids), id=ids, side=Side.ASK, **{"participant": seller, "site": seller, **columns})


def block_bids(ids: np.ndarray, **columns: Any) -> np.ndarray:
    """Return all-or-none block bids of one buyer, who is none of the sellers."""
    return orders(len(ids), id=ids, side=Side.BID, kind=Kind.BLOCK, **{"participant": 2**30, **columns})


def cancels(ids: np.ndarray) -> np.ndarray:
    return orders(len(ids), id=ids, do=Do.CANCEL)


def pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return commands of both in turn: one of the first, one of the second."""
    return np.stack((first, second), axis=1).ravel()


IOC = TimeInForce.IOC
