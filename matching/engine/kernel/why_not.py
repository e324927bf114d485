"""Why an open order does not trade now, in numbers: rows of `dtypes.WHY_NOT`. Nothing here changes a book.

A block's nearest execution is found as its best one is, by a window of sums that slides over the priced hours, once for each
site where that matters; an hour that lacks accelerators is priced at minus their number.
"""

from matching.engine.dtypes import WHY_NOT
from matching.engine.kernel.alternatives import next_after
from matching.engine.kernel.codes import BLOCK, S_COLLECTING, S_OPEN, W_COLLECTING, W_HALTED, W_NONE
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book, side_of
from matching.engine.kernel.ids import order_of_id
from matching.engine.kernel.layout import (
    BASE,
    FLEXIBILITY,
    FOUND,
    HIDDEN,
    HOURS,
    LEVEL,
    MARKET,
    NULL32,
    NUMBER,
    PARTICIPANT,
    PRICE,
    SHOWN,
    SIDE,
    SITE,
    SITES,
    START,
)
from matching.engine.kernel.levels import entry_at, key_of, level_of
from matching.engine.kernel.memory import Memory, scratch
from matching.engine.kernel.orders import kind_of, node_of, nodes_of
from matching.engine.kernel.pointers import other32, other64
from matching.engine.kernel.search import (
    COST,
    SITE_COSTS,
    available,
    cost_of_hour,
    least_of,
    needs_one_site,
    price_sites,
    surplus_fen,
)
from matching.engine.kernel.tradable import state_of, tradable_levels

ROW_SIZE = WHY_NOT.itemsize
W_SHORT_FEN = WHY_NOT.fields["short_fen"][1] // 8  # type: ignore[index]
W_ALTERNATIVE, W_HOUR, W_LACKING, W_AVAILABLE, W_PRICE, W_START, W_AT_SITE, W_WHY = (
    WHY_NOT.fields[name][1] // 4  # type: ignore[index]
    for name in ("alternative", "hour", "lacking", "available", "price", "start", "site", "why")
)

NEAREST_LACKING = FOUND  # accelerator-hours
NEAREST_SHORT = FOUND + 1  # fen
NEAREST_START = FOUND + 2
NEAREST_SITE = FOUND + 3  # NULL32: any
NEAREST_PRICED = FOUND + 4  # where in scratch its first hour is priced
NEAREST_STRIDE = FOUND + 5  # and how far on each next one
NONE_YET = -1
"""Lacking while nothing was found."""


@small_piece
def write(row: int, hour: int, lacking: int, had: int, price: int, short_fen: int, why: int) -> None:
    """Write a row, its start and site as of an hourly order."""
    other64(row)[W_SHORT_FEN] = short_fen
    row32 = other32(row)
    row32[W_ALTERNATIVE] = 0
    row32[W_HOUR] = hour
    row32[W_LACKING] = lacking
    row32[W_AVAILABLE] = had
    row32[W_PRICE] = price
    row32[W_START] = NULL32
    row32[W_AT_SITE] = NULL32
    row32[W_WHY] = why


@small_piece
def write_place(m: Memory, row: int, block: int) -> None:
    """Write what a block's row has beyond an hourly order's."""
    row32 = other32(row)
    row32[W_ALTERNATIVE] = m.a[block + NUMBER]
    row32[W_START] = m.s[NEAREST_START]
    row32[W_AT_SITE] = m.s[NEAREST_SITE]


@small_piece
def why_closed_to_trade(m: Memory, market: int, hour: int) -> int:
    """Return the reason that an hour's state is, W_NONE where it is open; something waits there, so it has a book."""
    state = state_of(m, market, find_book(m, market, hour))
    if state == S_OPEN:
        return W_NONE
    return W_COLLECTING if state == S_COLLECTING else W_HALTED


@piece
def best_price(m: Memory, order: int, hour: int, site: int) -> int:
    """Return the best price at which others offer anything to an order in one hour, NULL32 where there is none."""
    book = find_book(m, m.a[order + MARKET], hour)
    if book == 0:
        return NULL32
    side = m.a[order + SIDE]
    makers = side_of(book, -side)
    best, worst = tradable_levels(m, m.a[order + MARKET], makers, -side)
    for place in range(best, worst - 1, -1):
        entry = entry_at(m, makers, place)
        if available(m, level_of(entry), m.a[order + PARTICIPANT], site) > 0:
            return -side * key_of(entry)
    return NULL32


@piece
def explain_hours(m: Memory, order: int, rows: int) -> int:
    """Write a row for every open hour of an hourly order; return how many."""
    count = 0
    side = m.a[order + SIDE]
    for i in range(nodes_of(m, order)):
        node = node_of(order, i)
        if m.a[node + LEVEL] == 0:
            continue
        hour = m.a[order + BASE] + i
        price = best_price(m, order, hour, NULL32)
        short_fen = 0 if price == NULL32 else max(0, side * (price - m.a[order + PRICE]))
        open_ = m.a[node + SHOWN] + m.a[node + HIDDEN]
        why = why_closed_to_trade(m, m.a[order + MARKET], hour)
        write(rows + count * ROW_SIZE, hour, open_, 0, price, short_fen, why)
        count += 1
    return count


@small_piece
def consider_start(m: Memory, lacking: int, short_fen: int, start: int, site: int, priced: int, stride: int) -> None:
    """Keep a start (at a site) if it is nearer than the nearest so far: fewer lacking, less to pay, earlier, lower site."""
    s = m.s
    if s[NEAREST_LACKING] != NONE_YET:
        if lacking != s[NEAREST_LACKING]:
            if lacking > s[NEAREST_LACKING]:
                return
        elif short_fen != s[NEAREST_SHORT]:
            if short_fen > s[NEAREST_SHORT]:
                return
        elif start != s[NEAREST_START]:
            if start > s[NEAREST_START]:
                return
        elif site >= s[NEAREST_SITE]:
            return
    s[NEAREST_LACKING] = lacking
    s[NEAREST_SHORT] = short_fen
    s[NEAREST_START] = start
    s[NEAREST_SITE] = site
    s[NEAREST_PRICED] = priced
    s[NEAREST_STRIDE] = stride


@piece
def slide(m: Memory, block: int, priced: int, stride: int, site: int) -> None:
    """Consider every start of a block, its hours priced in scratch from `priced` on."""
    hours, least = m.a[block + HOURS], least_of(m, block)
    lacking = total = 0
    for i in range(hours + m.a[block + FLEXIBILITY]):
        cost = scratch(m)[priced + i * stride]
        lacking -= min(cost, 0)
        total += max(cost, 0)
        first = i + 1 - hours
        if first > 0:
            gone_by = scratch(m)[priced + (first - 1) * stride]
            lacking += min(gone_by, 0)
            total -= max(gone_by, 0)
        if first >= 0:
            short_fen = 0 if lacking > 0 else -surplus_fen(m, block, least, total)
            consider_start(m, lacking, short_fen, m.a[block + START] + first, site, priced + first * stride, stride)


@piece
def find_nearest_at_sites(m: Memory, block: int) -> None:
    """Price every hour at every site, and consider every start at those that offer anything."""
    sites = m.a[m.a[block + MARKET] + SITES]
    names = SITE_COSTS + sites
    for i in range(sites):
        scratch(m)[names + i] = NULL32
    first = names + sites
    for i in range(m.a[block + HOURS] + m.a[block + FLEXIBILITY]):
        price_sites(m, block, m.a[block + START] + i, first + i * sites, sites, least_of(m, block))
    for i in range(sites):
        if scratch(m)[names + i] != NULL32:
            slide(m, block, first + i, sites, scratch(m)[names + i])


@piece
def find_nearest(m: Memory, block: int) -> None:
    """Find a block's nearest execution of its least quantity; see NEAREST_LACKING and after."""
    m.s[NEAREST_LACKING] = NONE_YET
    site = m.a[block + SITE] if needs_one_site(m, block) else NULL32
    if needs_one_site(m, block) and site == NULL32:
        find_nearest_at_sites(m, block)
        if m.s[NEAREST_LACKING] != NONE_YET:
            return
    for i in range(m.a[block + HOURS] + m.a[block + FLEXIBILITY]):
        cost = cost_of_hour(m, block, m.a[block + START] + i, least_of(m, block), m.a[block + PARTICIPANT], site)
        scratch(m)[COST + i] = cost
    slide(m, block, COST, 1, site)


@piece
def explain_block(m: Memory, block: int, rows: int) -> int:
    """Write the hours where a block's nearest execution lacks accelerators, or else what its limit misses; return how many."""
    find_nearest(m, block)
    side, hours, least = m.a[block + SIDE], m.a[block + HOURS], least_of(m, block)
    if m.s[NEAREST_LACKING] == 0:
        total = m.a[block + PRICE] * least * hours + side * m.s[NEAREST_SHORT]
        average = -side * (-side * total // (least * hours))
        write(rows, NULL32, 0, least, average, m.s[NEAREST_SHORT], W_NONE)
        write_place(m, rows, block)
        return 1
    count = 0
    for i in range(hours):
        lacking = -scratch(m)[m.s[NEAREST_PRICED] + i * m.s[NEAREST_STRIDE]]
        if lacking > 0:
            hour = m.s[NEAREST_START] + i
            row = rows + count * ROW_SIZE
            price = best_price(m, block, hour, m.s[NEAREST_SITE])
            write(row, hour, lacking, least - lacking, price, 0, why_closed_to_trade(m, m.a[block + MARKET], hour))
            write_place(m, row, block)
            count += 1
    return count


@piece
def why_not(m: Memory, id_: int, rows: int) -> int:
    """Write at an address why an order does not trade now; return how many rows. Address 0: return how many there may be."""
    order = order_of_id(m, id_)
    if order == 0:
        return 0
    if kind_of(m, order) != BLOCK:
        return nodes_of(m, order) if rows == 0 else explain_hours(m, order, rows)
    count = 0
    block = order
    while block != 0:
        count += m.a[block + HOURS] if rows == 0 else explain_block(m, block, rows + count * ROW_SIZE)
        block = next_after(m, block, order)
    return count
