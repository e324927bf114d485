"""What must hold between any two commands."""

from collections.abc import Iterator
from itertools import pairwise

from matching.engine.dtypes import Side
from matching.engine.interface import BrokenBook
from matching.engine.reference.blocks import best_execution
from matching.engine.reference.books import Book, Market
from matching.engine.reference.orders import BlockOrder, HourlyOrder, Quantity
from matching.engine.reference.state import State


def check_state(state: State) -> None:
    """Raise BrokenBook naming the first invariant that does not hold."""
    for market_id, market in state.markets.items():
        check_books(market_id, market)
    for order_id, order in state.orders.items():
        require(order.id == order_id, f"order {order_id} is filed under another id")
        require(
            order_id in state.ids_by_participant[order.participant],
            f"order {order_id} is not in its participant's list",
        )
        require(order.may_rest, f"order {order_id} may not rest")
        if isinstance(order, BlockOrder):
            check_alternatives(order)
            for block in order.alternatives:
                check_block(state, block)
        elif isinstance(order, HourlyOrder):
            check_hourly(state, order)
    check_nothing_else(state)
    require(not state.touched, "a touched block was not tried")


def require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenBook(sentence)


def check_books(market_id: int, market: Market) -> None:
    for (hour, side), book in market.books.items():
        where = f"market {market_id} hour {hour} side {side}"
        require(hour >= market.first_open_hour, f"{where}: the hour is closed")
        require(book.best is not None, f"{where}: an empty book is kept")
        priorities = [quantity.priority for quantity in book]
        require(all(first < second for first, second in pairwise(priorities)), f"{where}: not in priority order")
        if side == Side.BID:
            asks = market.book(hour, Side.ASK)
            check_not_crossed(where, free_to_trade(market, hour, book), free_to_trade(market, hour, asks))
            for participant in {quantity.order.participant for quantity in book}:
                check_not_crossed(f"{where} of {participant}", own(participant, book), own(participant, asks))
    require(
        all(hour >= market.first_open_hour for hour in market.states), f"market {market_id}: a closed hour has a state"
    )


def free_to_trade(market: Market, hour: int, book: Book) -> Iterator[Quantity]:
    """A book may be crossed only where its contract's state or the band forbids the trade at the resting order's price."""
    return (quantity for quantity in book if market.allows(hour, quantity.order.limit))


def own(participant: int, book: Book) -> Iterator[Quantity]:
    return (quantity for quantity in book if quantity.order.participant == participant)


def check_not_crossed(where: str, bids: Iterator[Quantity], asks: Iterator[Quantity]) -> None:
    """Compare the best of each side: one participant's own orders never cross, whatever the state and the band."""
    bid, ask = next(bids, None), next(asks, None)
    if bid is not None and ask is not None:
        require(bid.order.limit < ask.order.limit, f"{where}: the book is crossed")


def check_hourly(state: State, order: HourlyOrder) -> None:
    require(order.is_open, f"order {order.id} has nothing open")
    for hour, quantity in order.open_hours.items():
        where = f"order {order.id} hour {hour}"
        book = state.markets[order.market].book(hour, order.side)
        require(order.start <= hour < order.start + order.hours, f"{where}: outside the order's hours")
        require(quantity.shown > 0 and quantity.hidden >= 0, f"{where}: nothing shows")
        require(quantity.in_book and any(other is quantity for other in book), f"{where}: not in its book")
        tip = order.display_quantity
        require(tip is not None or quantity.hidden == 0, f"{where}: hidden quantity without an iceberg")
        require(tip is None or quantity.shown <= tip, f"{where}: the tip shows too much")


def check_alternatives(order: BlockOrder) -> None:
    """An order stands for its lowest alternative that waits; all are alike but for market, start and limit."""
    where = f"block {order.id}"
    numbers = [block.alternative for block in order.alternatives]
    require(order is order.alternatives[0], f"{where}: filed under a later alternative, or a withdrawn one")
    require(all(first < second for first, second in pairwise(numbers)), f"{where}: alternatives are not in order")
    for block in order.alternatives:
        require(block.alternatives is order.alternatives, f"{where}: alternatives do not know each other")
        same = (block.id, block.sequence, block.open) == (order.id, order.sequence, order.open)
        require(same, f"{where}: alternatives are not of one order")


def check_block(state: State, block: BlockOrder) -> None:
    where = f"block {block.id}"
    market = state.markets[block.market]
    require(block.is_open, f"{where}: nothing open")
    require(
        max(block.start, market.first_open_hour) <= block.earliest <= block.latest, f"{where}: start out of its window"
    )
    listed = market.blocks[block.side].by_hour
    require(all(block in listed.get(hour, ()) for hour in block.touched_hours), f"{where}: not in its market's list")
    require(best_execution(state, block, with_blocks=False) is None, f"{where}: could execute on the books and did not")


def check_nothing_else(state: State) -> None:
    """Every quantity in a book and every block in a list belongs to an open order."""
    for market in state.markets.values():
        for (hour, _), book in market.books.items():
            for quantity in book:
                order = quantity.order
                known = state.orders.get(order.id) is order and order.open_hours.get(hour) is quantity
                require(known, f"order {order.id} hour {hour}: in a book, but not open")
        for blocks in market.blocks.values():
            for block in blocks:
                waits = block.is_open and state.orders.get(block.id) is block.alternatives[0]
                require(waits, f"block {block.id}: in a list, but not open")
