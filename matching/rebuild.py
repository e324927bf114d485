"""Engines from the database: what is open, with its place in the queue, and which hours are closed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection

from matching.engine.dtypes import NULL, RESTING, Do, Kind, blank_commands
from matching.engine.interface import Engine

OPEN_ORDERS = f"""
    SELECT id, participant_id, market_id, start, hours, quantity, coalesce(price_fen, protection_price_fen),
           coalesce(site_id, {NULL}), start_flexibility, coalesce(min_quantity, {NULL}),
           coalesce(display_quantity, {NULL}), side, kind, time_in_force, self_trade, one_site::int, post_only::int,
           coalesce(executed_start, {NULL}), coalesce(executed_site_id, {NULL}), sequence, open
    FROM matching_order
    WHERE state = 'open' AND market_id = ANY(%(markets)s)
      AND (%(side)s::int IS NULL OR side = %(side)s)
      AND start < %(end)s AND start + start_flexibility + hours > %(start)s
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


def load_engines(
    *,
    closed_until: dict[int, int],
    engine_factory: Callable[[], Engine],
    side: int | None = None,
    span: tuple[int, int] = EVER,
) -> dict[int, Engine]:
    """Return an engine with the open orders of each market in `closed_until` (its closed hours by market id); one statement.

    `side` and `span` (hours) take in only the orders of one side that could use an hour of the span, for a preview.
    """
    values = {"markets": list(closed_until), "side": side, "start": span[0], "end": span[1]}
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ORDERS, values)
        rows = cursor.fetchall()
    by_market: dict[int, list[tuple[Any, ...]]] = {market_id: [] for market_id in closed_until}
    for row in rows:
        by_market[row[2]].append(row)
    return {
        market_id: load_engine(engine_factory(), market_id, by_market[market_id], first_open)
        for market_id, first_open in closed_until.items()
    }


def load_engine(engine: Engine, market_id: int, rows: list[tuple[Any, ...]], first_open: int) -> Engine:
    if first_open > 0:
        engine.apply(close_command(market_id, first_open - 1))
    if rows:
        orders = blank_commands(len(rows))
        for field, column in zip(
            ORDER_FIELDS, zip(*(row[: len(ORDER_FIELDS)] for row in rows), strict=True), strict=True
        ):
            orders[field] = column
        orders["do"] = Do.NEW
        executed_start = np.array([row[-4] for row in rows])
        executed_site = np.array([row[-3] for row in rows])
        fix_blocks(orders, executed_start, first_open)
        engine.load(orders, resting_of(orders, executed_site, rows))
    return engine


def close_command(market_id: int, hour: int) -> np.ndarray:
    """Return one CLOSE of `hour` and all before it."""
    command = blank_commands(1)
    command["do"], command["market"], command["start"] = Do.CLOSE, market_id, hour
    return command


def fix_blocks(orders: np.ndarray, executed_start: np.ndarray, first_open: int) -> None:
    """Set each block's start to the earliest it may now have: the one it has executed at, or the first open hour."""
    is_block = orders["kind"] == Kind.BLOCK
    earliest = np.where(is_block, np.maximum(orders["start"], first_open), orders["start"])
    is_fixed = executed_start != NULL
    latest = orders["start"] + orders["start_flexibility"]
    orders["start"] = np.where(is_fixed, executed_start, earliest)
    orders["start_flexibility"] = np.where(is_block & ~is_fixed, latest - orders["start"], 0)


def resting_of(orders: np.ndarray, executed_site: np.ndarray, rows: list[tuple[Any, ...]]) -> np.ndarray:
    """Return the open quantities of `orders` (dtype RESTING); a place in the queue is the sequence of the order's command."""
    slots = np.array([len(row[-1]) for row in rows])
    of_order = np.repeat(np.arange(len(rows)), slots)
    resting = np.zeros(len(of_order), dtype=RESTING)
    resting["id"] = orders["id"][of_order]
    resting["sequence"] = np.array([row[-2] for row in rows], dtype=np.int64)[of_order]
    resting["hour"] = orders["start"][of_order] + np.arange(len(of_order)) - (np.cumsum(slots) - slots)[of_order]
    resting["open"] = np.fromiter(chain.from_iterable(row[-1] for row in rows), dtype=np.int64, count=len(of_order))
    resting["shown"] = resting["open"]
    is_block = orders["kind"] == Kind.BLOCK
    site = np.where(is_block & (executed_site != NULL), executed_site, orders["site"])
    resting["site"] = site[of_order]
    return resting[resting["open"] > 0]
