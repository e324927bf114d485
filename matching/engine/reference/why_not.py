"""Why an open order does not trade now, in numbers: the price it would need, or the accelerators that are not there."""

from collections.abc import Iterator
from typing import NamedTuple

from matching.engine.dtypes import NULL, ContractState, Why
from matching.engine.reference.blocks import Level, supply_by_site, surplus_fen, takeable
from matching.engine.reference.orders import BlockOrder, HourlyOrder, Order
from matching.engine.reference.state import State

Row = tuple[int, int, int, int, int, int, int, int, int]
"""short_fen, alternative, hour, lacking, available, price, start, site, why: a row of dtypes.WHY_NOT."""

WAITS = {
    ContractState.OPEN: Why.NONE,
    ContractState.HALTED: Why.HALTED,
    ContractState.COLLECTING: Why.COLLECTING,
}


def why_not(state: State, order: Order) -> list[Row]:
    """Return the rows of an open order; a block has some for each alternative."""
    if isinstance(order, BlockOrder):
        return [row for block in order.alternatives for row in explain_block(state, block)]
    if isinstance(order, HourlyOrder):
        return [explain_hour(state, order, hour) for hour in order.open_hours]
    return []


def explain_hour(state: State, order: HourlyOrder, hour: int) -> Row:
    """The best price that others offer, and how far the limit misses it.

    It misses nothing where only the band keeps two resting orders from each other.
    """
    market = state.markets[order.market]
    best = next(takeable(market, hour, order, None), None)
    price = NULL if best is None else best.order.limit
    short_fen = 0 if best is None else max(0, order.side * (price - order.limit))
    return short_fen, 0, hour, order.open_hours[hour].open, 0, price, NULL, NULL, WAITS[market.state_of(hour)]


class Nearest(NamedTuple):
    """One start (and site) of a block, with what each hour from there offers, best price first."""

    start: int
    site: int | None
    hours: list[list[Level]]

    def available(self, hour: int) -> int:
        return sum(quantity for _, quantity in self.hours[hour - self.start])

    def lacking(self, hour: int, block: BlockOrder) -> int:
        return max(0, block.least - self.available(hour))

    def lacking_in_all(self, block: BlockOrder) -> int:
        return sum(self.lacking(hour, block) for hour in range(self.start, self.start + block.hours))

    def distance(self, block: BlockOrder) -> tuple[int, ...]:
        """Order starts and sites, the nearest least: accelerator-hours lacking, what is paid too much, start, site."""
        lacking = self.lacking_in_all(block)
        short_fen = 0 if lacking else -surplus_fen(block, block.least, self.total(block))
        return lacking, short_fen, self.start, -1 if self.site is None else self.site

    def total(self, block: BlockOrder) -> int:
        """What the least quantity costs (or earns) in all hours; there must be enough in each."""
        return sum(cost(levels, block.least) for levels in self.hours)


def cost(levels: list[Level], quantity: int) -> int:
    """What the first `quantity` accelerators of `levels` cost."""
    total = 0
    for price, available in levels:
        amount = min(available, quantity)
        total += amount * price
        quantity -= amount
    return total


def explain_block(state: State, block: BlockOrder) -> Iterator[Row]:
    """Rows of the nearest execution: the hours that lack accelerators, or else what the limit misses."""
    nearest = min(possible(state, block), key=lambda each: each.distance(block))
    site = NULL if nearest.site is None else nearest.site
    if nearest.lacking_in_all(block) == 0:
        total = nearest.total(block)
        average = block.side * -(block.side * -total // (block.least * block.hours))
        short_fen = -surplus_fen(block, block.least, total)
        yield short_fen, block.alternative, NULL, 0, block.least, average, nearest.start, site, Why.NONE
        return
    for hour in range(nearest.start, nearest.start + block.hours):
        lacking = nearest.lacking(hour, block)
        if lacking:
            levels = nearest.hours[hour - nearest.start]
            price = levels[0][0] if levels else NULL
            available = nearest.available(hour)
            why = WAITS[state.markets[block.market].state_of(hour)]
            yield 0, block.alternative, hour, lacking, available, price, nearest.start, site, why


def possible(state: State, block: BlockOrder) -> Iterator[Nearest]:
    """Every start and, for ONE_SITE, every site that offers anything in some hour; its own site where that is fixed."""
    market = state.markets[block.market]
    supply = {hour: supply_by_site(market, hour, block) for hour in block.touched_hours}
    sites: set[int | None] = {block.site} if block.needs_one_site else {None}
    if block.needs_one_site and block.site is None:
        sites = {site for hour in supply.values() for site in hour} or {None}
    for start in range(block.earliest, block.latest + 1):
        for site in sites:
            yield Nearest(start, site, [supply[hour].get(site, []) for hour in range(start, start + block.hours)])
