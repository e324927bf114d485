"""What the kernel tells: rows of `dtypes.EVENT`, appended in the order in which things happen."""

from matching.engine.dtypes import NULL
from matching.engine.kernel.codes import (
    ACCEPTED,
    ALL,
    AUCTION,
    GONE,
    OUTCOMES,
    REDUCED,
    REJECTED,
    RESTED,
    STATE,
    TRADE,
    TRIGGERED,
    W_NONE,
)
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import (
    DETAIL,
    E_CODES,
    E_HOUR,
    E_ID,
    E_MAKER,
    E_N,
    E_PRICE,
    E_QUANTITY,
    E_SITE,
    EVENT_8,
    EVENTS,
    EVENTS_END,
    NEXT_EVENT,
    OUT_OF_MEMORY,
    ROW,
)
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.pointers import event32, event64, reallocate

INT32_MAX = 2**31 - 1


@piece
def make_room(m: Memory) -> None:
    """Double the room for events; when the machine has none, write over the first and say so at the end of the call."""
    size = m.s[EVENTS_END] - m.s[EVENTS]
    address = reallocate(m.s[EVENTS], 2 * size)
    if address == 0:
        m.s[OUT_OF_MEMORY] = 1
        m.s[NEXT_EVENT] = m.s[EVENTS]
    else:
        m.s[EVENTS] = address
        m.s[NEXT_EVENT] = address + size
        m.s[EVENTS_END] = address + 2 * size


@small_piece
def tell(m: Memory, id_: int, maker: int, hour: int, price: int, quantity: int, site: int, codes: int) -> None:
    if m.s[NEXT_EVENT] == m.s[EVENTS_END]:
        make_room(m)
    at = m.s[NEXT_EVENT]
    m.s[NEXT_EVENT] = at + EVENT_8
    row64, row32 = event64(at), event32(at)
    row64[E_ID] = id_
    row64[E_MAKER] = maker
    row32[E_N] = m.s[ROW]
    row32[E_HOUR] = hour
    row32[E_PRICE] = price
    row32[E_QUANTITY] = quantity
    row32[E_SITE] = site
    row32[E_CODES] = codes


@piece
def tell_auction(m: Memory, market_id: int, hour: int, price: int, volume: int) -> None:
    if m.s[DETAIL] >= OUTCOMES:
        tell(m, market_id, 0, hour, price, min(volume, INT32_MAX), NULL, AUCTION | W_NONE << 8)


@piece
def tell_state(m: Memory, market_id: int, start: int, hours: int, why: int) -> None:
    if m.s[DETAIL] >= OUTCOMES:
        tell(m, market_id, 0, start, NULL, hours, NULL, STATE | why << 8)


@small_piece
def tell_trade(m: Memory, taker: int, maker: int, hour: int, price: int, quantity: int, site: int) -> None:
    """Tell of a trade between the orders with the ids `taker` and `maker`."""
    tell(m, taker, maker, hour, price, quantity, site, TRADE | W_NONE << 8)


@small_piece
def tell_reduced(m: Memory, id_: int, hour: int, quantity: int, why: int) -> None:
    if m.s[DETAIL] >= OUTCOMES:
        tell(m, id_, 0, hour, NULL, quantity, NULL, REDUCED | why << 8)


@small_piece
def tell_gone(m: Memory, id_: int, why: int) -> None:
    if m.s[DETAIL] >= OUTCOMES:
        tell(m, id_, 0, NULL, NULL, NULL, NULL, GONE | why << 8)


@small_piece
def tell_rejected(m: Memory, id_: int, why: int) -> None:
    if m.s[DETAIL] >= OUTCOMES:
        tell(m, id_, 0, NULL, NULL, NULL, NULL, REJECTED | why << 8)


@small_piece
def tell_accepted(m: Memory, id_: int) -> None:
    if m.s[DETAIL] == ALL:
        tell(m, id_, 0, NULL, NULL, NULL, NULL, ACCEPTED | W_NONE << 8)


@small_piece
def tell_rested(m: Memory, id_: int, hour: int, quantity: int) -> None:
    """Tell what a command leaves open of its own order, from which hour on."""
    if m.s[DETAIL] == ALL:
        tell(m, id_, 0, hour, NULL, quantity, NULL, RESTED | W_NONE << 8)


@small_piece
def tell_triggered(m: Memory, id_: int, start: int) -> None:
    if m.s[DETAIL] == ALL:
        tell(m, id_, 0, start, NULL, NULL, NULL, TRIGGERED | W_NONE << 8)
