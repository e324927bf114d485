"""The call auction that opens a contract: all that crosses trades at one price, the one at which most trades."""

from collections.abc import Iterable
from typing import NamedTuple

from matching.engine.dtypes import NULL, Side, Why
from matching.engine.reference.books import Book, Market
from matching.engine.reference.orders import Quantity
from matching.engine.reference.state import State


class Opening(NamedTuple):
    """What an auction gives: `volume` accelerators at `price`, and how many more are bid for at it than asked for."""

    price: int
    volume: int
    imbalance: int


NO_OPENING = Opening(NULL, 0, 0)


def open_contracts(state: State, market_id: int, hours: Iterable[int]) -> None:
    """Open each contract of `hours` whose book is crossed inside the band by an auction, the earliest first."""
    for hour in sorted(hours):
        opening = opening_of(state.markets[market_id], hour)
        if opening is not None:
            uncross(state, market_id, hour, opening)


def opening_of(market: Market, hour: int) -> Opening | None:
    """Return what an auction of a contract would give now, None where nothing crosses inside the band.

    The most volume, then the least imbalance, then the nearest to the reference price (without one: the lowest price).
    With a rising price demand only falls and supply only grows, so the prices that are as good as the best stand in a row.
    """
    bids, asks = market.book(hour, Side.BID), market.book(hour, Side.ASK)
    if bids.best is None or asks.best is None:
        return None
    low = max(asks.best.order.limit, market.band.lowest)
    high = min(bids.best.order.limit, market.band.highest)
    if low > high:
        return None
    steps = {ask.order.limit for ask in asks} | {bid.order.limit + 1 for bid in bids}
    starts = [low, *sorted(price for price in steps if low < price <= high)]
    ends = [*(start - 1 for start in starts[1:]), high]
    openings = [opening_at(bids, asks, price) for price in starts]
    best = max(map(merit, openings))
    as_good = [i for i, opening in enumerate(openings) if merit(opening) == best]
    first, last = starts[as_good[0]], ends[as_good[-1]]
    reference = first if market.band.reference is None else market.band.reference
    return opening_at(bids, asks, min(max(first, reference), last))


def opening_at(bids: Book, asks: Book, price: int) -> Opening:
    """Count what would trade at a price; hidden quantity counts."""
    demand = sum(bid.open for bid in bids if bid.order.limit >= price)
    supply = sum(ask.open for ask in asks if ask.order.limit <= price)
    return Opening(price, min(demand, supply), demand - supply)


def merit(opening: Opening) -> tuple[int, int]:
    return opening.volume, -abs(opening.imbalance)


def uncross(state: State, market_id: int, hour: int, opening: Opening) -> None:
    """Pair bids with asks in priority order until the volume has traded; the one that came later is the taker."""
    state.auctioned(market_id, hour, opening.price, opening.volume)
    market, left = state.markets[market_id], opening.volume
    while left > 0:
        bid, ask = market.book(hour, Side.BID).best, market.book(hour, Side.ASK).best
        assert bid is not None, "demand is at least the volume"
        assert ask is not None, "supply is at least the volume"
        maker, taker = sorted((bid, ask), key=lambda quantity: quantity.sequence)
        amount = min(left, bid.open, ask.open)
        state.traded(taker.order, maker.order, hour, opening.price, amount)
        for quantity in (maker, taker):
            take_in_place(state, quantity, amount)
            state.gone_if_empty(quantity.order, Why.FILLED)
        left -= amount


def take_in_place(state: State, quantity: Quantity, amount: int) -> None:
    """Take of all that is open, hidden or not; what is left of an iceberg shows a full tip and keeps its place."""
    left = quantity.open - amount
    if left == 0:
        state.end_hour(quantity)
        return
    display = quantity.order.display_quantity
    quantity.shown = left if display is None else min(display, left)
    quantity.hidden = left - quantity.shown
