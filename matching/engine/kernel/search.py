"""Which execution a block takes on the books: the one with the greatest surplus. Nothing here changes a book.

The best so far is kept in the state block from FOUND on, and is replaced by what ranks higher: merit (surplus, then
quantity; a market block: quantity, then surplus), books before blocks, earliest start, lowest site, lowest sequence.
"""

from matching.engine.kernel.codes import FOK
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book, side_of
from matching.engine.kernel.layout import (
    FLEXIBILITY,
    FOUND,
    HIDDEN,
    HOURS,
    LEAST,
    LEVEL_TOTAL,
    MARKET,
    NEXT,
    NOTHING,
    NULL32,
    ONE_SITE,
    OPEN,
    ORDER,
    PARTICIPANT,
    PRICE,
    SHOWN,
    SIDE,
    SITE,
    SITE_NUMBER,
    SITES,
    START,
    TIF,
)
from matching.engine.kernel.levels import entry_at, key_of, level_of
from matching.engine.kernel.memory import Memory, owner_counts, scratch
from matching.engine.kernel.orders import count_of
from matching.engine.kernel.tradable import tradable_levels

QUANTITY = FOUND  # 0 while there is none
FIRST_MERIT = FOUND + 1
SECOND_MERIT = FOUND + 2
BEST_START = FOUND + 3
BEST_SITE = FOUND + 4  # NULL32: any
BEST_MAKER = FOUND + 5  # 0: on the books
BEST_SEQUENCE = FOUND + 6

HOURS_ROOM = 1_192
"""Hours that a block can touch: 1,024 and a flexibility of 168."""
COST, PLACE, LEFT, STEP_PRICE, SITE_COSTS = (i * HOURS_ROOM for i in range(5))
"""Places in scratch: a number an hour each; from SITE_COSTS a number for each hour and site."""


@small_piece
def least_of(m: Memory, block: int) -> int:
    """Return the smallest quantity that one execution of a block may have."""
    quantity = m.a[block + OPEN]
    least = m.a[block + LEAST]
    if least == NULL32 or m.a[block + TIF] == FOK or least > quantity:
        return quantity
    return least


@small_piece
def needs_one_site(m: Memory, block: int) -> bool:
    return m.a[block + ONE_SITE] != 0 and m.a[block + SIDE] > 0


@small_piece
def surplus_fen(m: Memory, block: int, quantity: int, total: int) -> int:
    """Return limit x quantity x hours - total for a bid, the opposite for an ask; a market block counts from zero."""
    limit = m.a[block + PRICE]
    if limit == NULL32:
        limit = 0
    return m.a[block + SIDE] * (limit * quantity * m.a[block + HOURS] - total)


@small_piece
def ranks_higher(m: Memory, first: int, second: int, maker: int, start: int, site: int, sequence: int) -> bool:
    s = m.s
    if s[QUANTITY] == 0 or first != s[FIRST_MERIT]:
        return s[QUANTITY] == 0 or first > s[FIRST_MERIT]
    if second != s[SECOND_MERIT]:
        return second > s[SECOND_MERIT]
    if (maker != 0) != (s[BEST_MAKER] != 0):
        return maker == 0
    if start != s[BEST_START]:
        return start < s[BEST_START]
    if site != s[BEST_SITE]:
        return site < s[BEST_SITE]
    return sequence < s[BEST_SEQUENCE]


@piece
def consider(
    m: Memory, block: int, quantity: int, total: int, start: int, site: int, maker: int, sequence: int
) -> None:
    """Keep an execution if it meets the limit and ranks above the best so far; `site` NULL32 where sites do not count."""
    surplus = surplus_fen(m, block, quantity, total)
    first, second = surplus, quantity
    if m.a[block + PRICE] == NULL32:
        first, second = quantity, surplus
    elif surplus < 0:
        return
    if ranks_higher(m, first, second, maker, start, site, sequence):
        m.s[QUANTITY] = quantity
        m.s[FIRST_MERIT] = first
        m.s[SECOND_MERIT] = second
        m.s[BEST_START] = start
        m.s[BEST_SITE] = site
        m.s[BEST_MAKER] = maker
        m.s[BEST_SEQUENCE] = sequence


@small_piece
def may_meet_itself(m: Memory, block: int) -> bool:
    """Say whether the block's participant may have orders on the other side; at worst a needless look at each maker."""
    return owner_counts(m)[count_of(m.a[block + PARTICIPANT], -m.a[block + SIDE])] > 0


@small_piece
def available(m: Memory, level: int, participant: int, site: int) -> int:
    """Return what a block may take of a level: not `participant`'s (-1: nobody's), of `site` only (NULL32: any)."""
    if participant < 0 and site == NULL32:
        return m.w[(level + LEVEL_TOTAL) >> 1]
    quantity = 0
    node = m.a[level + NEXT]
    while node != level:
        maker = m.a[node + ORDER]
        if m.a[maker + PARTICIPANT] != participant and (site == NULL32 or m.a[maker + SITE] == site):
            quantity += m.a[node + SHOWN] + m.a[node + HIDDEN]
        node = m.a[node + NEXT]
    return quantity


@piece
def cost_of_hour(m: Memory, block: int, hour: int, quantity: int, participant: int, site: int) -> int:
    """Return what `quantity` costs in one hour's book; where there is less, minus what lacks."""
    book = find_book(m, m.a[block + MARKET], hour)
    if book == 0:
        return -quantity
    side = m.a[block + SIDE]
    makers = side_of(book, -side)
    left = quantity
    cost = 0
    best, worst = tradable_levels(m, m.a[block + MARKET], makers, -side)
    for place in range(best, worst - 1, -1):
        entry = entry_at(m, makers, place)
        amount = min(left, available(m, level_of(entry), participant, site))
        cost -= amount * key_of(entry) * side
        left -= amount
        if left == 0:
            return cost
    return -left


@piece
def search_whole(m: Memory, block: int, participant: int, site: int) -> None:
    """Consider the whole open quantity at every start: each hour is priced once, a window of sums slides over them."""
    hours, start = m.a[block + HOURS], m.a[block + START]
    quantity = m.a[block + OPEN]
    total = 0
    run = 0  # hours up to this one that have enough
    for i in range(hours + m.a[block + FLEXIBILITY]):
        cost = cost_of_hour(m, block, start + i, quantity, participant, site)
        scratch(m)[COST + i] = cost
        if cost < 0:
            run = 0
            total = 0
            if i >= m.a[block + FLEXIBILITY]:
                return  # no later start avoids this hour
            continue
        run += 1
        total += cost
        if run > hours:
            total -= scratch(m)[COST + i - hours]
        if run >= hours:
            consider(m, block, quantity, total, start + i + 1 - hours, site, NOTHING, 0)


@piece
def price_sites(m: Memory, block: int, hour: int, row: int, sites: int, quantity: int) -> None:
    """Fill a row of scratch with what `quantity` costs in one hour at each site alone; where it has less, minus what lacks."""
    left = SITE_COSTS  # the first row: what is left to find, by site; the second: each site's id
    names = SITE_COSTS + sites
    for i in range(sites):
        scratch(m)[left + i] = quantity
        scratch(m)[row + i] = 0
    book = find_book(m, m.a[block + MARKET], hour)
    if book != 0:
        side = m.a[block + SIDE]
        makers = side_of(book, -side)
        best, worst = tradable_levels(m, m.a[block + MARKET], makers, -side)
        for place in range(best, worst - 1, -1):
            entry = entry_at(m, makers, place)
            price = -side * key_of(entry)
            level = level_of(entry)
            node = m.a[level + NEXT]
            while node != level:
                maker = m.a[node + ORDER]
                if m.a[maker + PARTICIPANT] != m.a[block + PARTICIPANT]:
                    i = m.a[maker + SITE_NUMBER]
                    amount = min(scratch(m)[left + i], m.a[node + SHOWN] + m.a[node + HIDDEN])
                    scratch(m)[left + i] -= amount
                    scratch(m)[row + i] += amount * price
                    scratch(m)[names + i] = m.a[maker + SITE]
                node = m.a[node + NEXT]
    for i in range(sites):
        if scratch(m)[left + i] > 0:
            scratch(m)[row + i] = -scratch(m)[left + i]


@piece
def search_sites(m: Memory, block: int) -> None:
    """Consider, for a ONE_SITE block, every start at every site."""
    hours, start = m.a[block + HOURS], m.a[block + START]
    span = hours + m.a[block + FLEXIBILITY]
    least = least_of(m, block)
    sites = m.a[m.a[block + MARKET] + SITES]
    for hour in range(span):
        price_sites(m, block, start + hour, SITE_COSTS + (2 + hour) * sites, sites, least)
    for i in range(sites):
        total = 0
        run = 0
        for hour in range(span):
            cost = scratch(m)[SITE_COSTS + (2 + hour) * sites + i]
            if cost < 0:
                run = 0
                total = 0
                continue
            run += 1
            total += cost
            if run > hours:
                total -= scratch(m)[SITE_COSTS + (2 + hour - hours) * sites + i]
            if run < hours:
                continue
            first = start + hour + 1 - hours
            site = scratch(m)[SITE_COSTS + sites + i]
            if least == m.a[block + OPEN]:
                consider(m, block, least, total, first, site, NOTHING, 0)
            else:
                search_part(m, block, first, m.a[block + PARTICIPANT], site)


@piece
def next_step(m: Memory, block: int, hour: int, i: int, participant: int, site: int) -> bool:
    """Move the i-th hour's place in its book on to the next level that has something; say whether there is one."""
    book = find_book(m, m.a[block + MARKET], hour)
    if book == 0:
        return False
    side = m.a[block + SIDE]
    makers = side_of(book, -side)
    best, worst = tradable_levels(m, m.a[block + MARKET], makers, -side)
    place = scratch(m)[PLACE + i] - 1 if scratch(m)[PLACE + i] >= 0 else best
    while place >= worst:
        entry = entry_at(m, makers, place)
        quantity = available(m, level_of(entry), participant, site)
        if quantity > 0:
            scratch(m)[PLACE + i] = place
            scratch(m)[LEFT + i] = quantity
            scratch(m)[STEP_PRICE + i] = -side * key_of(entry)
            return True
        place -= 1
    return False


@piece
def search_part(m: Memory, block: int, start: int, participant: int, site: int) -> None:
    """Consider the quantity of the greatest surplus at one start, for a block that may execute in parts.

    One more accelerator costs the sum of each hour's current price, which only gets worse: take the least that the
    block must have, then go on while the next does not lower the surplus.
    """
    hours, open_, least = m.a[block + HOURS], m.a[block + OPEN], least_of(m, block)
    price_all_hours = 0
    for i in range(hours):
        scratch(m)[PLACE + i] = -1
        if not next_step(m, block, start + i, i, participant, site):
            return
        price_all_hours += scratch(m)[STEP_PRICE + i]
    quantity = total = 0
    more = True
    while more and quantity < open_:
        step = open_ - quantity
        if quantity < least:
            step = least - quantity
        elif m.a[block + PRICE] != NULL32 and surplus_fen(m, block, 1, price_all_hours) < 0:
            break
        for i in range(hours):
            step = min(step, scratch(m)[LEFT + i])
        quantity += step
        total += step * price_all_hours
        for i in range(hours):
            scratch(m)[LEFT + i] -= step
            if scratch(m)[LEFT + i] == 0:
                price_all_hours -= scratch(m)[STEP_PRICE + i]
                if not next_step(m, block, start + i, i, participant, site):
                    more = False
                    break
                price_all_hours += scratch(m)[STEP_PRICE + i]
    if quantity >= least:
        consider(m, block, quantity, total, start, site, NOTHING, 0)


@piece
def search_books(m: Memory, block: int) -> None:
    """Consider every execution of a block on the books."""
    site = m.a[block + SITE] if needs_one_site(m, block) else NULL32
    if needs_one_site(m, block) and site == NULL32:
        search_sites(m, block)
        return
    participant = m.a[block + PARTICIPANT] if may_meet_itself(m, block) else -1
    if least_of(m, block) == m.a[block + OPEN]:
        search_whole(m, block, participant, site)
        return
    for start in range(m.a[block + START], m.a[block + START] + m.a[block + FLEXIBILITY] + 1):
        search_part(m, block, start, participant, site)
