"""What a batch changes in the database, worked out on arrays before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from matching.batch import Batch, null_as_none
from matching.engine.dtypes import NULL, Do, Event, Side, Why
from matching.executed_alternative import executed_option
from matching.left_open import LeftOpen
from matching.models import Order
from matching.raises import raised_hours
from matching.sums import sum_by_key
from matching.touched import Touched

STATE_BY_WHY = {
    int(Why.FILLED): Order.State.FILLED,
    int(Why.CANCELLED): Order.State.CANCELLED,
    int(Why.EXPIRED): Order.State.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class OrderChange:
    """The new values of one order's row; `filled_*` are added to what is stored.

    None keeps what is stored, but of `shown`, `place` and `places`, where it stands for itself: see models.Order.
    """

    id: int
    state: str
    why: str
    quantity: int | None
    price_fen: int | None
    open: list[int]
    shown: list[int] | None
    place: int | None
    places: list[int] | None
    filled_accelerator_hours: int
    filled_value_fen: int
    executed_start: int | None
    executed_site: int | None
    executed_alternative: int | None
    sequence: int | None
    closed_sequence: int | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fills:
    """The trades of a batch as the engine tells them, an hour each, with both orders' positions in Touched."""

    taker: np.ndarray
    maker: np.ndarray
    bid: np.ndarray
    ask: np.ndarray
    hour: np.ndarray
    quantity: np.ndarray
    price_fen: np.ndarray
    site: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """Both orders of each fill, takers first."""
        return np.concatenate([self.taker, self.maker])


def fills_of(batch: Batch, touched: Touched) -> Fills:
    """Pick the trades out of a batch's events."""
    trades = batch.events[batch.is_trade]
    taker, maker = touched.rows_of(trades["id"]), touched.rows_of(trades["maker"])
    taker_buys = touched.side[taker] == Side.BID
    return Fills(
        taker=taker,
        maker=maker,
        bid=np.where(taker_buys, taker, maker),
        ask=np.where(taker_buys, maker, taker),
        hour=trades["hour"].astype(np.int64),
        quantity=trades["quantity"].astype(np.int64),
        price_fen=trades["price"].astype(np.int64),
        site=trades["site"].astype(np.int64),
    )


def markets_of(batch: Batch, touched: Touched) -> np.ndarray:
    """Return the market of each event: that of its order, of a trade's ask, or the one that it speaks of."""
    of_market, is_trade = batch.is_of_market, batch.is_trade
    markets = batch.events["id"].copy()
    markets[~of_market] = touched.market[touched.rows_of(markets[~of_market])]
    markets[is_trade] = touched.market[fills_of(batch, touched).ask]
    return markets


def cursors_of(batch: Batch, markets: np.ndarray) -> dict[int, int]:
    """Return the last sequence in the batch that each market has to do with, by its commands or by its events, which are in `markets`."""
    ids, which = np.unique(np.concatenate([batch.commands.engine["market"], markets]), return_inverse=True)
    last = np.zeros(len(ids), dtype=np.int64)
    np.maximum.at(last, which, np.concatenate([batch.sequences, batch.sequence_of_event]))
    return dict(zip(ids.tolist(), last.tolist(), strict=True))


def filled_by_slot(fills: Fills, touched: Touched) -> np.ndarray:
    """Return the accelerators that traded in each slot; in a block's slot, in each of its hours."""
    filled = np.zeros(len(touched.open), dtype=np.int64)
    hours, quantity = np.tile(fills.hour, 2), np.tile(fills.quantity, 2)
    np.add.at(filled, touched.slots_of(fills.both, hours), quantity)
    is_block = touched.is_block[touched.slot_order]
    return np.where(is_block, filled // touched.hours[touched.slot_order], filled)


def first_fills(fills: Fills, touched: Touched) -> tuple[np.ndarray, np.ndarray]:
    """Return the first hour that traded of each order, and its site; NULL where nothing did."""
    hour = np.full(len(touched), np.iinfo(np.int64).max)
    np.minimum.at(hour, fills.both, np.tile(fills.hour, 2))
    site = np.full(len(touched), NULL, dtype=np.int64)
    site[fills.both] = np.tile(fills.site, 2)
    return np.where(hour == np.iinfo(np.int64).max, NULL, hour), site


def executed_starts(fills: Fills, touched: Touched) -> np.ndarray:
    """Return the start that each block has fixed by the end of the batch; NULL where it has not, and for hourly orders."""
    hour, _ = first_fills(fills, touched)
    return np.where(touched.is_block, np.where(touched.executed_start != NULL, touched.executed_start, hour), NULL)


def executed_alternatives(fills: Fills, touched: Touched) -> dict[int, int]:
    """Return which of its alternatives each order was that has executed, by position in Touched; those without any are left out."""
    executed: dict[int, int] = {}
    starts = executed_starts(fills, touched)
    for row, options in touched.options.items():
        ours = np.flatnonzero(fills.bid == row)
        if not len(ours):
            continue
        fill = ours[0]
        option = executed_option(
            options,
            market_id=int(touched.market[fills.ask[fill]]),
            start=int(starts[row]),
            price_fen=int(fills.price_fen[fill]),
            is_maker=bool(fills.maker[fill] == row),
        )
        if option is not None:
            executed[row] = option.place
    return executed


def order_changes(batch: Batch, touched: Touched, fills: Fills, left: LeftOpen) -> Iterator[OrderChange]:
    """Yield the new values of each touched order that was not gone before, by ascending id."""
    size = len(touched)
    accelerator_hours, value_fen = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    np.add.at(accelerator_hours, fills.both, np.tile(fills.quantity, 2))
    np.add.at(value_fen, fills.both, np.tile(fills.quantity * fills.price_fen, 2))
    starts = executed_starts(fills, touched)
    _, site = first_fills(fills, touched)
    sites = np.where(touched.is_block & touched.fixes_site, site, NULL)
    alternatives = executed_alternatives(fills, touched)
    endings = endings_of(batch, touched)
    came_in = batch.commands.engine["do"] == Do.NEW
    entered = dict(zip(batch.commands.engine["id"][came_in].tolist(), batch.sequences[came_in].tolist(), strict=True))
    replaced = replaced_values(batch)
    hides, place = hides_some(left, touched).tolist(), common_places(left, touched).tolist()
    for row, order_id in enumerate(touched.ids.tolist()):
        if touched.is_gone[row]:
            continue
        state, why, n = endings.get(row, (Order.State.OPEN, "", None))
        quantity, price_fen = replaced.get(order_id, (None, None))
        slots = touched.slots_in(row)
        yield OrderChange(
            id=order_id,
            state=str(state),
            why=why,
            quantity=quantity,
            price_fen=price_fen,
            open=left.open[slots].tolist(),
            shown=left.shown[slots].tolist() if hides[row] else None,
            place=null_as_none(place[row]),
            places=left.place[slots].tolist() if place[row] == NULL else None,
            filled_accelerator_hours=int(accelerator_hours[row]),
            filled_value_fen=int(value_fen[row]),
            executed_start=null_as_none(int(starts[row])),
            executed_site=null_as_none(int(sites[row])),
            executed_alternative=alternatives.get(row),
            sequence=entered.get(order_id),
            closed_sequence=None if n is None else int(batch.sequences[n]),
            closed_at=None if n is None else batch.commands.at[n],
        )


def replaced_values(batch: Batch) -> dict[int, tuple[int | None, int | None]]:
    """Return the quantity and the price that each replaced order has been given, None what it has not, by order id."""
    values: dict[int, tuple[int | None, int | None]] = {}
    done = batch.events[batch.events["event"] == Event.ACCEPTED]
    asked = batch.commands.engine[done["n"]][["id", "quantity", "price"]].tolist()
    for order_id, quantity, price_fen in asked:
        before = values.get(order_id, (None, None))
        values[order_id] = (
            before[0] if quantity == NULL else quantity,
            before[1] if price_fen == NULL else price_fen,
        )
    return values


def limits_after(batch: Batch, touched: Touched) -> np.ndarray:
    """Return the limit that each touched order has after the batch."""
    limits = touched.limit_fen.copy()
    for order_id, (_, price_fen) in replaced_values(batch).items():
        if price_fen is not None:
            limits[touched.rows_of(np.array([order_id]))] = price_fen
    return limits


def hides_some(left: LeftOpen, touched: Touched) -> np.ndarray:
    """Say of each order whether a part of it is hidden."""
    if not len(touched):
        return np.zeros(0, dtype=bool)
    hides: np.ndarray = np.logical_or.reduceat(left.shown != left.open, touched.first_slot)
    return hides


def common_places(left: LeftOpen, touched: Touched) -> np.ndarray:
    """Return the place at which all open hours of each order stand, 0 where none is open, NULL where they stand apart."""
    if not len(touched):
        return np.zeros(0, dtype=np.int64)
    highest = np.maximum.reduceat(left.place, touched.first_slot)
    is_open = left.open > 0
    lowest = np.minimum.reduceat(np.where(is_open, left.place, np.iinfo(np.int64).max), touched.first_slot)
    return np.where((highest == 0) | (lowest == highest), highest, NULL)


def endings_of(batch: Batch, touched: Touched) -> dict[int, tuple[Order.State, str, int]]:
    """Return the state, the reason and the command's row of each order that ended in the batch, by position in Touched."""
    events = batch.events
    is_refused = (events["event"] == Event.REJECTED) & (batch.commands.engine["do"][events["n"]] == Do.NEW)
    ended = events[(events["event"] == Event.GONE) | is_refused]
    reduced = events[(events["event"] == Event.REDUCED) & (events["why"] == Why.SELF_TRADE)]
    by_self_trade = set(zip(reduced["id"].tolist(), reduced["n"].tolist(), strict=True))
    endings = {}
    rows = touched.rows_of(ended["id"]).tolist()
    codes = ended[["id", "n", "event", "why"]].tolist()
    for row, (order_id, n, event, why) in zip(rows, codes, strict=True):
        if event == Event.REJECTED:
            endings[row] = Order.State.REJECTED, Why(why).name.lower(), n
        else:
            is_self_trade = why == Why.CANCELLED and (order_id, n) in by_self_trade
            endings[row] = STATE_BY_WHY[why], "self_trade" if is_self_trade else "", n
    return endings


# Holdings and levels


def holding_changes(batch: Batch, touched: Touched, fills: Fills, open_after: np.ndarray) -> list[list[int]]:
    """Return participant, site, hour, change of capacity and change of committed, a list each, by ascending key.

    A buyer's capacity grows by what it bought. A seller's row keeps what has sold and gives back what will not sell any more, and
    what was committed for a raise: from now on what is open says it.
    """
    filled = filled_by_slot(fills, touched)
    gives_back = (touched.side == Side.ASK) & ~touched.is_block
    slots = np.flatnonzero(gives_back[touched.slot_order])
    sellers = touched.slot_order[slots]
    released = (touched.open - open_after - filled)[slots]
    others = [*block_releases(touched, fills, open_after, filled), *raise_releases(batch, touched)]
    blocks = np.array(others, dtype=np.int64).reshape(-1, 4)
    nothing_sold, nothing_bought = np.zeros(len(fills.hour)), np.zeros(len(slots) + len(blocks))
    keys, sums = sum_by_key(
        [
            np.concatenate([touched.participant[fills.bid], touched.participant[sellers], blocks[:, 0]]),
            np.concatenate([fills.site, touched.site[sellers], blocks[:, 1]]),
            np.concatenate([fills.hour, touched.slot_hour[slots], blocks[:, 2]]),
        ],
        [np.concatenate([fills.quantity, nothing_bought]), np.concatenate([nothing_sold, -released, blocks[:, 3]])],
    )
    return [column.tolist() for column in (*keys, *sums)]


def raise_releases(batch: Batch, touched: Touched) -> Iterator[tuple[int, int, int, int]]:
    """Yield participant, site, hour and change of committed for the replaces played: each was committed to when it was asked for."""
    for n, seen in enumerate(batch.commands.seen):
        if seen is None:
            continue
        command = batch.commands.engine[n]
        row = int(touched.rows_of(command["id"]))
        if touched.side[row] == Side.ASK:
            for hour, raised in raised_hours(int(touched.start[row]), int(command["quantity"]), seen):
                yield int(touched.participant[row]), int(touched.site[row]), hour, -raised


def block_releases(
    touched: Touched, fills: Fills, open_after: np.ndarray, filled: np.ndarray
) -> Iterator[tuple[int, int, int, int]]:
    """Yield participant, site, hour and change of committed of the blocks that sell.

    One commits its quantity in every hour that it might use; once a part has executed, only in the hours of its start.
    """
    starts_after = executed_starts(fills, touched)
    for row in np.flatnonzero((touched.side == Side.ASK) & touched.is_block).tolist():
        slot = int(touched.first_slot[row])
        before, after, sold = int(touched.open[slot]), int(open_after[slot]), int(filled[slot])
        span_before = block_span(touched, row, int(touched.executed_start[row]))
        span_after = block_span(touched, row, int(starts_after[row]))
        for hour in span_before:
            change = (after + sold if hour in span_after else 0) - before
            if change:
                yield int(touched.participant[row]), int(touched.site[row]), hour, change


def block_span(touched: Touched, row: int, executed_start: int) -> range:
    """Return the hours in which a block commits capacity."""
    start, hours = int(touched.start[row]), int(touched.hours[row])
    if executed_start != NULL:
        return range(executed_start, executed_start + hours)
    return range(start, start + int(touched.start_flexibility[row]) + hours)


def level_changes(batch: Batch, touched: Touched, left: LeftOpen) -> list[np.ndarray]:
    """Return market, hour, side, price, change of shown quantity and change of orders, an array each, by ascending key."""
    of_order = touched.slot_order
    slots = np.flatnonzero(~touched.is_block[of_order])
    of_order = of_order[slots]
    before = np.where(touched.is_pending[of_order], 0, touched.shown[slots])
    after = left.shown[slots]
    limits = np.concatenate([touched.limit_fen[of_order], limits_after(batch, touched)[of_order]])
    keys, sums = sum_by_key(
        [
            np.tile(touched.market[of_order], 2),
            np.tile(touched.slot_hour[slots], 2),
            np.tile(touched.side[of_order], 2),
            limits,
        ],
        [np.concatenate([-before, after]), np.concatenate([-(before > 0).astype(np.int64), after > 0])],
    )
    return [*keys, *sums]
