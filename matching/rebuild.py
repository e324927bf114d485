"""Engines from the database: what is open, with its place in the queue, and which hours are closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection

from matching.engine.dtypes import NULL, RESTING, Do, Kind, blank_commands
from matching.engine.interface import Engine
from matching.rulings import read_rulings, ruling_commands
from matching.waiting_alternatives import put_alternatives, read_open_alternatives

OPEN_ORDERS = f"""
    SELECT id, participant_id, market_id, start, hours, quantity, coalesce(price_fen, protection_price_fen),
           coalesce(site_id, {NULL}), start_flexibility, coalesce(min_quantity, {NULL}),
           coalesce(display_quantity, {NULL}), side, kind, time_in_force, self_trade, one_site::int, post_only::int,
           coalesce(executed_start, {NULL}), coalesce(executed_site_id, {NULL}), place, places,
           shown, open
    FROM matching_order
    WHERE state = 'open' AND (%(side)s::int IS NULL OR side = %(side)s)
      AND (id = ANY(%(further)s)
           OR (market_id = ANY(%(markets)s) AND start < %(end)s AND start + start_flexibility + hours > %(start)s))
    ORDER BY id
"""

ORDER_FIELDS = (
    "id",
    "participant",
    "market",
    "start",
    "hours",
    "quantity",
    "price",
    "site",
    "start_flexibility",
    "min_quantity",
    "display_quantity",
    "side",
    "kind",
    "tif",
    "self_trade",
    "one_site",
    "post_only",
)

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
    first_open = {**alternatives.closed_until(), **closed_until}
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ORDERS, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if not with_hidden:
        rows = [without_hidden(row) for row in rows]
    orders = blank_commands(len(rows))
    for field, column in zip(ORDER_FIELDS, zip(*rows, strict=True), strict=False):
        orders[field] = column
    orders["do"] = Do.NEW
    executed_start = np.array([row[len(ORDER_FIELDS)] for row in rows], dtype=np.int64)
    executed_site = np.array([row[len(ORDER_FIELDS) + 1] for row in rows], dtype=np.int64)
    fix_blocks(orders, executed_start, np.array([first_open[row[2]] for row in rows], dtype=np.int64))
    loaded = put_alternatives(orders, open_rows(orders, executed_site, rows), alternatives, first_open)
    engine.load(*loaded, places_given)
    return engine


def without_hidden(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an order as the public knows it: what is shown is all there is."""
    *order, shown, open_ = row
    order[ORDER_FIELDS.index("display_quantity")] = NULL
    return (*order, None, shown or open_)


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


def open_rows(orders: np.ndarray, executed_site: np.ndarray, rows: list[tuple[Any, ...]]) -> np.ndarray:
    """Return the open quantities of `orders` (dtype RESTING), each hour at its place in the queue and with what it shows."""
    slots = np.array([len(row[-1]) for row in rows], dtype=np.int64)
    of_order = np.repeat(np.arange(len(rows)), slots)
    resting = np.zeros(len(of_order), dtype=RESTING)
    resting["id"] = orders["id"][of_order]
    resting["hour"] = orders["start"][of_order] + np.arange(len(of_order)) - (np.cumsum(slots) - slots)[of_order]
    resting["sequence"] = joined(places or [place] * len(open_) for *_, place, places, _, open_ in rows)
    resting["open"] = joined(open_ for *_, open_ in rows)
    resting["shown"] = joined(shown or open_ for *_, shown, open_ in rows)
    is_block = orders["kind"] == Kind.BLOCK
    site = np.where(is_block & (executed_site != NULL), executed_site, orders["site"])
    resting["site"] = site[of_order]
    return resting[resting["open"] > 0]


def joined(lists: Iterable[list[int]]) -> np.ndarray:
    return np.fromiter(chain.from_iterable(lists), dtype=np.int64)
