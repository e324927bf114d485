"""All orders and books of an engine, and the events of the call that is being played."""

from collections import defaultdict
from collections.abc import Iterable

from matching.engine.dtypes import NULL, Event, Why
from matching.engine.reference.books import Market
from matching.engine.reference.orders import BlockOrder, Command, HourlyOrder, Order, Quantity, given

INT32_MAX = 2**31 - 1

EventRow = tuple[int, int, int, int, int, int, int, int, int]
"""id, maker, n, hour, price, quantity, site, event, why: a row of dtypes.EVENT."""


class State:
    """What the rules read and change; every change that someone is told of goes through here."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.ids_by_participant: defaultdict[int, set[int]] = defaultdict(set)
        self.markets: defaultdict[int, Market] = defaultdict(Market)
        self.sequence = 0
        self.minute = -1
        self.n = 0
        self.events: list[EventRow] = []
        self.touched: set[BlockOrder] = set()
        """Resting blocks to try at the end of this command."""

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def enter(self, order: Order) -> None:
        self.orders[order.id] = order
        self.ids_by_participant[order.participant].add(order.id)

    # Events

    def accepted(self, order_id: int) -> None:
        self.events.append((order_id, 0, self.n, NULL, NULL, NULL, NULL, Event.ACCEPTED, Why.NONE))

    def rested(self, order: HourlyOrder | BlockOrder) -> None:
        """Tell what a command leaves of its own order: the first hour, and how much is open in all."""
        hour, quantity = order.first_hour, order.open_in_all
        self.events.append((order.id, 0, self.n, hour, NULL, quantity, NULL, Event.RESTED, Why.NONE))

    def triggered(self, block: BlockOrder, start: int) -> None:
        self.events.append((block.id, 0, self.n, start, NULL, NULL, NULL, Event.TRIGGERED, Why.NONE))

    def rejected(self, order_id: int, why: Why) -> None:
        self.events.append((order_id, 0, self.n, NULL, NULL, NULL, NULL, Event.REJECTED, why))

    def traded(self, taker: Order, maker: Order, hour: int, price: int, quantity: int) -> None:
        """Tell of a trade; its site is the seller's."""
        site = maker.site if maker.side < 0 else taker.site
        assert site is not None, "every ask names its site"
        self.events.append((taker.id, maker.id, self.n, hour, price, quantity, site, Event.TRADE, Why.NONE))

    def reduced(self, order: Order, hour: int, quantity: int, why: Why) -> None:
        self.events.append((order.id, 0, self.n, hour, NULL, quantity, NULL, Event.REDUCED, why))

    def gone(self, order: Order, why: Why) -> None:
        """Forget an order that has left all books, and tell why."""
        del self.orders[order.id]
        ids = self.ids_by_participant[order.participant]
        ids.discard(order.id)
        if not ids:
            del self.ids_by_participant[order.participant]
        self.events.append((order.id, 0, self.n, NULL, NULL, NULL, NULL, Event.GONE, why))

    def auctioned(self, market_id: int, hour: int, price: int, volume: int) -> None:
        quantity = min(volume, INT32_MAX)
        self.events.append((market_id, 0, self.n, hour, price, quantity, NULL, Event.AUCTION, Why.NONE))

    def told_state(self, command: Command, why: Why) -> None:
        """Tell what was ruled for the contracts that a command names."""
        span = command.start, NULL, command.hours
        self.events.append((command.market, 0, self.n, *span, NULL, Event.STATE, why))

    def gone_if_empty(self, order: HourlyOrder | BlockOrder, why: Why) -> None:
        if not order.is_open:
            self.gone(order, why)

    # Blocks

    def rest_block(self, block: BlockOrder) -> None:
        self.markets[block.market].blocks[block.side].add(block)

    def unrest_blocks(self, block: BlockOrder) -> None:
        """Take a block and the other alternatives of its order out of their markets' lists."""
        for alternative in block.alternatives:
            self.markets[alternative.market].blocks[alternative.side].remove(alternative)

    def withdraw(self, block: BlockOrder) -> None:
        """Take one of an order's alternatives away, silently; the order is left to the others."""
        self.markets[block.market].blocks[block.side].remove(block)
        block.alternatives.remove(block)
        block.open = 0
        self.orders[block.id] = block.alternatives[0]

    # Quantities

    def take(self, quantity: Quantity, amount: int) -> None:
        """Take `amount` of what shows of one hour; a used-up tip refills at once, behind its own price."""
        quantity.shown -= amount
        if quantity.shown > 0:
            return
        if not quantity.in_book:
            del quantity.order.open_hours[quantity.hour]
            return
        self.markets[quantity.order.market].unrest(quantity)
        if quantity.hidden > 0:
            self.rest(quantity, quantity.hidden, self.next_sequence())
        else:
            del quantity.order.open_hours[quantity.hour]

    def end_hour(self, quantity: Quantity) -> None:
        """Take everything of one hour, hidden quantity too."""
        if quantity.in_book:
            self.markets[quantity.order.market].unrest(quantity)
        del quantity.order.open_hours[quantity.hour]

    def rest(self, quantity: Quantity, amount: int, sequence: int) -> None:
        """Put `amount` of one hour in its book, behind its own price; an iceberg shows its tip only."""
        display = quantity.order.display_quantity
        quantity.shown = amount if display is None else min(display, amount)
        quantity.hidden = amount - quantity.shown
        quantity.sequence = sequence
        self.markets[quantity.order.market].rest(quantity)

    def touch(self, blocks: Iterable[BlockOrder]) -> None:
        self.touched.update(blocks)

    def load_row(self, order: Order, sequence: int, hour: int, open_: int, shown: int, site: int) -> None:
        """Put back what is open of one order (one hour of it, if hourly), with its place, from a row of RESTING."""
        market = self.markets[order.market]
        self.sequence = max(self.sequence, sequence)
        if isinstance(order, BlockOrder):
            order.open, order.sequence, order.site = open_, sequence, given(site)
            order.alternatives.append(order)
            self.orders[order.id] = order.alternatives[0]
            self.rest_block(order)
        elif isinstance(order, HourlyOrder):
            quantity = Quantity(order, hour, shown, open_ - shown, sequence)
            order.open_hours[hour] = quantity
            market.rest(quantity)
