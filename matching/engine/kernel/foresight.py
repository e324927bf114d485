"""Looking ahead: the memory that a coming command will touch is asked for while the commands before it are played.

With many open orders nearly every command meets cold memory, at tens of nanoseconds or more a miss. A command is looked at
five times before its turn, each time at what the last look fetched. A cancel: its id's slot, the order, the neighbours of
its first hour. A new order: its market, its book, its place among the levels, the level there, the last order in that.
All of it is guessed and nothing is decided by it: a wrong guess costs time only.
"""

from matching.engine.kernel.codes import NEW
from matching.engine.kernel.compiling import small_piece
from matching.engine.kernel.contracts import side_of
from matching.engine.kernel.entry_rules import field8, field32, id_field
from matching.engine.kernel.ids import SLOTS, home, order_in
from matching.engine.kernel.layout import (
    AHEAD,
    BEST,
    BUMP,
    C_DO,
    C_MARKET,
    C_PRICE,
    C_SIDE,
    COUNT,
    HEADER,
    LATEST_BOOK,
    LEVEL,
    LEVELS,
    LOW32,
    NEXT,
    NODE_SIZE,
    NOTHING,
    PREV,
)
from matching.engine.kernel.levels import level_of
from matching.engine.kernel.memory import ARENA, IDS, INT32, Memory, id_table, market_table
from matching.engine.kernel.pointers import prefetch
from matching.engine.kernel.table import find

LOOKS = (14, 11, 8, 5, 2)
"""How many commands ahead each look is, when the books are large."""
GLANCES = (6, 3)
"""The same of what is worth it when all is in a core's cache, though not in its first level: a cancel's slot and order."""
INT64 = 8
SMALL = 2**18
"""int32s of arena in use: a megabyte, which stays in a core's cache; five looks would cost more than they give."""


@small_piece
def is_large(m: Memory) -> bool:
    return m.s[BUMP] > SMALL


@small_piece
def fetch(m: Memory, at: int) -> None:
    prefetch(m.s[ARENA] + at * INT32)


@small_piece
def inside(m: Memory, at: int) -> int:
    """Return a place that was guessed from memory that may have been given back, or nothing if it cannot be one."""
    return at if 0 <= at < m.s[BUMP] else NOTHING


@small_piece
def fetch_slot(m: Memory, row: int) -> None:
    prefetch(m.s[IDS] + (SLOTS + home(id_table(m), id_field(m, row) & LOW32)) * INT64)


@small_piece
def fetch_order(m: Memory, row: int) -> int:
    """Ask for the order that is in the home of a command's id, mostly its own; return it."""
    order = order_in(id_table(m)[SLOTS + home(id_table(m), id_field(m, row) & LOW32)])
    fetch(m, order + HEADER - NODE_SIZE)
    return order


@small_piece
def first_look(m: Memory, row: int) -> None:
    fetch_slot(m, row)
    if field8(m, row, C_DO) == NEW:
        market = find(market_table(m), field32(m, row, C_MARKET))
        m.s[AHEAD + (row & 15)] = market
        fetch(m, market)


@small_piece
def second_look(m: Memory, row: int) -> None:
    if field8(m, row, C_DO) == NEW:
        book = m.a[m.s[AHEAD + (row & 15)] + LATEST_BOOK]
        m.s[AHEAD + (row & 15)] = book
        fetch(m, book)
        return
    m.s[AHEAD + (row & 15)] = fetch_order(m, row)


@small_piece
def third_look(m: Memory, row: int) -> None:
    ahead = m.s[AHEAD + (row & 15)]
    if field8(m, row, C_DO) == NEW:
        side = 1 if field8(m, row, C_SIDE) > 0 else -1  # nothing in the row has been checked yet
        ring = side_of(ahead, side)
        count = m.a[ring + COUNT]
        place = count - 1 - (m.a[ring + BEST] - side * field32(m, row, C_PRICE))
        entry = m.a[ring + LEVELS] + 2 * min(max(place, 0), count)
        m.s[AHEAD + (row & 15)] = inside(m, entry) >> 1
        fetch(m, entry)
        return
    node = ahead + HEADER
    fetch(m, m.a[node + LEVEL])
    fetch(m, m.a[node + NEXT])
    fetch(m, m.a[node + PREV])


@small_piece
def fourth_look(m: Memory, row: int) -> None:
    if field8(m, row, C_DO) == NEW:
        level = inside(m, level_of(m.w[m.s[AHEAD + (row & 15)]]))
        m.s[AHEAD + (row & 15)] = level
        fetch(m, level)


@small_piece
def fifth_look(m: Memory, row: int) -> None:
    if field8(m, row, C_DO) == NEW:
        fetch(m, m.a[m.s[AHEAD + (row & 15)] + PREV])


@small_piece
def look_anew(m: Memory) -> None:
    """Forget what an earlier call was looking at."""
    for i in range(16):
        m.s[AHEAD + i] = NOTHING


@small_piece
def glance_ahead(m: Memory, row: int, end: int) -> None:
    if row + GLANCES[0] < end:
        fetch_slot(m, row + GLANCES[0])
        if field8(m, row + GLANCES[1], C_DO) != NEW:
            fetch_order(m, row + GLANCES[1])


@small_piece
def look_ahead(m: Memory, row: int, end: int) -> None:
    if row + LOOKS[0] >= end:
        return
    first_look(m, row + LOOKS[0])
    second_look(m, row + LOOKS[1])
    third_look(m, row + LOOKS[2])
    fourth_look(m, row + LOOKS[3])
    fifth_look(m, row + LOOKS[4])
