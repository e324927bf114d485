"""Replace: a cut keeps its place, a raise or a new price comes in anew."""

from matching.engine.dtypes import ContractState, Why
from matching.engine.reference import hourly, triggers
from matching.engine.reference.entry import meets_halts, shows_enough, would_meet
from matching.engine.reference.orders import BlockOrder, Command, HourlyOrder, given
from matching.engine.reference.state import State


def replace(state: State, command: Command) -> None:
    """Give an open order a new open quantity in every hour still open, a new price, or both."""
    order = state.orders[command.id]
    quantity, price = given(command.quantity), given(command.price)
    if isinstance(order, BlockOrder):
        replace_block(state, order, quantity, price)
    elif isinstance(order, HourlyOrder):
        replace_hourly(state, order, quantity, price)


def replace_block(state: State, block: BlockOrder, quantity: int | None, price: int | None) -> None:
    """Try the block as if arriving; it keeps its sequence if it was only cut. A price comes for a single alternative only."""
    if all(block_meets_halts(state, alternative) for alternative in block.alternatives):
        state.rejected(block.id, Why.HALTED)
        return
    state.accepted(block.id)
    state.unrest_blocks(block)
    quantity = block.open if quantity is None else quantity
    anew = quantity > block.open or price not in (None, block.price)
    sequence = state.next_sequence() if anew else block.sequence
    for alternative in block.alternatives:
        alternative.open, alternative.sequence = quantity, sequence
        alternative.price = alternative.price if price is None else price
    triggers.arrive(state, block)


def block_meets_halts(state: State, block: BlockOrder) -> bool:
    return meets_halts(state.markets[block.market], range(block.earliest, block.latest + 1), block.hours)


def replace_hourly(state: State, order: HourlyOrder, quantity: int | None, price: int | None) -> None:
    """Judge each open hour alone; the hours that come in anew trade, then rest, like a new order's."""
    price = order.limit if price is None else price
    if quantity is not None and not shows_enough(order.display_quantity, quantity):
        state.rejected(order.id, Why.BOUNDS)
        return
    market = state.markets[order.market]
    if any(market.state_of(hour) is ContractState.HALTED for hour in order.open_hours):
        state.rejected(order.id, Why.HALTED)
        return
    anew = [
        hour
        for hour, open_hour in order.open_hours.items()
        if price != order.price or (quantity is not None and quantity > open_hour.open)
    ]
    if order.post_only and would_meet(state, order, price, anew):
        state.rejected(order.id, Why.POST_ONLY)
        return
    state.accepted(order.id)
    for hour, open_hour in order.open_hours.items():
        if hour in anew:
            market.unrest(open_hour)
            open_hour.shown, open_hour.hidden = (open_hour.open if quantity is None else quantity, 0)
        elif quantity is not None:
            open_hour.shown = min(open_hour.shown, quantity)
            open_hour.hidden = quantity - open_hour.shown
    if anew:
        order.price = price
        order.sequence = state.next_sequence()
        hourly.trade_hours(state, order, anew)
    else:
        state.rested(order)
