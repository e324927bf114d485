"""What must hold between any two commands: links, totals, priority, no crossed book, nothing lost, nothing kept in vain."""

from matching.engine.bounds import LAST_HOUR_MAX
from matching.engine.kernel.alternatives import next_after
from matching.engine.kernel.codes import BLOCK, S_OPEN
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book, next_book, side_of
from matching.engine.kernel.crossing import crosses_itself, is_crossed
from matching.engine.kernel.expiry import is_expiring
from matching.engine.kernel.hourly import may_rest
from matching.engine.kernel.ids import MASK as ID_MASK
from matching.engine.kernel.ids import SLOTS, USED, order_in, order_of_id
from matching.engine.kernel.layout import (
    BASE,
    BEST,
    BOOK_HOUR,
    BOOK_MARKET,
    BOOK_STATE,
    COUNT,
    DISPLAY,
    EXPIRES,
    EXPIRY,
    FIRST_OPEN,
    FLEXIBILITY,
    FOUND,
    HIDDEN,
    HOURS,
    LEVEL,
    LEVEL_TOTAL,
    LEVELS_ROOM,
    MARKET,
    MARKET_ID,
    MARKET_STATE,
    MINUTE,
    NEXT,
    NO_KEY,
    NODE_SEQUENCE,
    NULL32,
    NUMBER,
    OPEN,
    ORDER,
    OWNER_COUNTS,
    PAGE_BOOKS,
    PAGE_COUNT,
    PAGE_HOURS,
    PARTICIPANT,
    PREV,
    PRICE,
    RESTING_BLOCKS,
    RING,
    RULINGS,
    SEQUENCE,
    SHOWN,
    SIDE,
    START,
    TOUCHED,
    TOUCHED_COUNT,
)
from matching.engine.kernel.levels import entry_at, key_of, level_of
from matching.engine.kernel.memory import Memory, id_table, market_table, minute_table, owner_counts, page_table
from matching.engine.kernel.orders import count_of, id_of, kind_of, node_of, nodes_of
from matching.engine.kernel.pointers import Ints
from matching.engine.kernel.search import search_books
from matching.engine.kernel.states import has_band
from matching.engine.kernel.table import MASK, PAIRS

(
    ALL_HOLD,
    ID_LOST,
    NOT_COUNTED,
    MAY_NOT_REST,
    OPEN_HOURS_WRONG,
    NODE_WRONG,
    TIP_WRONG,
    LEVEL_WRONG,
    TOTAL_WRONG,
    PRIORITY_WRONG,
    LEVELS_UNSORTED,
    BOOK_CROSSED,
    BEST_WRONG,
    HOUR_CLOSED,
    BLOCK_WINDOW_WRONG,
    BLOCK_NOT_LISTED,
    BLOCK_COULD_EXECUTE,
    COUNTS_WRONG,
    PAGE_WRONG,
    MINUTE_WRONG,
    OWN_CROSSED,
    RULINGS_WRONG,
    RING_WRONG,
) = range(23)

SENTENCES = {
    ID_LOST: "order {place} is filed under another id",
    NOT_COUNTED: "order {place} is not counted as its participant's",
    MAY_NOT_REST: "order {place} may not rest",
    OPEN_HOURS_WRONG: "order {place} counts its open hours wrong",
    NODE_WRONG: "order {place} has an hour that is linked with nothing open, or open and not linked",
    TIP_WRONG: "order {place} shows too much of an iceberg, or hides without one",
    LEVEL_WRONG: "hour {place} has a price level that is empty or whose links do not agree",
    TOTAL_WRONG: "hour {place} has a price level whose total is not that of its orders",
    PRIORITY_WRONG: "hour {place} has a price level that is not in time priority",
    LEVELS_UNSORTED: "hour {place} has price levels out of order, or an order at another's price",
    BOOK_CROSSED: "hour {place} has a crossed book",
    OWN_CROSSED: "hour {place} has orders of one participant that cross each other",
    RULINGS_WRONG: "market {place} counts its rulings wrong",
    BEST_WRONG: "hour {place} is wrong about its best price, or has an array of levels in vain",
    HOUR_CLOSED: "hour {place} is closed and has a book",
    BLOCK_WINDOW_WRONG: "block {place} has nothing open, or a start out of its window",
    BLOCK_NOT_LISTED: "block {place} waits in other hours than those that it could use",
    BLOCK_COULD_EXECUTE: "block {place} could execute on the books and did not",
    COUNTS_WRONG: "the engine's counts of orders, blocks or linked hours are wrong",
    RING_WRONG: "block {place} has alternatives out of order, or of another order",
    PAGE_WRONG: "a page counts its books wrong, near hour {place}",
    MINUTE_WRONG: "minute {place} has come, or the orders that end in it are linked wrong",
}


@piece
def broken_level(m: Memory, level: int, ring: int, side: int, key: int) -> int:
    total = 0
    last = -1
    node = m.a[level + NEXT]
    if node == level or m.a[level + RING] != ring:
        return LEVEL_WRONG
    while node != level:
        order = m.a[node + ORDER]
        if m.a[m.a[node + NEXT] + PREV] != node or m.a[node + LEVEL] != level or m.a[order + SIDE] != side:
            return LEVEL_WRONG
        if side * m.a[order + PRICE] != key:
            return LEVELS_UNSORTED
        if m.w[(node + NODE_SEQUENCE) >> 1] <= last:
            return PRIORITY_WRONG
        last = m.w[(node + NODE_SEQUENCE) >> 1]
        total += m.a[node + SHOWN] + m.a[node + HIDDEN]
        node = m.a[node + NEXT]
    return ALL_HOLD if total == m.w[(level + LEVEL_TOTAL) >> 1] else TOTAL_WRONG


@piece
def broken_book(m: Memory, book: int) -> int:
    if m.a[book + BOOK_HOUR] < m.a[m.a[book + BOOK_MARKET] + FIRST_OPEN]:
        return HOUR_CLOSED
    for side in (-1, 1):
        ring = side_of(book, side)
        last = NO_KEY
        for i in range(m.a[ring + COUNT]):
            entry = entry_at(m, ring, i)
            if key_of(entry) <= last:
                return LEVELS_UNSORTED
            last = key_of(entry)
            broken = broken_level(m, level_of(entry), ring, side, last)
            if broken != ALL_HOLD:
                return broken
        if m.a[ring + BEST] != last or (m.a[ring + LEVELS_ROOM] == 0) != (m.a[ring + COUNT] == 0):
            return BEST_WRONG
    if is_crossed(m, m.a[book + BOOK_MARKET], side_of(book, 1), side_of(book, -1)):
        return BOOK_CROSSED
    return OWN_CROSSED if crosses_itself(m, side_of(book, 1), side_of(book, -1)) else ALL_HOLD


@piece
def broken_markets(m: Memory, place: Ints) -> int:
    """Each market counts its rulings."""
    for slot in range(market_table(m)[MASK] + 1):
        market = market_table(m)[PAIRS + 2 * slot + 1]
        if market == 0:
            continue
        place[0] = m.a[market + MARKET_ID]
        rulings = has_band(m, market) + int(m.a[market + MARKET_STATE] != S_OPEN)
        book = next_book(m, market, 0, LAST_HOUR_MAX)
        while book != 0:
            rulings += int(m.a[book + BOOK_STATE] != S_OPEN)
            book = next_book(m, market, m.a[book + BOOK_HOUR] + 1, LAST_HOUR_MAX)
        if rulings != m.a[market + RULINGS]:
            return RULINGS_WRONG
    return ALL_HOLD


@piece
def broken_hourly(m: Memory, order: int) -> int:
    open_hours = 0
    display = m.a[order + DISPLAY]
    for i in range(nodes_of(m, order)):
        node = node_of(order, i)
        shown, hidden = m.a[node + SHOWN], m.a[node + HIDDEN]
        if m.a[node + ORDER] != order or (m.a[node + LEVEL] != 0) != (shown > 0) or shown < 0 or hidden < 0:
            return NODE_WRONG
        if (hidden > 0 and (shown == 0 or display == NULL32)) or (display != NULL32 and shown > display):
            return TIP_WRONG
        if shown > 0:
            open_hours += 1
            if m.a[order + BASE] + i < m.a[m.a[order + MARKET] + FIRST_OPEN]:
                return HOUR_CLOSED
            if find_book(m, m.a[order + MARKET], m.a[order + BASE] + i) == 0:
                return NODE_WRONG
    return ALL_HOLD if open_hours == m.a[order + OPEN] and open_hours > 0 else OPEN_HOURS_WRONG


@piece
def broken_block(m: Memory, block: int) -> int:
    start, base = m.a[block + START], m.a[block + BASE]
    end = start + m.a[block + FLEXIBILITY] + m.a[block + HOURS]
    closed = start < m.a[m.a[block + MARKET] + FIRST_OPEN]
    if m.a[block + OPEN] <= 0 or closed or start < base or end > base + nodes_of(m, block):
        return BLOCK_WINDOW_WRONG
    for i in range(nodes_of(m, block)):
        node = node_of(block, i)
        could_use = start <= base + i < end
        book = m.a[node + LEVEL]
        if (book != 0) != could_use:
            return BLOCK_NOT_LISTED
        if could_use and (book != find_book(m, m.a[block + MARKET], base + i) or m.a[m.a[node + NEXT] + PREV] != node):
            return BLOCK_NOT_LISTED
    m.s[FOUND] = 0
    search_books(m, block)
    return ALL_HOLD if m.s[FOUND] == 0 else BLOCK_COULD_EXECUTE


@piece
def broken_alternatives(m: Memory, order: int) -> int:
    """The ring of a block's alternatives ascends from the one in the table of ids, and all are of one order."""
    block = order
    while block != 0:
        same_id = id_of(m, block) == id_of(m, order) and m.a[block + OPEN] == m.a[order + OPEN]
        same = same_id and m.w[(block + SEQUENCE) >> 1] == m.w[(order + SEQUENCE) >> 1]
        following = next_after(m, block, order)
        if not same or (following != 0 and m.a[following + NUMBER] <= m.a[block + NUMBER]):
            return RING_WRONG
        broken = broken_block(m, block)
        if broken != ALL_HOLD:
            return broken
        block = following
    return ALL_HOLD


@piece
def broken_order(m: Memory, order: int) -> int:
    if order_of_id(m, id_of(m, order)) != order:
        return ID_LOST
    if owner_counts(m)[count_of(m.a[order + PARTICIPANT], m.a[order + SIDE])] <= 0:
        return NOT_COUNTED
    if not may_rest(m, order) or m.a[order + TOUCHED] != 0:
        return MAY_NOT_REST
    return broken_alternatives(m, order) if kind_of(m, order) == BLOCK else broken_hourly(m, order)


@piece
def broken_books(m: Memory, place: Ints) -> int:
    for slot in range(page_table(m)[MASK] + 1):
        page = page_table(m)[PAIRS + 2 * slot + 1]
        books = 0
        for i in range(PAGE_HOURS if page != 0 else 0):
            book = m.a[page + PAGE_BOOKS + i]
            if book != 0:
                books += 1
                place[0] = m.a[book + BOOK_HOUR]
                broken = broken_book(m, book)
                if broken != ALL_HOLD:
                    return broken
        if page != 0 and (books == 0 or books != m.a[page + PAGE_COUNT]):
            return PAGE_WRONG
    return ALL_HOLD


@small_piece
def nodes_in_books(m: Memory) -> int:
    """Return how many nodes are linked in levels, as counted from the books."""
    count = 0
    for slot in range(page_table(m)[MASK] + 1):
        page = page_table(m)[PAIRS + 2 * slot + 1]
        for i in range(2 * PAGE_HOURS if page != 0 else 0):
            book = m.a[page + PAGE_BOOKS + (i >> 1)]
            if book == 0:
                continue
            ring = side_of(book, 1 if i & 1 else -1)
            for k in range(m.a[ring + COUNT]):
                level = level_of(entry_at(m, ring, k))
                node = m.a[level + NEXT]
                while node != level:
                    count += 1
                    node = m.a[node + NEXT]
    return count


@small_piece
def alternatives_of(m: Memory, order: int) -> int:
    """Return how many alternatives of a block wait."""
    count, block = 0, order
    while block != 0:
        count += 1
        block = next_after(m, block, order)
    return count


@piece
def broken_minute(m: Memory, minute: int, ring: int) -> int:
    at = m.a[ring + NEXT]
    if at == ring or minute <= m.s[MINUTE]:
        return MINUTE_WRONG
    while at != ring:
        order = at - EXPIRY
        if m.a[m.a[at + NEXT] + PREV] != at or m.a[order + EXPIRES] != minute or not is_expiring(m, order):
            return MINUTE_WRONG
        at = m.a[at + NEXT]
    return ALL_HOLD


@piece
def broken_minutes(m: Memory, place: Ints) -> int:
    for slot in range(minute_table(m)[MASK] + 1):
        ring = minute_table(m)[PAIRS + 2 * slot + 1]
        if ring != 0:
            place[0] = minute_table(m)[PAIRS + 2 * slot]
            broken = broken_minute(m, place[0], ring)
            if broken != ALL_HOLD:
                return broken
    return ALL_HOLD


@piece
def broken_invariant(m: Memory, place: Ints) -> int:
    """Return the first invariant that does not hold, ALL_HOLD (0) if all do; `place` gets the order's id or the hour."""
    broken = broken_markets(m, place)
    if broken == ALL_HOLD:
        broken = broken_books(m, place)
    if broken != ALL_HOLD:
        return broken
    broken = broken_minutes(m, place)
    if broken != ALL_HOLD:
        return broken
    orders = blocks = hours = 0
    for slot in range(id_table(m)[ID_MASK] + 1):
        order = order_in(id_table(m)[SLOTS + slot])
        if order == 0:
            continue
        place[0] = id_of(m, order)
        broken = broken_order(m, order)
        if broken != ALL_HOLD:
            return broken
        orders += 1
        if kind_of(m, order) == BLOCK:
            blocks += alternatives_of(m, order)
        else:
            hours += m.a[order + OPEN]
    counted = 0
    for i in range(2 * OWNER_COUNTS):
        counted += owner_counts(m)[i]
    right = counted == orders and orders == id_table(m)[USED] and blocks == m.s[RESTING_BLOCKS]
    if not right or hours != nodes_in_books(m) or m.s[TOUCHED_COUNT] != 0:
        return COUNTS_WRONG
    return ALL_HOLD
