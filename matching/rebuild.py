"""Engines from the database: what is open, with its place in the queue, and which hours are closed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matching.binary_rows import Ragged, read_columns
from matching.engine.dtypes import NULL, RESTING, Do, Kind, blank_commands
from matching.engine.interface import Engine
from matching.rulings import read_rulings, ruling_commands
from matching.waiting_alternatives import put_alternatives, read_open_alternatives

CODE_BITS = 4
CODES = {
    "side": "side + 1",
    "kind": "kind",
    "tif": "time_in_force",
    "self_trade": "self_trade",
    "one_site": "one_site::int",
    "post_only": "post_only::int",
}
"""Small fields of an order, in one number: each costs the server as much as a large one."""

PACKED = " | ".join(f"(({code})::int << {n * CODE_BITS})" for n, code in enumerate(CODES.values()))

# Columns by the names of the engine's fields.
OPEN_ORDERS = f"""
    SELECT id, participant_id AS participant, market_id AS market, start, hours, quantity,
           coalesce(price_fen, protection_price_fen) AS price, coalesce(site_id, {NULL}) AS site, start_flexibility,
           coalesce(min_quantity, {NULL}) AS min_quantity, coalesce(display_quantity, {NULL}) AS display_quantity,
           {PACKED} AS codes, coalesce(executed_start, {NULL}) AS executed_start,
           coalesce(executed_site_id, {NULL}) AS executed_site, coalesce(place, 0) AS place, places, shown, open
    FROM matching_order
    WHERE state = 'open' AND (%(side)s::int IS NULL OR side = %(side)s)
      AND (id = ANY(%(further)s::bigint[])
           OR (market_id = ANY(%(markets)s::int[]) AND start < %(end)s AND start + start_flexibility + hours > %(start)s))
"""

ORDER_FIELDS = {
    "id": "i8",
    "participant": "i4",
    "market": "i4",
    "start": "i4",
    "hours": "i4",
    "quantity": "i4",
    "price": "i4",
    "site": "i4",
    "start_flexibility": "i2",
    "min_quantity": "i4",
    "display_quantity": "i4",
}
"""The engine's fields that an order has, as they stand in the table; those in CODES besides."""

FIELDS = ORDER_FIELDS | {"codes": "i4", "executed_start": "i4", "executed_site": "i4", "place": "i8"}
ARRAYS = {"places": "i8", "shown": "i4", "open": "i4"}

EVER = (0, 2**31 - 1)


def load_engine(
    *,
    engine: Engine,
    closed_until: Mapping[int, int],
    places_given: int = 0,
    side: int | None = None,
    span: tuple[int, int] = EVER,
    with_hidden: bool = True,
) -> Engine:
    """Put the open orders of the markets in `closed_until` (its closed hours by market id) into `engine`, which is empty; two statements.

    `places_given` is the highest place in a queue that was given before, so that later ones get the very numbers that they would have.
    `side` and `span` (hours) take in only the orders of one side that could use an hour of the span, and without `with_hidden`
    there is no more of an iceberg than shows: for a preview, which must not tell what is hidden.
    """
    close_hours(engine, closed_until)
    engine.apply(ruling_commands(read_rulings(closed_until)))
    alternatives = read_open_alternatives()
    further = alternatives.orders_in(closed_until)
    values = {"markets": list(closed_until), "further": further, "side": side, "start": span[0], "end": span[1]}
    rows, arrays = read_columns(source=OPEN_ORDERS, group="market", values=values, fields=FIELDS, arrays=ARRAYS)
    by_id = np.argsort(rows["id"], kind="stable")
    rows = {name: column[by_id] for name, column in rows.items()}
    arrays = {name: array.take(by_id) for name, array in arrays.items()}
    orders = blank_commands(len(by_id))
    for field in ORDER_FIELDS:
        orders[field] = rows[field]
    for n, field in enumerate(CODES):
        orders[field] = rows["codes"] >> (n * CODE_BITS) & (1 << CODE_BITS) - 1
    orders["side"] -= 1
    orders["do"] = Do.NEW
    first_open = {**alternatives.closed_until(), **closed_until}
    until = np.zeros(max(first_open, default=0) + 1, dtype=np.int64)
    until[list(first_open)] = list(first_open.values())
    fix_blocks(orders, rows["executed_start"], until[rows["market"]])
    resting = open_rows(orders, rows, arrays)
    if not with_hidden:
        orders["display_quantity"] = NULL
        resting["open"] = resting["shown"]
    engine.load(*put_alternatives(orders, resting, alternatives, first_open), places_given)
    return engine


def close_hours(engine: Engine, closed_until: Mapping[int, int]) -> None:
    """Tell `engine` which hours of each market have closed: those before `closed_until`."""
    closed = {market_id: until for market_id, until in closed_until.items() if until > 0}
    commands = blank_commands(len(closed))
    commands["do"], commands["market"] = Do.CLOSE, list(closed)
    commands["start"] = [until - 1 for until in closed.values()]
    engine.apply(commands)


def fix_blocks(orders: np.ndarray, executed_start: np.ndarray, first_open: np.ndarray) -> None:
    """Set each block's start to the earliest it may now have: the one it has executed at, or the first open hour; not if all have closed."""
    is_fixed = executed_start != NULL
    latest = orders["start"] + orders["start_flexibility"]
    is_block = (orders["kind"] == Kind.BLOCK) & (is_fixed | (latest >= first_open))
    earliest = np.where(is_block, np.maximum(orders["start"], first_open), orders["start"])
    orders["start"] = np.where(is_fixed, executed_start, earliest)
    orders["start_flexibility"] = np.where(is_fixed, 0, latest - orders["start"])


def open_rows(orders: np.ndarray, rows: Mapping[str, np.ndarray], arrays: Mapping[str, Ragged]) -> np.ndarray:
    """Return the open quantities of `orders` (dtype RESTING), each hour at its place in the queue and with what it shows."""
    slots, open_ = arrays["open"].lengths, arrays["open"].elements
    of_order = np.repeat(np.arange(len(orders)), slots)
    resting = np.zeros(len(of_order), dtype=RESTING)
    resting["id"] = orders["id"][of_order]
    resting["hour"] = orders["start"][of_order] + np.arange(len(of_order)) - (np.cumsum(slots) - slots)[of_order]
    resting["sequence"] = where_given(arrays["places"], of_order, rows["place"][of_order])
    resting["open"] = open_
    resting["shown"] = where_given(arrays["shown"], of_order, open_)
    is_block = orders["kind"] == Kind.BLOCK
    site = np.where(is_block & (rows["executed_site"] != NULL), rows["executed_site"], orders["site"])
    resting["site"] = site[of_order]
    is_open = open_ > 0
    return resting if is_open.all() else resting[is_open]


def where_given(given: Ragged, of_order: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Return the elements of an array that an order has either for all its slots or for none, and `otherwise` for none."""
    values = otherwise.astype(np.int64)
    values[(given.lengths > 0)[of_order]] = given.elements
    return values
