"""Blocks: tried on books and blocks until they trade no more, against the execution that `search.py` ranks highest."""

from matching.engine.kernel.alternatives import is_alone, keep_only, next_after, place_in_time, wait_all
from matching.engine.kernel.codes import PASS_OVER, S_OPEN, W_EXPIRED, W_FILLED
from matching.engine.kernel.compiling import piece
from matching.engine.kernel.contracts import find_book, side_of
from matching.engine.kernel.events import tell_triggered
from matching.engine.kernel.explaining import explain_rest
from matching.engine.kernel.hourly import ANY_KEY, may_rest
from matching.engine.kernel.layout import (
    BAND_HIGH,
    BAND_LOW,
    FLEXIBILITY,
    HOURS,
    MARKET,
    NEXT,
    NULL32,
    OPEN,
    ORDER,
    PARTICIPANT,
    PRICE,
    SIDE,
    SITE,
    START,
    TOUCHED,
    TOUCHED_COUNT,
)
from matching.engine.kernel.memory import Memory, touched_list
from matching.engine.kernel.orders import gone, id_of, touch
from matching.engine.kernel.search import (
    BEST_MAKER,
    BEST_SITE,
    BEST_START,
    FIRST_MERIT,
    QUANTITY,
    consider,
    least_of,
    needs_one_site,
    search_books,
)
from matching.engine.kernel.sorting import BY_TRIGGER, sort_touched
from matching.engine.kernel.take import take, trade
from matching.engine.kernel.tradable import start_within
from matching.engine.kernel.waiting import leave, stop_waiting


@piece
def consider_block(m: Memory, block: int, maker: int, start: int) -> None:
    """Consider a trade of an arriving block against a resting one; none of the two can start before `start`."""
    side, price = m.a[block + SIDE], m.a[maker + PRICE]
    limit = m.a[block + PRICE]
    market = m.a[block + MARKET]
    if not m.a[market + BAND_LOW] <= price <= m.a[market + BAND_HIGH]:
        return
    if limit != NULL32 and side * (limit - price) < 0:
        return
    quantity = min(m.a[block + OPEN], m.a[maker + OPEN])
    if quantity < least_of(m, block) or quantity < least_of(m, maker):
        return
    latest = min(m.a[block + START] + m.a[block + FLEXIBILITY], m.a[maker + START] + m.a[maker + FLEXIBILITY])
    start = start_within(m, market, start, latest, m.a[block + HOURS], S_OPEN)
    if start < 0:
        return
    bid, ask = (block, maker) if side > 0 else (maker, block)
    if m.a[bid + SITE] != NULL32 and m.a[bid + SITE] != m.a[ask + SITE]:
        return
    site = m.a[ask + SITE] if needs_one_site(m, block) else NULL32
    total = price * quantity * m.a[block + HOURS]
    consider(m, block, quantity, total, start, site, maker, place_in_time(m, maker))


@piece
def search_blocks(m: Memory, block: int) -> None:
    """Consider every resting block of the other side of equal length, at the earliest start that both may have.

    That start is the later of their earliest ones, so each pair is met once: in that hour's waiting list.
    """
    earliest = m.a[block + START]
    for start in range(earliest, earliest + m.a[block + FLEXIBILITY] + 1):
        book = find_book(m, m.a[block + MARKET], start)
        if book == 0:
            continue
        ring = side_of(book, -m.a[block + SIDE])
        node = m.a[ring + NEXT]
        while node != ring:
            maker = m.a[node + ORDER]
            node = m.a[node + NEXT]
            if (
                m.a[maker + HOURS] == m.a[block + HOURS]
                and max(earliest, m.a[maker + START]) == start
                and m.a[maker + PARTICIPANT] != m.a[block + PARTICIPANT]
            ):
                consider_block(m, block, maker, start)


@piece
def settle_part(m: Memory, block: int, quantity: int, start: int, site: int) -> bool:
    """Count a part: it withdraws other alternatives and fixes the start and, for ONE_SITE, the site of what is open.

    Say whether the block is gone.
    """
    keep_only(m, block)
    m.a[block + OPEN] -= quantity
    if m.a[block + OPEN] == 0:
        leave(m, block)
        gone(m, block, W_FILLED)
        return True
    stop_waiting(m, block, start, start + m.a[block + HOURS])
    m.a[block + START] = start
    m.a[block + FLEXIBILITY] = 0
    if needs_one_site(m, block):
        m.a[block + SITE] = site
    return False


@piece
def execute_on_books(m: Memory, block: int, quantity: int, start: int, site: int) -> bool:
    for hour in range(start, start + m.a[block + HOURS]):
        makers = side_of(find_book(m, m.a[block + MARKET], hour), -m.a[block + SIDE])
        take(m, block, makers, hour, quantity, ANY_KEY, site, PASS_OVER)
    return settle_part(m, block, quantity, start, site)


@piece
def execute_on_block(m: Memory, block: int, maker: int, quantity: int, start: int) -> bool:
    for hour in range(start, start + m.a[block + HOURS]):
        trade(m, block, maker, hour, m.a[maker + PRICE], quantity)
    site = m.a[maker + SITE] if m.a[block + SIDE] > 0 else m.a[block + SITE]
    if not settle_part(m, maker, quantity, start, site):
        touch(m, maker)
    return settle_part(m, block, quantity, start, site)


@piece
def try_block(m: Memory, block: int, with_blocks: bool) -> bool:
    """Execute a block until it trades no more; say whether it is gone. A resting one, tried on books alone, is triggered."""
    is_triggered = with_blocks
    while True:
        m.s[QUANTITY] = 0
        search_books(m, block)
        if with_blocks:
            search_blocks(m, block)
        quantity, start, maker = m.s[QUANTITY], m.s[BEST_START], m.s[BEST_MAKER]
        if quantity == 0:
            return False
        if not is_triggered:
            tell_triggered(m, id_of(m, block), start)
            is_triggered = True
        if maker == 0:
            is_gone = execute_on_books(m, block, quantity, start, m.s[BEST_SITE])
        else:
            is_gone = execute_on_block(m, block, maker, quantity, start)
        if is_gone:
            return True


@piece
def most_promising(m: Memory, block: int) -> int:
    """Return the alternative whose best execution has the greatest surplus, the lowest of equal ones; `block` if none has any."""
    best, best_surplus = block, -1
    alternative = block
    while alternative != 0:
        m.s[QUANTITY] = 0
        search_books(m, alternative)
        search_blocks(m, alternative)
        if m.s[QUANTITY] > 0 and m.s[FIRST_MERIT] > best_surplus:
            best, best_surplus = alternative, m.s[FIRST_MERIT]
        alternative = next_after(m, alternative, block)
    return best


@piece
def arrive(m: Memory, block: int) -> None:
    """Try a new or replaced block, the lowest of its alternatives, which then rests, or goes."""
    chosen = block if is_alone(m, block) else most_promising(m, block)
    if try_block(m, chosen, True):
        return
    if is_alone(m, chosen):
        block = chosen
    if may_rest(m, block):
        wait_all(m, block)
        explain_rest(m, block)
    else:
        keep_only(m, block)
        gone(m, block, W_EXPIRED)


@piece
def try_touched_blocks(m: Memory) -> None:
    """Try on the books, once, the resting blocks that this command touched: highest limit first (asks: lowest)."""
    count = m.s[TOUCHED_COUNT]
    sort_touched(m, count, BY_TRIGGER)
    for i in range(count):
        block = touched_list(m)[i]
        if block != 0:
            m.a[block + TOUCHED] = 0
            try_block(m, block, False)
    m.s[TOUCHED_COUNT] = 0
