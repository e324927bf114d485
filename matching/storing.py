"""A batch into the database: a fixed number of statements, in the one transaction of `matcher.py`.

Locks are taken in one order: leases, markets, then holdings by their key as order entry takes them, then orders, which only
the matcher changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection

from matching.batch import Batch, null_as_none
from matching.bulk import array_literal, copy_rows
from matching.engine.dtypes import Event
from matching.fill_runs import Trades, trades_of
from matching.leases import LeaseLost, LogMove, move_logs
from matching.left_open import LeftOpen
from matching.market_data.keeping import keep_market_data
from matching.outcome import (
    OrderChange,
    cursors_of,
    fills_of,
    holding_changes,
    level_changes,
    markets_of,
    order_changes,
)
from matching.rulings import store_rulings
from matching.touched import Touched


def store_batch(
    *,
    batch: Batch,
    touched: Touched,
    left: LeftOpen,
    moves: Sequence[LogMove],
    group_of: Mapping[int, str],
) -> None:
    """Write everything that a batch changes and wake those who read trades; raises LeaseLost.

    `left` says what is open once the batch has been played, `moves` how far it moves the log of each link group, `group_of`
    the group of each market.
    """
    fills = fills_of(batch, touched)
    trades = trades_of(batch, touched, fills)
    markets = markets_of(batch, touched)
    move_logs(moves)
    move_cursors(batch, cursors_of(batch, markets), left, group_of)
    number_commands(batch)
    store_rulings(batch)
    change_holdings(holding_changes(batch, touched, fills, left.open))
    change_orders(order_changes(batch, touched, fills, left))
    copy_trades(touched, trades)
    copy_order_events(batch, markets)
    keep_market_data(batch=batch, trades=trades, level_changes=level_changes(batch, touched, left))
    execute("SELECT pg_notify('trades', '')", [])


def execute(statement: str, values: Sequence[Any]) -> int:
    """Run one statement, lists as arrays, and return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [array_literal(v) if isinstance(v, list) else v for v in values])
        return int(cursor.rowcount)


MOVE_CURSORS = """
    UPDATE matching_market m SET sequence = v.sequence, closed_until = greatest(m.closed_until, v.closed_until),
        places_given = greatest(m.places_given, v.places_given)
    FROM unnest(%s::int[], %s::text[], %s::bigint[], %s::int[], %s::bigint[])
        AS v (id, link_group, sequence, closed_until, places_given)
    WHERE m.id = v.id AND m.link_group = v.link_group
"""


def move_cursors(batch: Batch, last: Mapping[int, int], left: LeftOpen, group_of: Mapping[int, str]) -> None:
    """Note in each market how far its log has come; raises LeaseLost where one is no longer of the group that it was loaded with."""
    closed = batch.closed_until()
    ids = sorted(last)
    groups = [group_of[i] for i in ids]
    columns = [[last[i] for i in ids], *([values.get(i, 0) for i in ids] for values in (closed, left.places_given))]
    if execute(MOVE_CURSORS, [ids, groups, *columns]) != len(ids):
        raise LeaseLost(groups)


# A join with the pairs would be planned as if no command were as new as these, each compared with all: so each looks its own up.
NUMBER_COMMANDS = """
    UPDATE matching_command SET sequence = (%(sequences)s::bigint[])[width_bucket(id, %(ids)s::bigint[])]
    WHERE id = ANY(%(ids)s::bigint[]) AND at BETWEEN %(first)s AND %(last)s
"""


def number_commands(batch: Batch) -> None:
    ids, at = batch.commands.ids, batch.commands.at
    values = {"ids": array_literal(ids), "sequences": array_literal(batch.sequences.tolist())}
    with connection.cursor() as cursor:
        cursor.execute(NUMBER_COMMANDS, {**values, "first": min(at), "last": max(at)})


LOCK_HOLDINGS = """
    SELECT count(*) FROM (
        SELECT 1 FROM matching_holding h
        JOIN unnest(%s::int[], %s::int[], %s::int[]) AS k (participant_id, site_id, hour)
            USING (participant_id, site_id, hour)
        ORDER BY h.participant_id, h.site_id, h.hour
        FOR UPDATE OF h
    ) AS locked
"""

CHANGE_HOLDINGS = """
    MERGE INTO matching_holding h
    USING unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[])
        AS v (participant_id, site_id, hour, capacity, committed)
    ON h.participant_id = v.participant_id AND h.site_id = v.site_id AND h.hour = v.hour
    WHEN MATCHED THEN UPDATE SET capacity = h.capacity + v.capacity, committed = h.committed + v.committed
    WHEN NOT MATCHED THEN INSERT (participant_id, site_id, hour, capacity, committed)
        VALUES (v.participant_id, v.site_id, v.hour, v.capacity, v.committed)
"""


def change_holdings(changes: list[list[int]]) -> None:
    if changes[0]:
        execute(LOCK_HOLDINGS, changes[:3])
        execute(CHANGE_HOLDINGS, changes)


CHANGE_ORDERS = """
    UPDATE matching_order o SET
        state = v.state,
        why = CASE WHEN v.closed_sequence IS NULL THEN o.why ELSE v.why END,
        quantity = coalesce(v.quantity, o.quantity),
        price_fen = coalesce(v.price_fen, o.price_fen),
        open = v.open::int[],
        shown = v.shown::int[],
        place = v.place,
        places = v.places::bigint[],
        filled_accelerator_hours = o.filled_accelerator_hours + v.filled_accelerator_hours,
        filled_value_fen = o.filled_value_fen + v.filled_value_fen,
        executed_start = coalesce(o.executed_start, v.executed_start),
        executed_site_id = coalesce(o.executed_site_id, v.executed_site_id),
        executed_alternative = coalesce(o.executed_alternative, v.executed_alternative),
        sequence = coalesce(v.sequence, o.sequence),
        closed_sequence = v.closed_sequence,
        closed_at = v.closed_at
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[], %s::text[], %s::bigint[], %s::text[],
                %s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::smallint[], %s::bigint[], %s::bigint[],
                %s::timestamptz[])
        AS v (id, state, why, quantity, price_fen, open, shown, place, places, filled_accelerator_hours, filled_value_fen, executed_start, executed_site_id,
              executed_alternative, sequence, closed_sequence, closed_at)
    WHERE o.id = v.id
"""


def change_orders(changes: Iterable[OrderChange]) -> None:
    rows = [
        (
            change.id,
            change.state,
            change.why,
            change.quantity,
            change.price_fen,
            array_literal(change.open),
            None if change.shown is None else array_literal(change.shown),
            change.place,
            None if change.places is None else array_literal(change.places),
            change.filled_accelerator_hours,
            change.filled_value_fen,
            change.executed_start,
            change.executed_site,
            change.executed_alternative,
            change.sequence,
            change.closed_sequence,
            change.closed_at,
        )
        for change in changes
    ]
    if rows:
        execute(CHANGE_ORDERS, [list(column) for column in zip(*rows, strict=True)])


TRADE_COLUMNS = (
    "market_id",
    "sequence",
    "ordinal",
    "bid_id",
    "ask_id",
    "taker_side",
    "buyer_id",
    "seller_id",
    "site_id",
    "start",
    "hours",
    "quantity",
    "price_fen",
    "traded_at",
)


def trade_rows(touched: Touched, trades: Trades) -> Iterable[tuple[object, ...]]:
    """Yield the trades of a batch in the order of TRADE_COLUMNS, as they happened."""
    columns = (
        trades.market,
        trades.sequence,
        trades.ordinal,
        touched.ids[trades.bid],
        touched.ids[trades.ask],
        trades.taker_side,
        touched.participant[trades.bid],
        touched.participant[trades.ask],
        trades.site,
        trades.start,
        trades.hours,
        trades.quantity,
        trades.price_fen,
    )
    return zip(*(column.tolist() for column in columns), trades.at, strict=True)


def copy_trades(touched: Touched, trades: Trades) -> None:
    if len(trades):
        copy_rows(table="matching_trade", columns=TRADE_COLUMNS, rows=trade_rows(touched, trades))


EVENT_COLUMNS = ("market_id", "sequence", "ordinal", "order_id", "event", "why", "hour", "quantity", "at")


def order_event_rows(batch: Batch, markets: np.ndarray) -> Iterable[tuple[object, ...]]:
    """Yield what was said of orders besides trades in the order of EVENT_COLUMNS; `markets` has the market of each event."""
    told = ~batch.is_trade & ~batch.is_of_market
    events = batch.events[told]
    is_reduced = (events["event"] == Event.REDUCED).tolist()
    return zip(
        markets[told].tolist(),
        batch.sequence_of_event[told].tolist(),
        batch.ordinals[told].tolist(),
        events["id"].tolist(),
        events["event"].tolist(),
        events["why"].tolist(),
        [hour if reduced else None for hour, reduced in zip(events["hour"].tolist(), is_reduced, strict=True)],
        [
            null_as_none(q) if reduced else None
            for q, reduced in zip(events["quantity"].tolist(), is_reduced, strict=True)
        ],
        [batch.commands.at[n] for n in events["n"].tolist()],
        strict=True,
    )


def copy_order_events(batch: Batch, markets: np.ndarray) -> None:
    if not (batch.is_trade | batch.is_of_market).all():
        copy_rows(table="matching_orderevent", columns=EVENT_COLUMNS, rows=order_event_rows(batch, markets))
