"""The reference engine: what each command does, one after another."""

import numpy as np

from matching.engine.dtypes import EVENT, INDICATIVE, NULL, RESTING, WHY_NOT, Detail, Do, Event, Why
from matching.engine.reference import hourly, snapshots, triggers
from matching.engine.reference.alternatives import make_block, spelled_out
from matching.engine.reference.auction import NO_OPENING, opening_of
from matching.engine.reference.books import Market
from matching.engine.reference.clock import tell_time
from matching.engine.reference.entry import reason_to_reject
from matching.engine.reference.invariants import check_state
from matching.engine.reference.orders import BlockOrder, Command, HourlyOrder, Order, is_block
from matching.engine.reference.replace import replace
from matching.engine.reference.state import State
from matching.engine.reference.states import set_band, set_state
from matching.engine.reference.why_not import why_not

FIRST_DETAIL = {int(event): Detail.OUTCOMES for event in Event} | {
    Event.TRADE: Detail.TRADES,
    Event.ACCEPTED: Detail.ALL,
    Event.RESTED: Detail.ALL,
    Event.TRIGGERED: Detail.ALL,
}
"""The level of detail from which on an event is told."""


class ReferenceEngine:
    """`interface.Engine` in plain Python: slow, readable, and right."""

    def __init__(self) -> None:
        self._state = State()

    def apply(self, commands: np.ndarray, detail: Detail = Detail.OUTCOMES) -> np.ndarray:
        """Play `commands` (shape (n,), dtype COMMAND) in order and return their events up to `detail` (shape (m,), dtype EVENT)."""
        state = self._state
        state.events = []
        for state.n, alternatives in spelled_out(commands):
            play(state, alternatives)
        return np.array([row for row in state.events if FIRST_DETAIL[row[7]] <= detail], dtype=EVENT)

    def resting(self) -> np.ndarray:
        """Return everything open (dtype RESTING), sorted by id, then hour; a block is one row."""
        rows = [row for _, order in sorted(self._state.orders.items()) for row in rows_of(order)]
        return np.array(sorted(rows, key=lambda row: (row[0], row[2], row[6])), dtype=RESTING)

    def resting_of(self, ids: np.ndarray) -> np.ndarray:
        """Return what is open of the orders `ids` (dtype RESTING); see `interface.Engine.resting_of`."""
        orders = self._state.orders
        return np.array([row for id_ in ids.tolist() if id_ in orders for row in rows_of(orders[id_])], dtype=RESTING)

    def open_quantities(self, order_id: int) -> np.ndarray:
        """Return the open accelerators of each hour of an hourly order (shape (hours,), int32), or of a block (shape (1,))."""
        order = self._state.orders.get(order_id)
        if isinstance(order, BlockOrder):
            return np.array([order.open], dtype=np.int32)
        if isinstance(order, HourlyOrder):
            open_hours = order.open_hours
            hours = range(order.start, order.start + order.hours)
            return np.array([open_hours[hour].open if hour in open_hours else 0 for hour in hours], dtype=np.int32)
        return np.empty(0, dtype=np.int32)

    @property
    def last_sequence(self) -> int:
        """The highest time priority given so far."""
        return self._state.sequence

    def load(self, orders: np.ndarray, resting: np.ndarray, last_sequence: int = 0) -> None:
        """Put orders back without matching, into an engine that has no orders yet; see `interface.Engine.load`."""
        state = self._state
        if state.orders:
            raise ValueError("load() needs an engine that has no orders yet")
        waiting: dict[tuple[int, int], Order] = {}
        for _, alternatives in spelled_out(orders):
            order = make_order(state, alternatives)
            if isinstance(order, BlockOrder):
                waiting |= {(order.id, alternative.alternative): alternative for alternative in order.alternatives}
                order.alternatives.clear()
            elif isinstance(order, HourlyOrder):
                waiting[order.id, 0] = order
                order.open_hours.clear()
            state.enter(order)
        rows = np.sort(resting, order=["id", "alternative", "hour"]).tolist()
        for id_, sequence, hour, open_, shown, site, number in rows:
            state.load_row(waiting[id_, number], sequence, hour, open_, shown, site)
        state.sequence = max(last_sequence, int(resting["sequence"].max(initial=0)))

    def why_not(self, order_id: int) -> np.ndarray:
        """Say in numbers why an open order does not trade now (shape (m,), dtype WHY_NOT); see `interface.Engine.why_not`."""
        order = self._state.orders.get(order_id)
        rows = [] if order is None else why_not(self._state, order)
        return np.array(rows, dtype=WHY_NOT)

    def indicative(self, market: int, start: int, hours: int) -> np.ndarray:
        """Return what a call auction of each hour would give now (dtype INDICATIVE); see `interface.Engine.indicative`."""
        books = self._state.markets.get(market, Market())
        openings = [(hour, opening_of(books, hour)) for hour in range(start, start + hours)]
        rows = [(hour, *(opening or NO_OPENING)) for hour, opening in openings]
        return np.array(rows, dtype=INDICATIVE)

    def snapshot(self) -> bytes:
        """Return all that the engine holds; see `interface.Engine.snapshot`."""
        self._state.events = []
        return snapshots.take(self._state)

    def restore(self, data: bytes) -> None:
        """Take over what `snapshot` returned; raises UnreadableSnapshot."""
        if self._state.orders:
            raise ValueError("restore() needs an engine that has no orders yet")
        self._state = snapshots.read(data)

    def check(self) -> None:
        """Verify every invariant of the books; raises BrokenBook naming the first that does not hold."""
        check_state(self._state)


def rows_of(order: Order) -> list[tuple[int, ...]]:
    """Rows of RESTING: one an open hour, ascending, or one an alternative that waits, by number."""
    if isinstance(order, BlockOrder):
        return [block_row(block) for block in order.alternatives]
    assert isinstance(order, HourlyOrder)
    site = NULL if order.site is None else order.site
    return [(order.id, q.sequence, hour, q.open, q.shown, site, 0) for hour, q in sorted(order.open_hours.items())]


def block_row(block: BlockOrder) -> tuple[int, ...]:
    """One row of RESTING."""
    site = NULL if block.site is None else block.site
    return block.id, block.sequence, block.earliest, block.open, block.open, site, block.alternative


def make_order(state: State, alternatives: list[Command]) -> HourlyOrder | BlockOrder:
    """Make the order of a NEW; of a block with alternatives, the first that waits."""
    sequence = state.next_sequence()
    if is_block(alternatives[0]):
        return make_block(state, alternatives, sequence)
    return HourlyOrder.from_command(alternatives[0], sequence)


def play(state: State, alternatives: list[Command]) -> None:
    """Play one command (a NEW: as each of its alternatives), then try the resting blocks that it touched."""
    command = alternatives[0]
    why = reason_to_reject(state, alternatives)
    if why is not None:
        state.rejected(command.id, why)
        return
    if command.do in (Do.MASS_CANCEL, Do.CLOSE, Do.TIME, Do.BAND):
        state.accepted(0)
    match command.do:
        case Do.NEW:
            new(state, alternatives)
        case Do.REPLACE:
            replace(state, command)
        case Do.CANCEL:
            cancel(state, command.id)
        case Do.MASS_CANCEL:
            for order_id in sorted(state.ids_by_participant.get(command.participant, ())):
                cancel(state, order_id)
        case Do.CLOSE:
            close(state, command.market, command.start)
        case Do.TIME:
            tell_time(state, command.expires_minute)
        case Do.BAND:
            set_band(state, command)
        case Do.HALT | Do.COLLECT | Do.RESUME:
            set_state(state, command)
    triggers.try_touched_blocks(state)


def new(state: State, alternatives: list[Command]) -> None:
    order = make_order(state, alternatives)
    if isinstance(order, BlockOrder):
        state.enter(order)
        state.accepted(order.id)
        triggers.arrive(state, order)
    else:
        hourly.arrive(state, order)


def cancel(state: State, order_id: int) -> None:
    """Take an order out of books and blocks, at its owner's wish."""
    order = state.orders[order_id]
    if isinstance(order, BlockOrder):
        state.unrest_blocks(order)
    elif isinstance(order, HourlyOrder):
        for quantity in order.open_hours.values():
            state.markets[order.market].unrest(quantity)
    state.gone(order, Why.CANCELLED)


def close(state: State, market_id: int, hour: int) -> None:
    """Close an hour and every earlier one: what is open there expires, a flexible block starts no earlier than the next."""
    market = state.markets[market_id]
    if hour <= market.last_closed:
        return
    market.last_closed = hour
    market.states = {later: ruled for later, ruled in market.states.items() if later > hour}
    closed = [contract for contract in market.books if contract[0] <= hour]
    affected = {quantity.order.id for contract in closed for quantity in market.books[contract]}
    for blocks in market.blocks.values():
        affected |= {block.id for block in blocks.touching([h for h in blocks.by_hour if h <= hour])}
    for order_id in sorted(affected):
        order = state.orders[order_id]
        if isinstance(order, BlockOrder):
            for block in [block for block in order.alternatives if block.market == market_id]:
                close_block(state, block, hour)
        elif isinstance(order, HourlyOrder):
            close_hours(state, order, hour)


def close_block(state: State, block: BlockOrder, hour: int) -> None:
    if block.latest > hour:
        state.markets[block.market].blocks[block.side].remove(block)
        block.earliest = max(block.earliest, hour + 1)
        state.rest_block(block)
    elif len(block.alternatives) > 1:
        state.withdraw(block)
    else:
        state.unrest_blocks(block)
        state.gone(block, Why.EXPIRED)


def close_hours(state: State, order: HourlyOrder, hour: int) -> None:
    for quantity in [quantity for quantity in order.open_hours.values() if quantity.hour <= hour]:
        state.reduced(order, quantity.hour, quantity.open, Why.EXPIRED)
        state.end_hour(quantity)
    state.gone_if_empty(order, Why.EXPIRED)
