"""What may trade in a contract now: as its state, the stricter of its own and its market's, and its market's band have it.

A market counts the rulings that are in force in it: its band, its state, each contract's own. While there are none, which is
nearly always, that count is all that anything here reads.
"""

from matching.engine.kernel.codes import S_OPEN
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book
from matching.engine.kernel.layout import (
    BAND_HIGH,
    BAND_LOW,
    BOOK_MIDDLE,
    BOOK_STATE,
    COUNT,
    MARKET_STATE,
    RULINGS,
)
from matching.engine.kernel.levels import place_of
from matching.engine.kernel.memory import Memory


@small_piece
def state_of(m: Memory, market: int, book: int) -> int:
    return max(m.a[market + MARKET_STATE], m.a[book + BOOK_STATE])


@piece
def start_within(m: Memory, market: int, first: int, last: int, hours: int, strictest: int) -> int:
    """Return the first start in [first, last] from which `hours` have no state beyond `strictest`, -1 when there is none."""
    if first > last:
        return -1
    if m.a[market + RULINGS] == 0:
        return first
    run = 0
    for hour in range(first, last + hours):
        book = find_book(m, market, hour)
        state = m.a[market + MARKET_STATE] if book == 0 else state_of(m, market, book)
        run = run + 1 if state <= strictest else 0
        if run >= hours:
            return hour + 1 - hours
    return -1


@piece
def ruled_keys(m: Memory, market: int, makers: int, side: int) -> tuple[int, int]:
    """Return the least and the greatest key at which `makers`, the `side` of a book, may trade now."""
    book = makers - BOOK_MIDDLE + 4 * side
    if state_of(m, market, book) != S_OPEN:
        return 1, 0
    low, high = m.a[market + BAND_LOW], m.a[market + BAND_HIGH]
    return (low, high) if side > 0 else (-high, -low)


@small_piece
def is_tradable(m: Memory, market: int, makers: int, side: int, key: int) -> bool:
    """Say whether the orders of `key` on a side of a book may trade now."""
    return m.a[market + RULINGS] == 0 or is_ruled_in(m, market, makers, side, key)


@piece
def is_ruled_in(m: Memory, market: int, makers: int, side: int, key: int) -> bool:
    least, greatest = ruled_keys(m, market, makers, side)
    return least <= key <= greatest


@small_piece
def tradable_levels(m: Memory, market: int, makers: int, side: int) -> tuple[int, int]:
    """Return the places of the best and of the worst level that may trade now; the worst is above the best where none may."""
    if m.a[market + RULINGS] == 0:
        return m.a[makers + COUNT] - 1, 0
    return ruled_levels(m, market, makers, side)


@piece
def ruled_levels(m: Memory, market: int, makers: int, side: int) -> tuple[int, int]:
    least, greatest = ruled_keys(m, market, makers, side)
    return place_of(m, makers, greatest + 1) - 1, place_of(m, makers, least)
