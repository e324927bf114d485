"""Taking from one side of a book, best price first, then time: the same walk for hourly orders and blocks of both sides."""

from matching.engine.kernel.codes import (
    CANCEL_BOTH,
    CANCEL_MAKER,
    CANCEL_TAKER,
    DECREMENT,
    PASS_OVER,
    W_CANCELLED,
    W_FILLED,
    W_SELF_TRADE,
)
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.events import tell_reduced, tell_trade
from matching.engine.kernel.layout import (
    COUNT,
    HIDDEN,
    LAST_SEQUENCE,
    LEVEL,
    LEVEL_TOTAL,
    MARKET,
    NEXT,
    NODE_SEQUENCE,
    NULL32,
    ORDER,
    PARTICIPANT,
    PREV,
    SHOWN,
    SIDE,
    SITE,
    TAKER_WHY,
)
from matching.engine.kernel.levels import entry_at, key_of, level_of, link_last, remove_level, show_tip, unlink
from matching.engine.kernel.memory import Memory, owner_counts
from matching.engine.kernel.orders import count_of, hour_ended, id_of
from matching.engine.kernel.tradable import is_tradable


@small_piece
def consume(m: Memory, level: int, node: int, maker: int, quantity: int, why: int) -> None:
    """Take `quantity` of what shows; a used-up tip refills behind its own price, and a node with nothing left goes."""
    left = m.a[node + SHOWN] - quantity
    m.a[node + SHOWN] = left
    m.w[(level + LEVEL_TOTAL) >> 1] -= quantity
    if left > 0:
        return
    unlink(m, node)
    if m.a[node + HIDDEN] > 0:
        m.s[LAST_SEQUENCE] += 1
        m.w[(node + NODE_SEQUENCE) >> 1] = m.s[LAST_SEQUENCE]
        show_tip(m, maker, node, m.a[node + HIDDEN])
        link_last(m, level, node)
    else:
        m.a[node + LEVEL] = 0
        hour_ended(m, maker, why)


@piece
def prevent_self_trade(m: Memory, taker: int, level: int, node: int, left: int, hour: int, mode: int) -> int:
    """Do what the taker's mode says where it meets its own participant's order; return what is left of the taker's hour."""
    maker = m.a[node + ORDER]
    maker_id, taker_id = id_of(m, maker), id_of(m, taker)
    if mode == DECREMENT:
        amount = min(left, m.a[node + SHOWN])
        tell_reduced(m, maker_id, hour, amount, W_SELF_TRADE)
        consume(m, level, node, maker, amount, W_CANCELLED)
        tell_reduced(m, taker_id, hour, amount, W_SELF_TRADE)
        m.s[TAKER_WHY] = W_CANCELLED
        return left - amount
    if mode in (CANCEL_MAKER, CANCEL_BOTH):
        amount = m.a[node + SHOWN] + m.a[node + HIDDEN]
        tell_reduced(m, maker_id, hour, amount, W_SELF_TRADE)
        m.a[node + SHOWN] = amount
        m.a[node + HIDDEN] = 0
        consume(m, level, node, maker, amount, W_CANCELLED)
    if mode in (CANCEL_TAKER, CANCEL_BOTH):
        tell_reduced(m, taker_id, hour, left, W_SELF_TRADE)
        m.s[TAKER_WHY] = W_CANCELLED
        return 0
    return left


@small_piece
def trade(m: Memory, taker: int, maker: int, hour: int, price: int, quantity: int) -> None:
    """Tell of a trade, its site the seller's."""
    seller = maker if m.a[taker + SIDE] > 0 else taker
    tell_trade(m, id_of(m, taker), id_of(m, maker), hour, price, quantity, m.a[seller + SITE])
    m.s[TAKER_WHY] = W_FILLED


@small_piece
def take_level(
    m: Memory, taker: int, level: int, hour: int, price: int, quantity: int, site: int, mode: int, is_free: bool
) -> int:
    """Take up to `quantity` of one level, its oldest first; return what is left of it."""
    participant = m.a[taker + PARTICIPANT]
    left = quantity
    node = m.a[level + NEXT]
    while left > 0 and node != level:
        after = m.a[node + NEXT]
        maker = m.a[node + ORDER]
        passed = False
        if m.a[maker + PARTICIPANT] == participant:
            if mode == PASS_OVER:
                passed = True
            else:
                left = prevent_self_trade(m, taker, level, node, left, hour, mode)
        elif not is_free or (site != NULL32 and m.a[maker + SITE] != site):
            passed = True
        else:
            amount = min(left, m.a[node + SHOWN])
            trade(m, taker, maker, hour, price, amount)
            consume(m, level, node, maker, amount, W_FILLED)
            left -= amount
        if after == level and not passed and m.a[level + PREV] == node:
            after = node  # the last of its level, refilled, is the last again
        node = after
    return left


@piece
def take(m: Memory, taker: int, makers: int, hour: int, quantity: int, worst: int, site: int, mode: int) -> int:
    """Take up to `quantity` from `makers`, a side of a book, at keys of `worst` or better; return what is left of it.

    `site` narrows the makers (NULL32: any). `mode` says what to do with the taker's own participant's orders: hourly orders
    meet these even where nothing may trade now and others' orders are passed over.
    """
    side, market = m.a[taker + SIDE], m.a[taker + MARKET]
    place = m.a[makers + COUNT] - 1
    left = quantity
    while left > 0 and place >= 0:
        entry = entry_at(m, makers, place)
        key, level = key_of(entry), level_of(entry)
        if key < worst:
            break
        is_free = is_tradable(m, market, makers, -side, key)
        if is_free or (mode != PASS_OVER and owner_counts(m)[count_of(m.a[taker + PARTICIPANT], -side)] > 0):
            left = take_level(m, taker, level, hour, -side * key, left, site, mode, is_free)
            if m.a[level + NEXT] == level:
                remove_level(m, makers, place)
        place -= 1
    return left
