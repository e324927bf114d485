"""The call auction that opens a contract: all that crosses trades at one price, the one at which most trades."""

from matching.engine.dtypes import INDICATIVE
from matching.engine.kernel.codes import W_FILLED
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book, side_of
from matching.engine.kernel.events import tell_auction
from matching.engine.kernel.layout import (
    BAND_HIGH,
    BAND_LOW,
    BEST,
    BOOK_HOUR,
    COUNT,
    HIDDEN,
    LEVEL,
    LEVEL_TOTAL,
    MARKET_ID,
    NEXT,
    NODE_SEQUENCE,
    NULL32,
    ORDER,
    PRICE,
    REFERENCE,
    SHOWN,
    SIDE,
)
from matching.engine.kernel.levels import end_hour, entry_at, key_of, level_of, place_of, show_tip
from matching.engine.kernel.memory import Memory, market_table
from matching.engine.kernel.orders import hour_ended
from matching.engine.kernel.pointers import other32, other64
from matching.engine.kernel.table import find
from matching.engine.kernel.take import trade

ROW_SIZE = INDICATIVE.itemsize
I_HOUR, I_PRICE = (INDICATIVE.fields[name][1] // 4 for name in ("hour", "price"))  # type: ignore[index]
I_VOLUME, I_IMBALANCE = (INDICATIVE.fields[name][1] // 8 for name in ("volume", "imbalance"))  # type: ignore[index]


@small_piece
def total_at(m: Memory, side: int, place: int) -> int:
    """Return what a level has open, hidden quantity included."""
    return m.w[(level_of(entry_at(m, side, place)) + LEVEL_TOTAL) >> 1]


@piece
def total_from(m: Memory, side: int, place: int) -> int:
    """Return what the levels from a place up to the best have open."""
    total = 0
    for better in range(place, m.a[side + COUNT]):
        total += total_at(m, side, better)
    return total


@piece
def balance_at(m: Memory, bids: int, asks: int, price: int) -> tuple[int, int]:
    """Return what is bid for at a price or higher, and what is asked for at it or lower."""
    return total_from(m, bids, place_of(m, bids, price)), total_from(m, asks, place_of(m, asks, -price))


@piece
def best_prices(m: Memory, bids: int, asks: int, low: int, high: int) -> tuple[int, int]:
    """Return the first and the last of the prices in [low, high] with the most volume, and among these the least imbalance.

    Walks up the prices, at a step all those between which nothing changes: demand only falls and supply only grows, so the
    prices as good as the best stand in a row.
    """
    bid, ask = place_of(m, bids, low), place_of(m, asks, -low) - 1
    demand, supply = balance_at(m, bids, asks, low)
    volume = -1
    imbalance = first = last = 0
    while True:
        end = min(high, key_of(entry_at(m, bids, bid)))
        if ask >= 0:
            end = min(end, -key_of(entry_at(m, asks, ask)) - 1)
        traded, left = min(demand, supply), abs(demand - supply)
        if traded > volume or (traded == volume and left < imbalance):
            volume, imbalance, first = traded, left, low
        if traded == volume and left == imbalance:
            last = end
        if end == high:
            return first, last
        low = end + 1
        if key_of(entry_at(m, bids, bid)) == end:
            demand -= total_at(m, bids, bid)
            bid += 1
        if ask >= 0 and -key_of(entry_at(m, asks, ask)) == low:
            supply += total_at(m, asks, ask)
            ask -= 1


@piece
def opening_of(m: Memory, market: int, book: int) -> tuple[int, int, int]:
    """Return price, volume and imbalance (bid for less asked for) of an auction now; price NULL32 where nothing crosses.

    Among the best prices it is the nearest to the reference price; without one, the lowest.
    """
    bids, asks = side_of(book, 1), side_of(book, -1)
    low = max(-m.a[asks + BEST], m.a[market + BAND_LOW])
    high = min(m.a[bids + BEST], m.a[market + BAND_HIGH])
    if low > high:  # so it is where a side is empty: NO_KEY is no price
        return NULL32, 0, 0
    first, last = best_prices(m, bids, asks, low, high)
    price, reference = first, m.a[market + REFERENCE]
    if reference != NULL32:
        price = min(max(first, reference), last)
    demand, supply = balance_at(m, bids, asks, price)
    return price, min(demand, supply), demand - supply


@small_piece
def first_of(m: Memory, side: int) -> int:
    """Return the node that goes first on a side of a book."""
    return m.a[level_of(entry_at(m, side, m.a[side + COUNT] - 1)) + NEXT]


@small_piece
def open_in(m: Memory, node: int) -> int:
    return m.a[node + SHOWN] + m.a[node + HIDDEN]


@piece
def take_in_place(m: Memory, node: int, amount: int) -> None:
    """Take of all that an hour has open, hidden or not; what is left of an iceberg shows a full tip and keeps its place."""
    order = m.a[node + ORDER]
    left = open_in(m, node) - amount
    if left == 0:
        end_hour(m, m.a[order + SIDE] * m.a[order + PRICE], node)
        hour_ended(m, order, W_FILLED)
        return
    m.w[(m.a[node + LEVEL] + LEVEL_TOTAL) >> 1] -= amount
    show_tip(m, order, node, left)


@piece
def uncross(m: Memory, market: int, book: int) -> None:
    """Pair bids with asks in priority order at the opening price, if any crosses; the one that came later is the taker."""
    price, left, _ = opening_of(m, market, book)
    if price == NULL32:
        return
    hour = m.a[book + BOOK_HOUR]
    tell_auction(m, m.a[market + MARKET_ID], hour, price, left)
    while left > 0:
        maker, taker = first_of(m, side_of(book, 1)), first_of(m, side_of(book, -1))
        if m.w[(maker + NODE_SEQUENCE) >> 1] > m.w[(taker + NODE_SEQUENCE) >> 1]:
            maker, taker = taker, maker
        amount = min(left, open_in(m, maker), open_in(m, taker))
        trade(m, m.a[taker + ORDER], m.a[maker + ORDER], hour, price, amount)
        take_in_place(m, maker, amount)
        take_in_place(m, taker, amount)
        left -= amount


@piece
def read_indicative(m: Memory, market_id: int, start: int, hours: int, rows: int) -> None:
    """Write a row of INDICATIVE for each hour at the address `rows`."""
    market = find(market_table(m), market_id)
    for i in range(hours):
        price, volume, imbalance = NULL32, 0, 0
        book = 0 if market == 0 else find_book(m, market, start + i)
        if book != 0:
            price, volume, imbalance = opening_of(m, market, book)
        row32, row64 = other32(rows + i * ROW_SIZE), other64(rows + i * ROW_SIZE)
        row32[I_HOUR] = start + i
        row32[I_PRICE] = price
        row64[I_VOLUME] = volume
        row64[I_IMBALANCE] = imbalance
