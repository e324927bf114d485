"""The command log of markets that orders link played again through a fresh engine, against the stored trades, events and orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from matching.batch import Batch
from matching.engine.dtypes import Do, Kind
from matching.engine.interface import Engine
from matching.fill_runs import trades_of
from matching.models import Market, Order
from matching.outcome import endings_of, executed_alternatives, fills_of, markets_of
from matching.replay import COMMANDS_A_READ, read_tables, replay
from matching.storing import EVENT_COLUMNS, TRADE_COLUMNS, order_event_rows, trade_rows
from matching.touched import read_touched


@dataclass(slots=True)
class Told:
    """What the log says of orders, by their id."""

    came_in: dict[int, int] = field(default_factory=dict)  # sequence of its NEW
    ended: dict[int, tuple[str, str, int, datetime]] = field(default_factory=dict)  # state, why, sequence, moment
    executed: dict[int, int] = field(default_factory=dict)  # which of its alternatives


def find_log_differences(*, markets: Sequence[Market], engine: Engine) -> Iterator[str]:
    """Yield a sentence for each stored row that the log of `markets` does not give; `engine` must be empty."""
    symbols = {market.pk: market.symbol for market in markets}
    told = Told()
    after = 0
    for batch in replay(engine, read_tables(market_ids=list(symbols))):
        until = int(batch.sequences[-1])
        yield from find_event_differences(symbols, batch, after, until)
        listen(told, batch)
        after = until
    yield from find_event_differences(symbols, None, after, None)
    yield from find_order_differences(symbols, engine, told)
    yield from find_place_differences(symbols, engine)


Symbols = Mapping[int, str]
"""The symbol of each market that is verified, by its id."""


def find_event_differences(symbols: Symbols, batch: Batch | None, after: int, until: int | None) -> Iterator[str]:
    """Compare trades and order events with sequences in `(after, until]`; without a batch, there should be none."""
    trades: Iterable[tuple[Any, ...]] = ()
    events: Iterable[tuple[Any, ...]] = ()
    if batch is not None:
        touched = read_touched(batch.touched_ids())
        trades = trade_rows(touched, trades_of(batch, touched, fills_of(batch, touched)))
        events = order_event_rows(batch, markets_of(batch, touched))
    yield from compare("matching_trade", TRADE_COLUMNS, symbols, (after, until), trades)
    yield from compare("matching_orderevent", EVENT_COLUMNS, symbols, (after, until), events)


def compare(
    table: str,
    columns: Sequence[str],
    symbols: Symbols,
    span: tuple[int, int | None],
    expected: Iterable[tuple[Any, ...]],
) -> Iterator[str]:
    """Compare what the log gives with the stored rows of some markets; `columns` begin with market, sequence and ordinal."""
    missing = {row[:3]: row for row in expected}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(columns)} FROM {table}"
            " WHERE market_id = ANY(%s) AND sequence > %s AND (%s::bigint IS NULL OR sequence <= %s)"
            " ORDER BY sequence, market_id, ordinal",
            [list(symbols), span[0], span[1], span[1]],
        )
        stored: list[tuple[Any, ...]] = cursor.fetchall()
    for row_id, *values in stored:
        row = missing.pop(tuple(values[:3]), None)
        if row is None:
            place = f"sequence {values[1]}, ordinal {values[2]} of {symbols[values[0]]}"
            yield f"{table} {row_id}: the command log gives no such row at {place}."
            continue
        for column, value, due in zip(columns, values, row, strict=True):
            if value != due:
                yield f"{table} {row_id}: {column} is {value}, the command log gives {due}."
    for market_id, sequence, ordinal in missing:
        yield f"{table}: the row at sequence {sequence}, ordinal {ordinal} of {symbols[market_id]} is missing."


def listen(told: Told, batch: Batch) -> None:
    """Note which orders came in and which ended."""
    touched = read_touched(batch.touched_ids())
    commands = batch.commands
    is_new = commands.engine["do"] == Do.NEW
    told.came_in |= dict(zip(commands.engine["id"][is_new].tolist(), batch.sequences[is_new].tolist(), strict=True))
    for row, place in executed_alternatives(fills_of(batch, touched), touched).items():
        told.executed.setdefault(int(touched.ids[row]), place)
    for row, (state, why, n) in endings_of(batch, touched).items():
        told.ended[int(touched.ids[row])] = str(state), why, int(batch.sequences[n]), commands.at[n]


ORDER_COLUMNS = ("state", "why", "sequence", "closed_sequence", "closed_at", "executed_alternative", "open", "shown")


def find_order_differences(symbols: Symbols, engine: Engine, told: Told) -> Iterator[str]:
    """Compare every order of some markets with how the log leaves it."""
    orders = Order.objects.filter(market_id__in=symbols).order_by("id")
    for order_id, kind, hours, quantity, *values in orders.values_list(
        "id", "kind", "hours", "quantity", *ORDER_COLUMNS
    ).iterator(chunk_size=COMMANDS_A_READ):
        slots = hours if kind == Kind.HOURLY else 1
        due = order_due(told, engine, order_id, slots, quantity)
        for column, value, due_value in zip(ORDER_COLUMNS, values, due, strict=True):
            if value != due_value:
                yield f"matching_order {order_id}: {column} is {value}, the command log gives {due_value}."


def order_due(told: Told, engine: Engine, order_id: int, slots: int, quantity: int) -> tuple[object, ...]:
    """Return an order's values in the order of ORDER_COLUMNS, as the log leaves them."""
    sequence, executed = told.came_in.get(order_id), told.executed.get(order_id)
    if sequence is None:
        return str(Order.State.PENDING), "", None, None, None, None, [quantity] * slots, None
    if order_id in told.ended:
        state, why, closed_sequence, closed_at = told.ended[order_id]
        return state, why, sequence, closed_sequence, closed_at, executed, [0] * slots, None
    open_ = engine.open_quantities(order_id)
    return str(Order.State.OPEN), "", sequence, None, None, executed, open_.tolist(), shown_due(engine, order_id, open_)


def shown_due(engine: Engine, order_id: int, open_: np.ndarray) -> list[int] | None:
    """Return what shows of each hour that is open, None where nothing is hidden."""
    rows = engine.resting_of(np.array([order_id]))
    if (rows["shown"] == rows["open"]).all():
        return None
    shown = open_.copy()
    shown[open_ > 0] = rows["shown"]
    listed: list[int] = shown.tolist()
    return listed


PLACES = """
    SELECT o.id, dense_rank() OVER (ORDER BY m.link_group), coalesce(o.places[slot.ordinal], o.place, 0)
    FROM matching_order o JOIN matching_market m ON m.id = o.market_id
    CROSS JOIN unnest(o.open) WITH ORDINALITY AS slot (open, ordinal)
    WHERE o.state = 'open' AND o.market_id = ANY(%s) AND slot.open > 0
    ORDER BY 1, slot.ordinal
"""


def find_place_differences(symbols: Symbols, engine: Engine) -> Iterator[str]:
    """Compare the queues: the same hours one behind another, whatever the numbers of their places, which each link group has of its own."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [list(symbols)])
        stored = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 3)
    rows = engine.resting_of(np.unique(stored[:, 0]))
    rows = rows[(rows["alternative"] == 0) | np.append(True, rows["id"][1:] != rows["id"][:-1])[: len(rows)]]
    if rows["id"].tolist() != stored[:, 0].tolist():
        return  # told above: other quantities are open
    differs = np.zeros(len(rows), dtype=bool)
    for group in np.unique(stored[:, 1]).tolist():
        here = np.flatnonzero(stored[:, 1] == group)
        differs[here] = ranks_of(rows["sequence"][here]) != ranks_of(stored[here, 2])
    for order_id in np.unique(stored[differs, 0]).tolist():
        yield f"matching_order {order_id}: its place in the queue is not the one that the command log gives."


def ranks_of(places: np.ndarray) -> np.ndarray:
    """Number equal places equally, from 0 without a gap."""
    ranks: np.ndarray = np.unique(places, return_inverse=True)[1]
    return ranks
