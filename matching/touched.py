"""The orders that a batch speaks of, as they stand in the database before it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection

from matching.bulk import array_literal
from matching.engine.dtypes import NULL, Kind, Side
from matching.executed_alternative import Option
from matching.models import Order

READ = f"""
    SELECT id, participant_id, market_id, coalesce(site_id, {NULL}), side, kind, start, hours, start_flexibility,
           one_site::int, coalesce(price_fen, protection_price_fen), coalesce(executed_start, {NULL}),
           (state = '{Order.State.PENDING}')::int, (state NOT IN ('{Order.State.PENDING}', '{Order.State.OPEN}'))::int, alternative_count,
           coalesce(shown, open), open
    FROM matching_order WHERE id = ANY(%s::bigint[]) ORDER BY id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Orders by ascending id; each field is an array with an entry an order.

    An hourly order has a slot an hour, a block has one. `slot_order` and `slot_hour` say whose a slot is and of which hour (a
    block: its start); `open` has the accelerators open in it before the batch, `shown` those of them that show.
    """

    ids: np.ndarray
    participant: np.ndarray
    market: np.ndarray
    site: np.ndarray  # NULL on a bid
    side: np.ndarray
    is_block: np.ndarray
    start: np.ndarray
    hours: np.ndarray
    start_flexibility: np.ndarray
    fixes_site: np.ndarray  # a bid whose block must come from one site
    limit_fen: np.ndarray
    executed_start: np.ndarray  # NULL until a part has executed
    is_pending: np.ndarray
    is_gone: np.ndarray  # before the batch: a replace came too late
    options: dict[int, list[Option]]  # what each order with alternatives may execute as, by position
    first_slot: np.ndarray
    slot_order: np.ndarray
    slot_hour: np.ndarray
    open: np.ndarray
    shown: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """Return the position of each id."""
        return np.searchsorted(self.ids, ids)

    def slots_of(self, rows: np.ndarray, hours: np.ndarray) -> np.ndarray:
        """Return the slot of an hour of each order in `rows`."""
        slots: np.ndarray = self.first_slot[rows] + np.where(self.is_block[rows], 0, hours - self.start[rows])
        return slots

    def slots_in(self, row: int) -> slice:
        """Return the slots of one order."""
        first = int(self.first_slot[row])
        return slice(first, first + (1 if self.is_block[row] else int(self.hours[row])))


READ_ALTERNATIVES = """
    SELECT order_id, place, market_id, start, start_flexibility, price_fen
    FROM matching_alternative WHERE order_id = ANY(%s::bigint[]) ORDER BY order_id, place
"""


def read_options(numbers: np.ndarray) -> dict[int, list[Option]]:
    """Return what each order with alternatives may execute as, by its row in `numbers`; a statement where there are any."""
    rows = np.flatnonzero(numbers[:, 14])
    if not len(rows):
        return {}
    options = {int(order[0]): [Option(0, *order[[2, 6, 8, 10]].tolist())] for order in numbers[rows]}
    with connection.cursor() as cursor:
        cursor.execute(READ_ALTERNATIVES, [array_literal(options)])
        for order_id, *values in cursor.fetchall():
            options[order_id].append(Option(*values))
    return dict(zip(rows.tolist(), options.values(), strict=True))


def read_touched(ids: np.ndarray) -> Touched:
    """Read the orders of `ids` (ascending, without repeats) with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [array_literal(ids.tolist())])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    numbers = np.array([row[:-2] for row in rows], dtype=np.int64).reshape(len(rows), 15)
    side, kind = numbers[:, 4], numbers[:, 5]
    slots = np.fromiter((len(row[-1]) for row in rows), dtype=np.int64, count=len(rows))
    first_slot = np.cumsum(slots) - slots
    slot_order = np.repeat(np.arange(len(rows)), slots)
    return Touched(
        ids=numbers[:, 0],
        participant=numbers[:, 1],
        market=numbers[:, 2],
        site=numbers[:, 3],
        side=side,
        is_block=kind == Kind.BLOCK,
        start=numbers[:, 6],
        hours=numbers[:, 7],
        start_flexibility=numbers[:, 8],
        fixes_site=(numbers[:, 9] == 1) & (side == Side.BID),
        limit_fen=numbers[:, 10],
        executed_start=numbers[:, 11],
        is_pending=numbers[:, 12] == 1,
        is_gone=numbers[:, 13] == 1,
        options=read_options(numbers),
        first_slot=first_slot,
        slot_order=slot_order,
        slot_hour=numbers[slot_order, 6] + np.arange(len(slot_order)) - first_slot[slot_order],
        open=np.fromiter(chain.from_iterable(row[-1] for row in rows), dtype=np.int64, count=int(slots.sum())),
        shown=np.fromiter(chain.from_iterable(row[-2] for row in rows), dtype=np.int64, count=int(slots.sum())),
    )
