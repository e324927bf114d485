"""The minute that a TIME tells, and the GTD orders that end by it."""

from matching.engine.dtypes import Why
from matching.engine.reference.orders import BlockOrder, HourlyOrder, Order
from matching.engine.reference.state import State


def tell_time(state: State, minute: int) -> None:
    """Let it be `minute`; the GTD orders whose time has come end, by ascending id. Time does not go back."""
    if minute <= state.minute:
        return
    state.minute = minute
    due = [order_id for order_id, order in state.orders.items() if has_expired(order, minute)]
    for order_id in sorted(due):
        expire(state, state.orders[order_id])


def has_expired(order: Order, minute: int) -> bool:
    return order.expires_minute is not None and order.expires_minute <= minute


def expire(state: State, order: Order) -> None:
    """End an order: every open hour of an hourly one is told, a block is just gone."""
    if isinstance(order, BlockOrder):
        state.unrest_blocks(order)
    elif isinstance(order, HourlyOrder):
        for quantity in list(order.open_hours.values()):
            state.reduced(order, quantity.hour, quantity.open, Why.EXPIRED)
            state.end_hour(quantity)
    state.gone(order, Why.EXPIRED)
