"""Crossed books: allowed only where a contract's state or the band forbids the trade, and never among one's own orders."""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import COUNT, NEXT, ORDER, PARTICIPANT
from matching.engine.kernel.levels import entry_at, key_of, level_of
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.tradable import tradable_levels


@small_piece
def is_crossed(m: Memory, market: int, bids: int, asks: int) -> bool:
    """Say whether a bid and an ask cross that both may trade now."""
    bid, worst_bid = tradable_levels(m, market, bids, 1)
    ask, worst_ask = tradable_levels(m, market, asks, -1)
    if bid < worst_bid or ask < worst_ask:
        return False
    return key_of(entry_at(m, bids, bid)) >= -key_of(entry_at(m, asks, ask))


@piece
def crosses_itself(m: Memory, bids: int, asks: int) -> bool:
    """Say whether any participant's own orders cross, which no ruling excuses."""
    for i in range(m.a[bids + COUNT]):
        bid_level = level_of(entry_at(m, bids, i))
        for k in range(m.a[asks + COUNT]):
            ask_level = level_of(entry_at(m, asks, k))
            if key_of(entry_at(m, bids, i)) >= -key_of(entry_at(m, asks, k)) and share_owner(m, bid_level, ask_level):
                return True
    return False


@piece
def share_owner(m: Memory, level: int, other: int) -> bool:
    """Say whether a participant has orders in both levels."""
    node = m.a[level + NEXT]
    while node != level:
        facing = m.a[other + NEXT]
        while facing != other:
            if m.a[m.a[node + ORDER] + PARTICIPANT] == m.a[m.a[facing + ORDER] + PARTICIPANT]:
                return True
            facing = m.a[facing + NEXT]
        node = m.a[node + NEXT]
    return False
