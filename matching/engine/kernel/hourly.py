"""Hourly orders: each hour trades alone, from the earliest; after all hours what is left rests."""

from matching.engine.kernel.codes import CANCEL_MAKER, FOK, IOC, W_EXPIRED
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book, side_of
from matching.engine.kernel.layout import (
    BASE,
    COUNT,
    HIDDEN,
    LEVEL,
    MARKET,
    NEXT,
    NODES,
    NULL32,
    ORDER,
    PARTICIPANT,
    PRICE,
    SELF_TRADE,
    SHOWN,
    SIDE,
    TAKER_WHY,
    TIF,
)
from matching.engine.kernel.levels import entry_at, key_of, level_of, rest, show_tip
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.orders import gone, hour_ended, node_of
from matching.engine.kernel.take import take
from matching.engine.kernel.waiting import touch_waiting

ANY_KEY = -(2**40)
"""Worse than every key: what a market order accepts."""


@small_piece
def worst_key(side: int, price: int) -> int:
    """Return the worst key of the other side that a limit accepts."""
    return ANY_KEY if price == NULL32 else -side * price


@small_piece
def may_rest(m: Memory, order: int) -> bool:
    return m.a[order + PRICE] != NULL32 and m.a[order + TIF] != IOC and m.a[order + TIF] != FOK


@piece
def would_meet(m: Memory, market: int, hour: int, side: int, price: int) -> bool:
    """Say whether an order at `price` would meet any resting hourly order of an hour, its own participant's included."""
    book = find_book(m, market, hour)
    if book == 0:
        return False
    makers = side_of(book, -side)
    count = m.a[makers + COUNT]
    return count > 0 and key_of(entry_at(m, makers, count - 1)) >= worst_key(side, price)


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
        level = level_of(entry)
        hidden = 0
        node = m.a[level + NEXT]
        while node != level:
            if m.a[m.a[node + ORDER] + PARTICIPANT] != participant:
                needed -= m.a[node + SHOWN]
                hidden += m.a[node + HIDDEN]
                if needed <= 0:
                    return True
            elif mode != CANCEL_MAKER:
                return False
            node = m.a[node + NEXT]
        needed -= hidden  # tips refill behind the level, once all that shows is taken
        if needed <= 0:
            return True
    return False


@small_piece
def is_arriving(m: Memory, node: int) -> bool:
    return m.a[node + LEVEL] == 0 and m.a[node + SHOWN] > 0


@piece
def trade_hours(m: Memory, order: int, sequence: int) -> None:
    """Trade the hours that arrive (open, not linked) from the earliest, then rest what is left of them, or let it go."""
    market = m.a[order + MARKET]
    worst = worst_key(m.a[order + SIDE], m.a[order + PRICE])
    base = m.a[order + BASE]
    for i in range(m.a[order + NODES]):
        node = node_of(order, i)
        if not is_arriving(m, node):
            continue
        book = find_book(m, market, base + i)
        if book == 0:
            continue
        left = take(m, order, book, m.a[node + SHOWN], worst, NULL32, m.a[order + SELF_TRADE])
        m.a[node + SHOWN] = left
        if left == 0 and hour_ended(m, order, m.s[TAKER_WHY]):
            return
    if not may_rest(m, order):
        gone(m, order, W_EXPIRED)
        return
    for i in range(m.a[order + NODES]):
        node = node_of(order, i)
        if is_arriving(m, node):
            show_tip(m, order, node, m.a[node + SHOWN])
            book = rest(m, order, node, base + i, sequence)
            touch_waiting(m, side_of(book, -m.a[order + SIDE]))
