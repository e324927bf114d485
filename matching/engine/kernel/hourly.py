"""Hourly orders: each hour trades alone, from the earliest, and rests what is left.

An hour rests before the next one trades: contracts do not know of each other, so that shows nowhere.
"""

from matching.engine.kernel.codes import CANCEL_MAKER, FOK, IOC, W_EXPIRED
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import book_of, find_book, side_of
from matching.engine.kernel.explaining import explain_rest
from matching.engine.kernel.layout import (
    BEST,
    COUNT,
    HIDDEN,
    LEVEL,
    NEXT,
    NO_KEY,
    NULL32,
    ORDER,
    PARTICIPANT,
    PRICE,
    SHOWN,
    TAKER_WHY,
    TIF,
)
from matching.engine.kernel.levels import entry_at, key_of, level_of, rest, show_tip
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.orders import gone, hour_ended, node_of
from matching.engine.kernel.take import take
from matching.engine.kernel.tradable import is_tradable, tradable_levels
from matching.engine.kernel.waiting import touch_waiting

ANY_KEY = NO_KEY + 1
"""Worse than every level's key: what a market order accepts."""


@small_piece
def worst_key(side: int, price: int) -> int:
    """Return the worst key of the other side that a limit accepts."""
    return ANY_KEY if price == NULL32 else -side * price


@small_piece
def rests_at(price: int, tif: int) -> bool:
    """Say whether an order of this price and time in force may rest."""
    return price != NULL32 and tif != IOC and tif != FOK


@small_piece
def may_rest(m: Memory, order: int) -> bool:
    return rests_at(m.a[order + PRICE], m.a[order + TIF])


@piece
def would_meet(m: Memory, market: int, hour: int, side: int, price: int) -> bool:
    """Say whether an order at `price` would meet any order of an hour that may trade now, its own participant's included."""
    book = find_book(m, market, hour)
    if book == 0:
        return False
    makers = side_of(book, -side)
    best, worst = tradable_levels(m, market, makers, -side)
    return best >= worst and key_of(entry_at(m, makers, best)) >= worst_key(side, price)


@piece
def can_fill(
    m: Memory, market: int, hour: int, side: int, price: int, quantity: int, participant: int, mode: int
) -> bool:
    """Say whether a whole quantity would trade at once in an hour, in the very order of execution; nothing changes.

    An own order in the way ends the taker, or takes from it, if it is reached first; CANCEL_MAKER clears it away.
    """
    book = find_book(m, market, hour)
    if book == 0:
        return False
    makers = side_of(book, -side)
    worst = worst_key(side, price)
    needed = quantity
    for place in range(m.a[makers + COUNT] - 1, -1, -1):
        entry = entry_at(m, makers, place)
        if key_of(entry) < worst:
            return False
        is_free = is_tradable(m, market, makers, -side, key_of(entry))
        level = level_of(entry)
        hidden = 0
        node = m.a[level + NEXT]
        while node != level:
            if m.a[m.a[node + ORDER] + PARTICIPANT] == participant:
                if mode != CANCEL_MAKER:
                    return False
            elif is_free:
                needed -= m.a[node + SHOWN]
                hidden += m.a[node + HIDDEN]
                if needed <= 0:
                    return True
            node = m.a[node + NEXT]
        needed -= hidden  # tips refill behind the level, once all that shows is taken
        if needed <= 0:
            return True
    return False


@small_piece
def is_arriving(m: Memory, node: int) -> bool:
    return m.a[node + LEVEL] == 0 and m.a[node + SHOWN] > 0


@small_piece
def trade_hours(
    m: Memory,
    order: int,
    market: int,
    base: int,
    hours: int,
    side: int,
    price: int,
    mode: int,
    rests: bool,
    sequence: int,
) -> None:
    """Trade the hours that arrive (open, not linked) from the earliest; what is left of an hour rests, or goes.

    The order's own numbers are given: they are at hand, and memory just written takes its time to be read again.
    """
    worst = worst_key(side, price)
    for i in range(hours):
        node = node_of(order, i)
        if not is_arriving(m, node):
            continue
        hour = base + i
        book = book_of(m, market, hour)
        makers = side_of(book, -side)
        if m.a[makers + BEST] >= worst:
            left = take(m, order, makers, hour, m.a[node + SHOWN], worst, NULL32, mode)
            m.a[node + SHOWN] = left
            if left == 0:
                if hour_ended(m, order, m.s[TAKER_WHY]):
                    return
                continue
        if rests:
            show_tip(m, order, node, m.a[node + SHOWN])
            rest(m, side_of(book, side), side * price, node, sequence)
            if m.a[makers + NEXT] != makers:
                touch_waiting(m, makers)
    if rests:
        explain_rest(m, order)
    else:
        gone(m, order, W_EXPIRED)
