"""What the exchange rules for a market: its band, and which of its contracts trade, collect orders or are halted."""

from matching.engine.bounds import LAST_HOUR_MAX, PRICE_FEN_MAX
from matching.engine.kernel.auction import uncross
from matching.engine.kernel.codes import COLLECT, HALT, S_COLLECTING, S_HALTED, S_OPEN, W_COLLECTING, W_HALTED, W_OPEN
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import book_of, find_book, market_of, next_book, side_of
from matching.engine.kernel.entry_rules import field32
from matching.engine.kernel.events import tell_state
from matching.engine.kernel.layout import (
    BAND_HIGH,
    BAND_LOW,
    BOOK_HOUR,
    BOOK_STATE,
    C_HOURS,
    C_MARKET,
    C_PRICE,
    C_QUANTITY,
    C_START,
    FIRST_OPEN,
    MARKET_ID,
    MARKET_STATE,
    NULL32,
    REFERENCE,
    RULINGS,
)
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.tradable import state_of
from matching.engine.kernel.waiting import touch_waiting


@small_piece
def touch_book(m: Memory, book: int) -> None:
    touch_waiting(m, side_of(book, 1))
    touch_waiting(m, side_of(book, -1))


@piece
def set_band(m: Memory, row: int) -> None:
    """Give a market its band; what then crosses inside it is opened by auctions, and every resting block is tried."""
    market = market_of(m, field32(m, row, C_MARKET))
    reference, half_width = field32(m, row, C_PRICE), field32(m, row, C_QUANTITY)
    m.a[market + RULINGS] -= has_band(m, market)
    m.a[market + REFERENCE] = reference
    m.a[market + BAND_LOW] = 1 if half_width == NULL32 else reference - half_width
    m.a[market + BAND_HIGH] = PRICE_FEN_MAX if half_width == NULL32 else reference + half_width
    m.a[market + RULINGS] += has_band(m, market)
    book = next_book(m, market, 0, LAST_HOUR_MAX)
    while book != 0:
        if state_of(m, market, book) == S_OPEN:
            uncross(m, market, book)
        touch_book(m, book)
        book = next_book(m, market, m.a[book + BOOK_HOUR] + 1, LAST_HOUR_MAX)


@small_piece
def has_band(m: Memory, market: int) -> int:
    """Return 1 where a price is outside a market's band, else 0."""
    return int(m.a[market + BAND_LOW] > 1 or m.a[market + BAND_HIGH] < PRICE_FEN_MAX)


@small_piece
def rule(m: Memory, market: int, place: int, state: int) -> None:
    """Write a state where a market or one of its books has it, and count it among the market's rulings."""
    m.a[market + RULINGS] += int(state != S_OPEN) - int(m.a[place] != S_OPEN)
    m.a[place] = state


@piece
def open_contract(m: Memory, market: int, book: int) -> None:
    """Open a contract by an auction, if it is crossed; the resting blocks that could use it are tried after all."""
    uncross(m, market, book)
    touch_book(m, book)


@piece
def set_state(m: Memory, row: int, do: int) -> None:
    """Halt, collect or resume a span of contracts, or a whole market, which has a state of its own."""
    market = market_of(m, field32(m, row, C_MARKET))
    start, hours = field32(m, row, C_START), field32(m, row, C_HOURS)
    state, why = S_OPEN, W_OPEN
    if do == HALT:
        state, why = S_HALTED, W_HALTED
    elif do == COLLECT:
        state, why = S_COLLECTING, W_COLLECTING
    tell_state(m, m.a[market + MARKET_ID], start, hours, why)
    if start == NULL32:
        rule_market(m, market, state)
    else:
        rule_hours(m, market, max(start, m.a[market + FIRST_OPEN]), start + hours, state)


@piece
def rule_market(m: Memory, market: int, state: int) -> None:
    opens = m.a[market + MARKET_STATE] != S_OPEN and state == S_OPEN
    rule(m, market, market + MARKET_STATE, state)
    book = next_book(m, market, 0, LAST_HOUR_MAX) if opens else 0
    while book != 0:
        if m.a[book + BOOK_STATE] == S_OPEN:
            open_contract(m, market, book)
        book = next_book(m, market, m.a[book + BOOK_HOUR] + 1, LAST_HOUR_MAX)


@piece
def rule_hours(m: Memory, market: int, start: int, end: int, state: int) -> None:
    for hour in range(start, end):
        book = find_book(m, market, hour) if state == S_OPEN else book_of(m, market, hour)
        if book == 0:
            continue
        opens = m.a[book + BOOK_STATE] != S_OPEN and m.a[market + MARKET_STATE] == S_OPEN and state == S_OPEN
        rule(m, market, book + BOOK_STATE, state)
        if opens:
            open_contract(m, market, book)
