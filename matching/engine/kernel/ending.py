"""Cancel, mass cancel and the closing of hours."""

from matching.engine.kernel.alternatives import is_alone, keep_only, withdraw_alternative
from matching.engine.kernel.codes import BLOCK, W_CANCELLED, W_EXPIRED
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import free_book, market_of, next_book, side_of
from matching.engine.kernel.events import tell_reduced
from matching.engine.kernel.ids import MASK, SLOTS, order_in
from matching.engine.kernel.layout import (
    BASE,
    BOOK_HOUR,
    COUNT,
    FIRST_OPEN,
    FLEXIBILITY,
    HOURS,
    LEVEL,
    LOWEST,
    NEXT,
    ORDER,
    PARTICIPANT,
    PRICE,
    SIDE,
    START,
    TOUCHED,
    TOUCHED_COUNT,
)
from matching.engine.kernel.levels import end_hour, entry_at, level_of
from matching.engine.kernel.memory import Memory, id_table, owner_counts, touched_list
from matching.engine.kernel.orders import (
    count_of,
    gone,
    gone_from,
    hour_ended,
    id_of,
    kind_of,
    node_of,
    nodes_of,
    touch,
)
from matching.engine.kernel.sorting import BY_ID, sort_touched
from matching.engine.kernel.waiting import leave, stop_waiting


@small_piece
def withdraw(m: Memory, order: int) -> None:
    """Take an order out of books and waiting lists."""
    if kind_of(m, order) == BLOCK:
        keep_only(m, order)
        leave(m, order)
        return
    key = m.a[order + SIDE] * m.a[order + PRICE]
    for i in range(nodes_of(m, order)):
        if m.a[node_of(order, i) + LEVEL] != 0:
            end_hour(m, key, node_of(order, i))


@small_piece
def cancel(m: Memory, slot: int) -> None:
    """Play a CANCEL of the order in a slot of the table of ids."""
    order = order_in(id_table(m)[SLOTS + slot])
    withdraw(m, order)
    gone_from(m, slot, order, W_CANCELLED)


@piece
def mass_cancel(m: Memory, participant: int) -> None:
    """Cancel every open order of a participant, by ascending id.

    Looks through all open orders: a list a participant would cost every order several cache misses, for a rare command.
    """
    counts = owner_counts(m)
    if counts[count_of(participant, 1)] + counts[count_of(participant, -1)] == 0:
        return
    for slot in range(id_table(m)[MASK] + 1):
        order = order_in(id_table(m)[SLOTS + slot])
        if order != 0 and m.a[order + PARTICIPANT] == participant:
            touch(m, order)
    count = m.s[TOUCHED_COUNT]
    sort_touched(m, count, BY_ID)
    m.s[TOUCHED_COUNT] = 0
    for i in range(count):
        order = touched_list(m)[i]
        withdraw(m, order)
        gone(m, order, W_CANCELLED)


@piece
def touch_ring(m: Memory, ring: int) -> None:
    node = m.a[ring + NEXT]
    while node != ring:
        touch(m, m.a[node + ORDER])
        node = m.a[node + NEXT]


@piece
def touch_hours(m: Memory, market: int, last: int) -> None:
    """Note every order that has something in an hour up to `last`."""
    book = next_book(m, market, 0, last)
    while book != 0:
        for side in (-1, 1):
            ring = side_of(book, side)
            touch_ring(m, ring)
            for i in range(m.a[ring + COUNT]):
                touch_ring(m, level_of(entry_at(m, ring, i)))
        book = next_book(m, market, m.a[book + BOOK_HOUR] + 1, last)


@piece
def expire_block(m: Memory, block: int) -> None:
    """End a waiting block whose time is over: its order, if no other alternative waits."""
    if is_alone(m, block):
        leave(m, block)
        gone(m, block, W_EXPIRED)
    else:
        withdraw_alternative(m, block)


@piece
def close_block(m: Memory, block: int, last: int) -> None:
    """Move a block's earliest start to the first open hour, or let it go when no start is left; its order with the last."""
    latest = m.a[block + START] + m.a[block + FLEXIBILITY]
    if latest <= last:
        expire_block(m, block)
        return
    start = max(m.a[block + START], last + 1)
    stop_waiting(m, block, start, latest + m.a[block + HOURS])
    m.a[block + START] = start
    m.a[block + FLEXIBILITY] = latest - start


@piece
def close_hours(m: Memory, order: int, last: int) -> None:
    """Expire what an hourly order has open up to `last`."""
    base = m.a[order + BASE]
    for i in range(min(nodes_of(m, order), last + 1 - base)):
        node = node_of(order, i)
        if m.a[node + LEVEL] != 0:
            quantity = end_hour(m, m.a[order + SIDE] * m.a[order + PRICE], node)
            tell_reduced(m, id_of(m, order), base + i, quantity, W_EXPIRED)
            if hour_ended(m, order, W_EXPIRED):
                return


@piece
def close(m: Memory, market_id: int, last: int) -> None:
    """Close an hour and every earlier one, by ascending id of the orders there."""
    market = market_of(m, market_id)
    if last < m.a[market + FIRST_OPEN]:
        return
    m.a[market + FIRST_OPEN] = last + 1
    touch_hours(m, market, last)
    count = m.s[TOUCHED_COUNT]
    sort_touched(m, count, BY_ID)
    m.s[TOUCHED_COUNT] = 0
    for i in range(count):
        order = touched_list(m)[i]
        m.a[order + TOUCHED] = 0
        if kind_of(m, order) == BLOCK:
            close_block(m, order, last)
        else:
            close_hours(m, order, last)
    free_books(m, market, last)


@piece
def free_books(m: Memory, market: int, last: int) -> None:
    """Free the books of closed hours: nothing is in them any more."""
    book = next_book(m, market, 0, last)
    while book != 0:
        hour = m.a[book + BOOK_HOUR]
        free_book(m, book)
        book = next_book(m, market, hour + 1, last)
    m.a[market + LOWEST] = max(m.a[market + LOWEST], last + 1)
