"""A batch into the public tables: at most five statements, in the batch's transaction.

The matcher has moved the markets' cursors by then, so nobody else numbers events of these markets before it commits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from matching.batch import Batch
from matching.bulk import array_literal
from matching.engine.dtypes import Side
from matching.fill_runs import Trades
from matching.market_data.announcements import Announcement, announcements_of
from matching.market_data.bars import Bars, bars_by_contract, bars_by_interval, moments_of
from matching.models import MarketEvent
from matching.sums import sum_by_key

CHANNEL = "market_events"
"""Listeners hear of each market with new events: {"market": its id, "number": of the last}."""


def keep_market_data(*, batch: Batch, trades: Trades, level_changes: Sequence[np.ndarray]) -> None:
    """Write what a batch changes for the public, number it, and wake those who listen.

    `level_changes` are market, hour, side, price, change of shown quantity and change of orders, ascending by the first four.
    """
    at = batch.commands.at[-1]
    told: Counter[int] = Counter()  # events so far, by market
    announce(announcements_of(batch, trades), told)
    change_levels(level_changes, at, told)
    change_contracts(level_changes, trades, at, told)
    change_candles(bars_by_interval(trades))
    move_numbers(told)


def lists(columns: Iterable[np.ndarray]) -> list[list[int]]:
    return [column.tolist() for column in columns]


def run(statement: str, columns: Iterable[Iterable[object]], *values: datetime) -> list[tuple[Any, ...]]:
    """Run one statement over `columns` as arrays, then `values`; returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [*map(array_literal, columns), *values])
        return cursor.fetchall() if cursor.description else []


ANNOUNCE = f"""
    INSERT INTO matching_marketevent
        (market_id, number, trade_id, at, hour, hours, price_fen, quantity, event, side, state)
    SELECT v.market_id, coalesce(n.number, 0) + v.place, t.id, v.at, v.hour, v.hours, v.price_fen, v.quantity, v.event, v.side,
           v.state
    FROM unnest(%s::int[], %s::int[], %s::bigint[], %s::int[], %s::smallint[], %s::timestamptz[], %s::int[], %s::int[],
                %s::smallint[], %s::int[], %s::int[], %s::smallint[])
        AS v (market_id, place, sequence, ordinal, event, at, hour, hours, side, price_fen, quantity, state)
    LEFT JOIN matching_eventnumber n ON n.market_id = v.market_id
    LEFT JOIN matching_trade t ON t.market_id = v.market_id AND t.sequence = v.sequence AND t.ordinal = v.ordinal
                              AND t.traded_at = v.at AND v.event = {MarketEvent.Event.TRADE.value}
"""


def announce(announcements: Sequence[Announcement], told: Counter[int]) -> None:
    if not announcements:
        return
    places = []
    for announcement in announcements:
        told[announcement.market] += 1
        places.append(told[announcement.market])
    _, ordinals, markets, sequences, *rest = zip(*announcements, strict=True)
    run(ANNOUNCE, [markets, places, sequences, ordinals, *rest])


CHANGE_LEVELS = f"""
    WITH changed AS (
        MERGE INTO matching_booklevel l
        USING unnest(%s::int[], %s::int[], %s::smallint[], %s::int[], %s::int[], %s::int[], %s::int[])
            AS v (market_id, hour, side, price_fen, quantity, orders, place)
        ON l.market_id = v.market_id AND l.hour = v.hour AND l.side = v.side AND l.price_fen = v.price_fen
        WHEN MATCHED AND l.orders + v.orders = 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET quantity = l.quantity + v.quantity, orders = l.orders + v.orders
        WHEN NOT MATCHED THEN INSERT (market_id, hour, side, price_fen, quantity, orders)
            VALUES (v.market_id, v.hour, v.side, v.price_fen, v.quantity, v.orders)
        RETURNING v.market_id, v.hour, v.side, v.price_fen, v.place,
                  coalesce(new.quantity, 0) AS quantity, coalesce(new.orders, 0) AS orders
    )
    INSERT INTO matching_marketevent (market_id, number, at, hour, price_fen, quantity, orders, event, side)
    SELECT c.market_id, coalesce(n.number, 0) + c.place, %s, c.hour, c.price_fen, c.quantity, c.orders,
           {MarketEvent.Event.LEVEL.value}, c.side
    FROM changed c LEFT JOIN matching_eventnumber n ON n.market_id = c.market_id
"""


def change_levels(changes: Sequence[np.ndarray], at: datetime, told: Counter[int]) -> None:
    markets = changes[0]
    if not len(markets):
        return
    places = np.zeros(len(markets), dtype=np.int64)
    for market_id in np.unique(markets).tolist():
        rows = np.flatnonzero(markets == market_id)
        places[rows] = told[market_id] + 1 + np.arange(len(rows))
        told[market_id] += len(rows)
    run(CHANGE_LEVELS, lists([*changes, places]), at)


# The best levels are those that CHANGE_LEVELS has just left.
CHANGE_CONTRACTS = f"""
    WITH told AS (
        SELECT * FROM unnest(%s::int[], %s::int[]) AS v (market_id, count)
    ), moved AS (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::bigint[], %s::bigint[]) AS v (market_id, hour, bids, asks)
    ), traded AS (
        SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::bigint[], %s::bigint[],
                             %s::int[], %s::timestamptz[])
            AS v (market_id, hour, open_fen, high_fen, low_fen, last_fen, volume, value_fen, trades, last_at)
    ), changed AS (
        MERGE INTO matching_contract c
        USING (
            SELECT *
            FROM (SELECT * FROM moved FULL JOIN traded USING (market_id, hour)) AS k
            LEFT JOIN LATERAL (
                SELECT price_fen AS bid_fen, quantity AS bid FROM matching_booklevel l
                WHERE l.market_id = k.market_id AND l.hour = k.hour AND side = {Side.BID.value}
                ORDER BY price_fen DESC LIMIT 1
            ) AS best_bid ON true
            LEFT JOIN LATERAL (
                SELECT price_fen AS ask_fen, quantity AS ask FROM matching_booklevel l
                WHERE l.market_id = k.market_id AND l.hour = k.hour AND side = {Side.ASK.value}
                ORDER BY price_fen LIMIT 1
            ) AS best_ask ON true
        ) AS v
        ON c.market_id = v.market_id AND c.hour = v.hour
        WHEN MATCHED AND c.trades = 0 AND v.trades IS NULL AND v.bid IS NULL AND v.ask IS NULL THEN DELETE
        WHEN MATCHED THEN UPDATE SET
            best_bid_fen = v.bid_fen, best_bid_quantity = v.bid, best_ask_fen = v.ask_fen, best_ask_quantity = v.ask,
            bid_quantity = c.bid_quantity + coalesce(v.bids, 0), ask_quantity = c.ask_quantity + coalesce(v.asks, 0),
            open_fen = coalesce(c.open_fen, v.open_fen), high_fen = greatest(c.high_fen, v.high_fen),
            low_fen = least(c.low_fen, v.low_fen), last_price_fen = coalesce(v.last_fen, c.last_price_fen),
            last_traded_at = coalesce(v.last_at, c.last_traded_at), volume = c.volume + coalesce(v.volume, 0),
            value_fen = c.value_fen + coalesce(v.value_fen, 0), trades = c.trades + coalesce(v.trades, 0)
        WHEN NOT MATCHED THEN INSERT
            (market_id, hour, best_bid_fen, best_bid_quantity, best_ask_fen, best_ask_quantity, bid_quantity, ask_quantity,
             open_fen, high_fen, low_fen, last_price_fen, last_traded_at, volume, value_fen, trades)
            VALUES (v.market_id, v.hour, v.bid_fen, v.bid, v.ask_fen, v.ask, coalesce(v.bids, 0), coalesce(v.asks, 0),
                    v.open_fen, v.high_fen, v.low_fen, v.last_fen, v.last_at, coalesce(v.volume, 0),
                    coalesce(v.value_fen, 0), coalesce(v.trades, 0))
        RETURNING v.market_id, v.hour, old.best_bid_fen AS bid_before, old.best_bid_quantity AS bids_before, v.bid_fen, v.bid,
                  old.best_ask_fen AS ask_before, old.best_ask_quantity AS asks_before, v.ask_fen, v.ask
    ), tops AS (
        INSERT INTO matching_marketevent (market_id, number, at, hour, price_fen, quantity, event, side)
        SELECT c.market_id,
               coalesce(n.number, 0) + coalesce(told.count, 0)
                   + row_number() OVER (PARTITION BY c.market_id ORDER BY c.hour, top.side),
               %s, c.hour, top.price_fen, coalesce(top.quantity, 0), {MarketEvent.Event.TOP.value}, top.side
        FROM changed c
        CROSS JOIN LATERAL (VALUES
            ({Side.BID.value}, bid_fen, bid, bid_before, bids_before),
            ({Side.ASK.value}, ask_fen, ask, ask_before, asks_before)
        ) AS top (side, price_fen, quantity, price_before, quantity_before)
        LEFT JOIN matching_eventnumber n ON n.market_id = c.market_id
        LEFT JOIN told ON told.market_id = c.market_id
        WHERE (top.price_fen, top.quantity) IS DISTINCT FROM (top.price_before, top.quantity_before)
        RETURNING market_id
    )
    SELECT market_id, count(*) FROM tops GROUP BY market_id
"""


def change_contracts(level_changes: Sequence[np.ndarray], trades: Trades, at: datetime, told: Counter[int]) -> None:
    market, hour, side, _, quantity, _ = level_changes
    if not len(market) and not len(trades):
        return
    is_bid = side == Side.BID
    # The count of rows keeps a contract whose levels changed without their sum.
    keys, (bids, asks, _) = sum_by_key(
        [market, hour], [np.where(is_bid, quantity, 0), np.where(is_bid, 0, quantity), np.ones(len(market))]
    )
    bars = bars_by_contract(trades)
    columns = [list(told), list(told.values()), *lists([*keys, bids, asks, *bars.keys, *bars.sums])]
    last_at = [trades.at[row] for row in bars.last.tolist()]
    told.update(dict(run(CHANGE_CONTRACTS, [*columns, last_at], at)))


CHANGE_CANDLES = """
    MERGE INTO matching_candle c
    USING unnest(%s::int[], %s::smallint[], %s::timestamptz[], %s::int[], %s::int[], %s::int[], %s::int[], %s::bigint[],
                 %s::bigint[], %s::int[])
        AS v (market_id, minutes, starts_at, open_fen, high_fen, low_fen, close_fen, volume, value_fen, trades)
    ON c.market_id = v.market_id AND c.minutes = v.minutes AND c.starts_at = v.starts_at
    WHEN MATCHED THEN UPDATE SET
        high_fen = greatest(c.high_fen, v.high_fen), low_fen = least(c.low_fen, v.low_fen), close_fen = v.close_fen,
        volume = c.volume + v.volume, value_fen = c.value_fen + v.value_fen, trades = c.trades + v.trades
    WHEN NOT MATCHED THEN INSERT
        (market_id, minutes, starts_at, open_fen, high_fen, low_fen, close_fen, volume, value_fen, trades)
        VALUES (v.market_id, v.minutes, v.starts_at, v.open_fen, v.high_fen, v.low_fen, v.close_fen, v.volume, v.value_fen,
                v.trades)
"""


def change_candles(bars: Bars) -> None:
    if len(bars):
        market, minutes, second = bars.keys
        run(CHANGE_CANDLES, [*lists([market, minutes]), moments_of(second), *lists(bars.sums)])


MOVE_NUMBERS = f"""
    WITH moved AS (
        INSERT INTO matching_eventnumber AS n (market_id, number)
        SELECT * FROM unnest(%s::int[], %s::int[])
        ON CONFLICT (market_id) DO UPDATE SET number = n.number + excluded.number
        RETURNING market_id, number
    )
    SELECT count(pg_notify('{CHANNEL}', json_build_object('market', market_id, 'number', number)::text)) FROM moved
"""


def move_numbers(told: Counter[int]) -> None:
    if told:
        run(MOVE_NUMBERS, [list(told), list(told.values())])
