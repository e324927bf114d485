"""Markets, and the books of their contracts: made at the first order, and kept until the hour closes."""

from matching.engine.bounds import PRICE_FEN_MAX
from matching.engine.dtypes import NULL
from matching.engine.kernel.codes import S_OPEN
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import (
    BAND_HIGH,
    BAND_LOW,
    BEST,
    BOOK_HOUR,
    BOOK_MARKET,
    BOOK_MIDDLE,
    BOOK_SIZE,
    BOOK_STATE,
    COUNT,
    HIGHEST,
    LATEST_BOOK,
    LATEST_PAGE,
    LATEST_PAGE_HOUR,
    LATEST_SITE,
    LATEST_SITE_NUMBER,
    LEVELS,
    LEVELS_ROOM,
    LOWEST,
    MARKET_ID,
    MARKET_SIZE,
    NEXT,
    NO_KEY,
    PAGE_BOOKS,
    PAGE_COUNT,
    PAGE_HOURS,
    PAGE_SHIFT,
    PAGE_SIZE,
    PREV,
    REFERENCE,
    RULINGS,
    SITES,
    SITES_MAX,
    UNIT,
)
from matching.engine.kernel.memory import Memory, allocate, market_table, page_table, release, site_table
from matching.engine.kernel.table import drop, find, put


@small_piece
def side_of(book: int, side: int) -> int:
    return book + BOOK_MIDDLE - 4 * side


@small_piece
def market_of(m: Memory, id_: int) -> int:
    """Return the market, made at its first use and kept for good (64 bytes)."""
    market = find(market_table(m), id_)
    return market if market != 0 else make_market(m, id_)


@piece
def make_market(m: Memory, id_: int) -> int:
    market = allocate(m, MARKET_SIZE // UNIT)
    for i in range(MARKET_SIZE):
        m.a[market + i] = 0
    m.a[market + MARKET_ID] = id_
    m.a[market + LOWEST] = 2**31 - 1
    m.a[market + HIGHEST] = -1
    m.a[market + LATEST_SITE] = NULL
    m.a[market + BAND_LOW] = 1
    m.a[market + BAND_HIGH] = PRICE_FEN_MAX
    m.a[market + REFERENCE] = NULL
    put(m, market_table(m), id_, market)
    return market


@small_piece
def site_number_of(m: Memory, market: int, site: int) -> int:
    """Return a site's number in its market, from 0 in order of appearance."""
    if m.a[market + LATEST_SITE] != site:
        look_site_up(m, market, site)
    return m.a[market + LATEST_SITE_NUMBER]


@piece
def look_site_up(m: Memory, market: int, site: int) -> None:
    key = m.a[market + MARKET_ID] << 32 | site
    number = find(site_table(m), key)
    if number == 0:
        m.a[market + SITES] += 1
        number = m.a[market + SITES]
        m.s[SITES_MAX] = max(m.s[SITES_MAX], number)
        put(m, site_table(m), key, number)
    m.a[market + LATEST_SITE] = site
    m.a[market + LATEST_SITE_NUMBER] = number - 1


@small_piece
def page_key(m: Memory, market: int, hour: int) -> int:
    return m.a[market + MARKET_ID] << 32 | hour >> PAGE_SHIFT


@small_piece
def find_page(m: Memory, market: int, hour: int) -> int:
    """Return the page of an hour, 0 where there is none; most are in the page that was found last."""
    if m.a[market + LATEST_PAGE_HOUR] == hour >> PAGE_SHIFT and m.a[market + LATEST_PAGE] != 0:
        return m.a[market + LATEST_PAGE]
    return look_page_up(m, market, hour)


@piece
def look_page_up(m: Memory, market: int, hour: int) -> int:
    page = find(page_table(m), page_key(m, market, hour))
    m.a[market + LATEST_PAGE] = page
    m.a[market + LATEST_PAGE_HOUR] = hour >> PAGE_SHIFT
    return page


@small_piece
def find_book(m: Memory, market: int, hour: int) -> int:
    """Return the book of a contract, 0 where nothing has come in."""
    latest = m.a[market + LATEST_BOOK]
    if latest != 0 and m.a[latest + BOOK_HOUR] == hour:
        return latest
    page = find_page(m, market, hour)
    if page == 0:
        return 0
    book = m.a[page + PAGE_BOOKS + (hour & (PAGE_HOURS - 1))]
    m.a[market + LATEST_BOOK] = book
    return book


@piece
def make_page(m: Memory, market: int, hour: int) -> int:
    page = allocate(m, PAGE_SIZE // UNIT)
    m.a[page + PAGE_COUNT] = 0
    for i in range(PAGE_HOURS):
        m.a[page + PAGE_BOOKS + i] = 0
    put(m, page_table(m), page_key(m, market, hour), page)
    m.a[market + LATEST_PAGE] = page
    m.a[market + LATEST_PAGE_HOUR] = hour >> PAGE_SHIFT
    return page


@piece
def make_book(m: Memory, market: int, hour: int) -> int:
    page = find_page(m, market, hour)
    if page == 0:
        page = make_page(m, market, hour)
    book = allocate(m, BOOK_SIZE // UNIT)
    m.a[page + PAGE_COUNT] += 1
    m.a[page + PAGE_BOOKS + (hour & (PAGE_HOURS - 1))] = book
    for side in (-1, 1):
        ring = side_of(book, side)
        m.a[ring + NEXT] = ring
        m.a[ring + PREV] = ring
        m.a[ring + LEVELS] = 0
        m.a[ring + LEVELS_ROOM] = 0
        m.a[ring + COUNT] = 0
        m.a[ring + BEST] = NO_KEY
    m.a[book + BOOK_MARKET] = market
    m.a[book + BOOK_HOUR] = hour
    m.a[book + BOOK_STATE] = S_OPEN
    m.a[market + LATEST_BOOK] = book
    m.a[market + LOWEST] = min(m.a[market + LOWEST], hour)
    m.a[market + HIGHEST] = max(m.a[market + HIGHEST], hour)
    return book


@small_piece
def book_of(m: Memory, market: int, hour: int) -> int:
    """Return the book of a contract, made where there is none."""
    book = find_book(m, market, hour)
    return book if book != 0 else make_book(m, market, hour)


@piece
def next_book(m: Memory, market: int, hour: int, last: int) -> int:
    """Return a market's first book in the hours [hour, last], 0 when there is none."""
    hour, last = max(hour, m.a[market + LOWEST]), min(last, m.a[market + HIGHEST])
    while hour <= last:
        if find_page(m, market, hour) == 0:
            hour = (hour | (PAGE_HOURS - 1)) + 1
            continue
        book = find_book(m, market, hour)
        if book != 0:
            return book
        hour += 1
    return 0


@piece
def free_book(m: Memory, book: int) -> None:
    """Forget the book of a closed contract; nothing is in it any more."""
    market, hour = m.a[book + BOOK_MARKET], m.a[book + BOOK_HOUR]
    if m.a[book + BOOK_STATE] != S_OPEN:
        m.a[market + RULINGS] -= 1
    page = find_page(m, market, hour)
    m.a[page + PAGE_BOOKS + (hour & (PAGE_HOURS - 1))] = 0
    m.a[page + PAGE_COUNT] -= 1
    if m.a[page + PAGE_COUNT] == 0:
        drop(page_table(m), page_key(m, market, hour))
        m.a[market + LATEST_PAGE] = 0
        release(m, page, PAGE_SIZE // UNIT)
    m.a[market + LATEST_BOOK] = 0
    release(m, book, BOOK_SIZE // UNIT)
