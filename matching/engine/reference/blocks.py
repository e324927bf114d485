"""Which execution a block takes: on the books, or against one opposite block; the greatest surplus wins."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from matching.engine.dtypes import Side, Why
from matching.engine.reference.books import Market
from matching.engine.reference.orders import BlockOrder, Order, Quantity
from matching.engine.reference.state import State

Level = tuple[int, int]
"""A price and the accelerators available at it, hidden ones included."""


class Execution(NamedTuple):
    """One possible execution of a block: the same `quantity` in each hour from `start`, for `total` fen."""

    quantity: int
    total: int
    start: int
    site: int | None
    maker: BlockOrder | None

    def rank(self, block: BlockOrder) -> tuple[int, ...]:
        """Order executions, the greatest best: surplus, quantity, books before blocks, earliest start, lowest site, sequence.

        A market block ranks quantity first, then what it pays (or earns). Sites count for a ONE_SITE bid only: any
        other may well trade at several, so between blocks at two sites it takes the one that came first.
        """
        surplus = surplus_fen(block, self.quantity, self.total)
        merit = (self.quantity, surplus) if block.price is None else (surplus, self.quantity)
        place = (0, 0) if self.maker is None else (-self.maker.sequence, -self.maker.alternative)
        site = self.site if block.needs_one_site and self.site is not None else 0
        return (*merit, -(self.maker is not None), -self.start, -site, *place)


def surplus_fen(block: BlockOrder, quantity: int, total: int) -> int:
    """Limit x quantity x hours - total for a bid, the opposite for an ask; a market block counts from zero."""
    return block.side * ((block.price or 0) * quantity * block.hours - total)


def best_execution(state: State, block: BlockOrder, *, with_blocks: bool) -> Execution | None:
    """Return the execution that `block` takes now, None when there is none."""
    candidates = list(on_books(state, block))
    if with_blocks:
        candidates += against_blocks(state, block)
    return max(candidates, key=lambda execution: execution.rank(block), default=None)


# On the books


def on_books(state: State, block: BlockOrder) -> Iterator[Execution]:
    """The best quantity on the books for every possible start and, for ONE_SITE, every site."""
    market = state.markets[block.market]
    supply = {hour: supply_by_site(market, hour, block) for hour in block.touched_hours}
    for start in range(block.earliest, block.latest + 1):
        hours = [supply[hour] for hour in range(start, start + block.hours)]
        for site in set(hours[0]).intersection(*hours[1:]):
            part = best_part(block, [hour[site] for hour in hours])
            if part is not None:
                quantity, total = part
                yield Execution(quantity, total, start, site, None)


def supply_by_site(market: Market, hour: int, block: BlockOrder) -> dict[int | None, list[Level]]:
    """What a block may take of one hour, best first, by site; the one key is None where the site does not matter."""
    supply: dict[int | None, list[Level]] = {}
    for quantity in takeable(market, hour, block, block.site if block.needs_one_site else None):
        site = quantity.order.site if block.needs_one_site else None
        supply.setdefault(site, []).append((quantity.order.limit, quantity.open))
    return supply


def takeable(market: Market, hour: int, order: Order, site: int | None) -> Iterator[Quantity]:
    """What an order may take of one hour now, in priority: not its own participant's, and of `site` if given."""
    for quantity in market.book(hour, -order.side):
        maker = quantity.order
        if maker.participant != order.participant and site in (None, maker.site) and market.allows(hour, maker.limit):
            yield quantity


def best_part(block: BlockOrder, hours: list[list[Level]]) -> tuple[int, int] | None:
    """Return the (quantity, total fen) of the greatest surplus, None when not even the least meets the limit.

    One more accelerator costs the sum of each hour's current price, which only gets worse, so: take the least that the
    block must have, then go on while the next accelerator does not lower the surplus (equal surplus: the larger quantity).
    """
    quantity = total = 0
    at = [0] * block.hours
    left = [levels[0][1] for levels in hours]
    while quantity < block.open:
        price_all_hours = sum(levels[i][0] for levels, i in zip(hours, at, strict=True))
        step = min(*left, block.open - quantity)
        if quantity < block.least:
            step = min(step, block.least - quantity)
        elif block.price is not None and surplus_fen(block, 1, price_all_hours) < 0:
            break
        quantity += step
        total += step * price_all_hours
        left = [available - step for available in left]
        for i, levels in enumerate(hours):
            if left[i] == 0:
                at[i] += 1
                left[i] = levels[at[i]][1] if at[i] < len(levels) else 0
        if not all(left):
            break
    meets_limit = block.price is None or surplus_fen(block, quantity, total) >= 0
    return (quantity, total) if quantity >= block.least and meets_limit else None


# Against one opposite block


def against_blocks(state: State, block: BlockOrder) -> Iterator[Execution]:
    """Every resting block that `block` could trade with, at the resting block's price."""
    market = state.markets[block.market]
    for maker in market.blocks[-block.side].touching(block.touched_hours):
        start = common_start(market, block, maker)
        quantity = min(block.open, maker.open)
        bid, ask = (block, maker) if block.side is Side.BID else (maker, block)
        if (
            start is not None
            and maker.participant != block.participant
            and maker.hours == block.hours
            and market.band.allows(maker.limit)
            and block.accepts(maker.limit)
            and quantity >= max(block.least, maker.least)
            and bid.site in (None, ask.site)
        ):
            yield Execution(quantity, maker.limit * quantity * block.hours, start, ask.site, maker)


def common_start(market: Market, block: BlockOrder, maker: BlockOrder) -> int | None:
    """The earliest start that both may have with every hour open."""
    starts = range(max(block.earliest, maker.earliest), min(block.latest, maker.latest) + 1)
    return next((start for start in starts if all(map(market.is_open, range(start, start + block.hours)))), None)


# Executing


def execute(state: State, block: BlockOrder, execution: Execution) -> None:
    """Trade one execution, hours ascending, and tell of every order that it empties."""
    maker = execution.maker
    hours = range(execution.start, execution.start + block.hours)
    if maker is None:
        for hour in hours:
            take_from_book(state, block, hour, execution)
    else:
        for hour in hours:
            state.traded(block, maker, hour, maker.limit, execution.quantity)
        resting = state.markets[block.market].blocks[maker.side]
        resting.remove(maker)
        settle_part(state, maker, execution)
        if maker.is_open:
            resting.add(maker)
            state.touch([maker])
        state.gone_if_empty(maker, Why.FILLED)
    settle_part(state, block, execution)
    state.gone_if_empty(block, Why.FILLED)


def settle_part(state: State, block: BlockOrder, execution: Execution) -> None:
    """Count a part: it withdraws other alternatives and fixes the start and, for ONE_SITE, the site of what is still open."""
    for other in [other for other in block.alternatives if other is not block]:
        state.withdraw(other)
    block.open -= execution.quantity
    block.earliest = block.latest = execution.start
    if block.needs_one_site:
        block.site = execution.site


def take_from_book(state: State, block: BlockOrder, hour: int, execution: Execution) -> None:
    """Take one hour of an execution from its book, at the makers' prices, in priority order."""
    left = execution.quantity
    while left > 0:
        making = next(takeable(state.markets[block.market], hour, block, execution.site))
        maker = making.order
        amount = min(left, making.shown)
        state.traded(block, maker, hour, maker.limit, amount)
        state.take(making, amount)
        state.gone_if_empty(maker, Why.FILLED)
        left -= amount


def in_trigger_order(blocks: Iterable[BlockOrder]) -> list[BlockOrder]:
    """Highest limit first (asks: lowest), then lowest sequence, then lowest alternative."""
    return sorted(blocks, key=lambda block: (-block.side * block.limit, block.sequence, block.alternative))
