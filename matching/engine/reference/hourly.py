"""Hourly orders: each hour trades alone, at the makers' prices, in priority order; what is left rests."""

from collections import deque
from collections.abc import Iterator
from itertools import groupby

from matching.engine.dtypes import SelfTrade, TimeInForce, Why
from matching.engine.reference.books import Market
from matching.engine.reference.entry import would_meet
from matching.engine.reference.orders import HourlyOrder, Quantity
from matching.engine.reference.state import State


def arrive(state: State, order: HourlyOrder) -> None:
    """Play a new hourly order that passed entry, or refuse it as post_only."""
    hours = list(order.open_hours)
    if order.post_only and would_meet(state, order, order.limit, hours):
        state.rejected(order.id, Why.POST_ONLY)
        return
    state.enter(order)
    state.accepted(order.id)
    if order.tif is TimeInForce.FOK and not all(can_fill(state, order.open_hours[hour]) for hour in hours):
        state.gone(order, Why.EXPIRED)
        return
    trade_hours(state, order, hours)


def trade_hours(state: State, order: HourlyOrder, hours: list[int]) -> None:
    """Trade `hours` from the earliest, then rest what is left of them, or let it go."""
    for hour in hours:
        trade_hour(state, order.open_hours[hour])
    if not order.is_open:
        return
    if not order.may_rest:
        state.gone(order, Why.EXPIRED)
        return
    left = [hour for hour in hours if hour in order.open_hours]
    for hour in left:
        quantity = order.open_hours[hour]
        state.rest(quantity, quantity.open, order.sequence)
    state.touch(state.markets[order.market].blocks[-order.side].touching(left))
    state.rested(order)


def met(market: Market, taking: Quantity) -> Iterator[Quantity]:
    """What a taker meets in one hour, in priority: others' quantities that may trade now, and all of its own participant's."""
    taker, hour = taking.order, taking.hour
    for making in market.book(hour, -taker.side):
        if not taker.accepts(making.order.limit):
            return
        if making.order.participant == taker.participant or market.allows(hour, making.order.limit):
            yield making


def trade_hour(state: State, taking: Quantity) -> None:
    """Trade one hour of the taker against its contract's book, as far as price and quantity reach."""
    taker, hour, market = taking.order, taking.hour, state.markets[taking.order.market]
    while hour in taker.open_hours:
        making = next(met(market, taking), None)
        if making is None:
            return
        maker = making.order
        if maker.participant == taker.participant:
            prevent_self_trade(state, taking, making)
            continue
        amount = min(taking.open, making.shown)
        state.traded(taker, maker, hour, maker.limit, amount)
        state.take(making, amount)
        state.gone_if_empty(maker, Why.FILLED)
        state.take(taking, amount)
        state.gone_if_empty(taker, Why.FILLED)


def prevent_self_trade(state: State, taking: Quantity, making: Quantity) -> None:
    """Do what the taker's mode says where it meets its own participant's order, in this hour only."""
    mode = taking.order.self_trade
    if mode is SelfTrade.DECREMENT:
        amount = min(taking.open, making.shown)
        for quantity in (making, taking):
            state.reduced(quantity.order, quantity.hour, amount, Why.SELF_TRADE)
            state.take(quantity, amount)
            state.gone_if_empty(quantity.order, Why.CANCELLED)
        return
    if mode in (SelfTrade.CANCEL_MAKER, SelfTrade.CANCEL_BOTH):
        cancel_hour(state, making)
    if mode in (SelfTrade.CANCEL_TAKER, SelfTrade.CANCEL_BOTH):
        cancel_hour(state, taking)


def cancel_hour(state: State, quantity: Quantity) -> None:
    state.reduced(quantity.order, quantity.hour, quantity.open, Why.SELF_TRADE)
    state.end_hour(quantity)
    state.gone_if_empty(quantity.order, Why.CANCELLED)


def can_fill(state: State, taking: Quantity) -> bool:
    """Say whether the whole quantity of one hour would trade at once; nothing changes.

    Follows the very order of execution, tip by tip, because an own order in the way ends the taker (or takes from it)
    only if it is reached before the taker is full; CANCEL_MAKER clears own orders out of the way.
    """
    taker, needed = taking.order, taking.open
    for _, level in groupby(met(state.markets[taker.market], taking), key=lambda making: making.order.limit):
        tips = deque((making.order, making.shown, making.hidden) for making in level)
        while tips:
            maker, shown, hidden = tips.popleft()
            if maker.participant == taker.participant:
                if taker.self_trade is not SelfTrade.CANCEL_MAKER:
                    return False
                continue
            needed -= shown
            if needed <= 0:
                return True
            if hidden:
                tip = min(maker.display_quantity or hidden, hidden)
                tips.append((maker, tip, hidden - tip))
    return False
