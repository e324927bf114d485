"""Alternatives that wait in the engine again: orders that may still execute in one of several markets, from the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.db import connection

from matching.command_log import alternative_commands
from matching.engine.dtypes import Kind

# By the index of those that are live and have any.
OPEN = """
    SELECT a.order_id, a.place, a.market_id, a.start, a.start_flexibility, a.price_fen, o.executed_alternative,
           o.market_id, here.closed_until, home.closed_until
    FROM matching_order o
    JOIN matching_alternative a ON a.order_id = o.id
    JOIN matching_market here ON here.id = a.market_id
    JOIN matching_market home ON home.id = o.market_id
    WHERE o.state IN ('pending', 'open') AND o.alternative_count > 0 AND o.state = 'open'
    ORDER BY a.order_id, a.place
"""


class OpenAlternative(NamedTuple):
    """An alternative of an open order."""

    order_id: int
    place: int
    market_id: int
    start: int
    start_flexibility: int
    price_fen: int
    executed: int | None  # which alternative has executed in part: then this one is withdrawn or all there is
    home_id: int  # the order's own market
    closed_until: int
    home_closed_until: int


@dataclass(frozen=True, slots=True)
class OpenAlternatives:
    """The alternatives of all open orders, by order and place."""

    rows: list[OpenAlternative]

    def orders_in(self, market_ids: Collection[int]) -> list[int]:
        """Return the orders of which one is in these markets."""
        return sorted({row.order_id for row in self.rows if row.market_id in market_ids})

    def closed_until(self) -> dict[int, int]:
        """Return the hour before which all is closed, for each market of theirs."""
        homes = {row.home_id: row.home_closed_until for row in self.rows}
        return homes | {row.market_id: row.closed_until for row in self.rows}


def read_open_alternatives() -> OpenAlternatives:
    """Read the alternatives of every open order; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        return OpenAlternatives([OpenAlternative(*row) for row in cursor.fetchall()])


def put_alternatives(
    orders: np.ndarray, resting: np.ndarray, alternatives: OpenAlternatives, closed_until: Mapping[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return `orders` (dtype COMMAND, by id) with the alternatives of each after it, and of `resting` (dtype RESTING, by id) what still waits,
    theirs too.

    An order that has executed in part is an ordinary block of that alternative. `closed_until` has the first open hour of each market;
    what has closed by then waits no more, and an order of which nothing does is left out.
    """
    by_order: dict[int, list[OpenAlternative]] = {}
    for row in alternatives.rows:
        by_order.setdefault(row.order_id, []).append(row)
    position = {int(orders["id"][n]): int(n) for n in np.flatnonzero(np.isin(orders["id"], list(by_order)))}
    further: list[OpenAlternative] = []
    for order_id, n in position.items():
        executed = by_order[order_id][0].executed
        if executed is None:
            orders["alternatives"][n] = len(by_order[order_id])
            further += by_order[order_id]
        elif executed > 0:
            chosen = by_order[order_id][executed - 1]
            orders["market"][n], orders["price"][n] = chosen.market_id, chosen.price_fen
    waiting = still_waiting(orders, resting, closed_until)
    if further:
        orders, rows = with_further(orders, resting, further, position, closed_until)
        waiting = np.concatenate([waiting, rows])
    waits = np.isin(orders["id"], waiting["id"])
    return (orders if waits.all() else orders[waits]), waiting


def with_further(
    orders: np.ndarray,
    resting: np.ndarray,
    further: list[OpenAlternative],
    position: Mapping[int, int],
    closed_until: Mapping[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Return `orders` with the rows of `further` after those at `position`, and a row of RESTING for each that waits."""
    columns = np.array([row[:6] for row in further], dtype=np.int64).T
    first_open = np.array([closed_until[row.market_id] for row in further])
    latest = columns[3] + columns[4]
    waits = latest >= first_open
    start = np.where(waits, np.maximum(columns[3], first_open), columns[3])
    rows = alternative_commands(columns[0], columns[2], start, latest - start, columns[5])
    at = np.array([position[row.order_id] for row in further])
    home = resting[np.searchsorted(resting["id"], columns[0])]  # one row a block
    home["hour"], home["alternative"] = start, columns[1]
    in_order = np.argsort(np.concatenate([np.arange(len(orders)), at]), kind="stable")
    return np.concatenate([orders, rows])[in_order], home[waits]


def still_waiting(orders: np.ndarray, resting: np.ndarray, closed_until: Mapping[int, int]) -> np.ndarray:
    """Return the rows of `resting` whose hour, or last possible start, is open in the market of their order."""
    if not len(resting):
        return resting
    of = np.searchsorted(orders["id"], resting["id"])
    first_open = np.zeros(int(orders["market"].max()) + 1, dtype=np.int64)
    known = np.array(list(closed_until.items()), dtype=np.int64)
    known = known[known[:, 0] < len(first_open)]
    first_open[known[:, 0]] = known[:, 1]
    is_block = orders["kind"] == Kind.BLOCK
    last_start = orders["start"] + orders["start_flexibility"]
    last = np.where(is_block[of], last_start[of], resting["hour"])
    waits = last >= first_open[orders["market"]][of]
    return resting if waits.all() else resting[waits]
