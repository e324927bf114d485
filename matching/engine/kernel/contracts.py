"""Markets, and the books of their contracts: made when something first waits there, freed when nothing does."""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import (
    BOOK_HOUR,
    BOOK_MARKET,
    BOOK_MIDDLE,
    BOOK_SIZE,
    COUNT,
    FIRST_OPEN,
    HIGHEST,
    LEVELS,
    LEVELS_ROOM,
    LOWEST,
    MARKET_ID,
    MARKET_SIZE,
    NEXT,
    PAGE_BOOKS,
    PAGE_COUNT,
    PAGE_HOURS,
    PAGE_SHIFT,
    PAGE_SIZE,
    PREV,
    SITES,
    SITES_MAX,
    UNIT,
)
from matching.engine.kernel.memory import Memory, allocate, market_table, page_table, release, site_table
from matching.engine.kernel.table import drop, find, put

ENTRIES_A_UNIT = UNIT // 2


@small_piece
def side_of(book: int, side: int) -> int:
    return book + BOOK_MIDDLE - 4 * side


@piece
def market_of(m: Memory, id_: int) -> int:
    """Return the market, made at its first use and kept for good (32 bytes)."""
    market = find(market_table(m), id_)
    if market == 0:
        market = allocate(m, MARKET_SIZE // UNIT)
        m.a[market + MARKET_ID] = id_
        m.a[market + FIRST_OPEN] = 0
        m.a[market + SITES] = 0
        m.a[market + LOWEST] = 2**31 - 1
        m.a[market + HIGHEST] = -1
        put(market_table(m), id_, market)
    return market


@piece
def site_number_of(m: Memory, market: int, site: int) -> int:
    """Return a site's number in its market, from 0 in order of appearance."""
    key = m.a[market + MARKET_ID] << 32 | site
    number = find(site_table(m), key)
    if number == 0:
        m.a[market + SITES] += 1
        number = m.a[market + SITES]
        m.s[SITES_MAX] = max(m.s[SITES_MAX], number)
        put(site_table(m), key, number)
    return number - 1


@small_piece
def page_key(m: Memory, market: int, hour: int) -> int:
    return m.a[market + MARKET_ID] << 32 | hour >> PAGE_SHIFT


@small_piece
def find_book(m: Memory, market: int, hour: int) -> int:
    """Return the book of a contract, 0 where nothing waits."""
    page = find(page_table(m), page_key(m, market, hour))
    if page == 0:
        return 0
    return m.a[page + PAGE_BOOKS + (hour & (PAGE_HOURS - 1))]


@piece
def make_book(m: Memory, market: int, hour: int) -> int:
    key = page_key(m, market, hour)
    page = find(page_table(m), key)
    if page == 0:
        page = allocate(m, PAGE_SIZE // UNIT)
        m.a[page + PAGE_COUNT] = 0
        for i in range(PAGE_HOURS):
            m.a[page + PAGE_BOOKS + i] = 0
        put(page_table(m), key, page)
    book = allocate(m, BOOK_SIZE // UNIT)
    m.a[page + PAGE_COUNT] += 1
    m.a[page + PAGE_BOOKS + (hour & (PAGE_HOURS - 1))] = book
    m.a[book + BOOK_MARKET] = market
    m.a[book + BOOK_HOUR] = hour
    for side in (-1, 1):
        ring = side_of(book, side)
        m.a[ring + NEXT] = ring
        m.a[ring + PREV] = ring
        m.a[ring + LEVELS] = 0
        m.a[ring + LEVELS_ROOM] = 0
        m.a[ring + COUNT] = 0
    m.a[market + LOWEST] = min(m.a[market + LOWEST], hour)
    m.a[market + HIGHEST] = max(m.a[market + HIGHEST], hour)
    return book


@small_piece
def book_of(m: Memory, market: int, hour: int) -> int:
    """Return the book of a contract, made where there is none."""
    book = find_book(m, market, hour)
    if book == 0:
        book = make_book(m, market, hour)
    return book


@small_piece
def side_is_empty(m: Memory, side: int) -> bool:
    return m.a[side + COUNT] == 0 and m.a[side + NEXT] == side


@piece
def free_book(m: Memory, book: int) -> None:
    for side in (-1, 1):
        ring = side_of(book, side)
        if m.a[ring + LEVELS_ROOM] > 0:
            release(m, m.a[ring + LEVELS], m.a[ring + LEVELS_ROOM] // ENTRIES_A_UNIT)
    market, hour = m.a[book + BOOK_MARKET], m.a[book + BOOK_HOUR]
    key = page_key(m, market, hour)
    page = find(page_table(m), key)
    m.a[page + PAGE_BOOKS + (hour & (PAGE_HOURS - 1))] = 0
    m.a[page + PAGE_COUNT] -= 1
    if m.a[page + PAGE_COUNT] == 0:
        drop(page_table(m), key)
        release(m, page, PAGE_SIZE // UNIT)
    release(m, book, BOOK_SIZE // UNIT)


@small_piece
def free_book_if_empty(m: Memory, book: int) -> None:
    if side_is_empty(m, side_of(book, 1)) and side_is_empty(m, side_of(book, -1)):
        free_book(m, book)
