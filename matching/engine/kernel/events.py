"""What the kernel tells: rows of `dtypes.EVENT`, appended in the order in which things happen."""

from matching.engine.dtypes import NULL
from matching.engine.kernel.codes import GONE, REDUCED, REJECTED, TRADE, W_NONE
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import (
    E_CODES,
    E_HOUR,
    E_ID,
    E_MAKER,
    E_N,
    E_PRICE,
    E_QUANTITY,
    E_SITE,
    EVENT_8,
    EVENT_COUNT,
    EVENT_ROOM,
    EVENTS,
    OUT_OF_MEMORY,
    ROW,
)
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.pointers import reallocate, to_int32, to_int64


@piece
def make_room(m: Memory) -> None:
    """Double the room for events; when the machine has none, overwrite the last and say so at the end of the call."""
    room = 2 * m.s[EVENT_ROOM]
    address = reallocate(m.s[EVENTS], room * EVENT_8)
    if address == 0:
        m.s[OUT_OF_MEMORY] = 1
        m.s[EVENT_COUNT] -= 1
    else:
        m.s[EVENTS] = address
        m.s[EVENT_ROOM] = room


@small_piece
def tell(m: Memory, id_: int, maker: int, hour: int, price: int, quantity: int, site: int, codes: int) -> None:
    if m.s[EVENT_COUNT] == m.s[EVENT_ROOM]:
        make_room(m)
    count = m.s[EVENT_COUNT]
    m.s[EVENT_COUNT] = count + 1
    row64 = to_int64(m.s[EVENTS] + count * EVENT_8)
    row32 = to_int32(m.s[EVENTS] + count * EVENT_8)
    row64[E_ID] = id_
    row64[E_MAKER] = maker
    row32[E_N] = m.s[ROW]
    row32[E_HOUR] = hour
    row32[E_PRICE] = price
    row32[E_QUANTITY] = quantity
    row32[E_SITE] = site
    row32[E_CODES] = codes


@small_piece
def tell_trade(m: Memory, taker: int, maker: int, hour: int, price: int, quantity: int, site: int) -> None:
    """Tell of a trade between the orders with the ids `taker` and `maker`."""
    tell(m, taker, maker, hour, price, quantity, site, TRADE | W_NONE << 8)


@small_piece
def tell_reduced(m: Memory, id_: int, hour: int, quantity: int, why: int) -> None:
    tell(m, id_, 0, hour, NULL, quantity, NULL, REDUCED | why << 8)


@small_piece
def tell_gone(m: Memory, id_: int, why: int) -> None:
    tell(m, id_, 0, NULL, NULL, NULL, NULL, GONE | why << 8)


@small_piece
def tell_rejected(m: Memory, id_: int, why: int) -> None:
    tell(m, id_, 0, NULL, NULL, NULL, NULL, REJECTED | why << 8)
