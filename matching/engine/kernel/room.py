"""Room: before each command the kernel makes sure that all it could need is there, and else asks Python to grow it.

So no array moves under a running command, and no capacity shows to a caller. What a command needs is bounded by its hours.
"""

from matching.engine.kernel.codes import CANCEL, CLOSE, NEW, REPLACE
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.entry_rules import field8, field32, id_field
from matching.engine.kernel.layout import (
    ARENA_END,
    BOOK_SIZE,
    BUMP,
    C_DO,
    C_FLEXIBILITY,
    C_HOURS,
    C_ONE_SITE,
    HEADER,
    LEVEL_SIZE,
    LEVELS_ROOM_MAX,
    MARKET_SIZE,
    NEED,
    NODE_SIZE,
    NODES,
    OPEN_ORDERS,
    PAGE_HOURS,
    PAGE_SIZE,
    REQUEST,
    RESTING_BLOCKS,
    SITES_MAX,
    SPAN_MAX,
    UNIT,
)
from matching.engine.kernel.memory import (
    SCRATCH_ROOM,
    TOUCHED_ROOM,
    Memory,
    id_table,
    market_table,
    page_table,
    site_table,
)
from matching.engine.kernel.pointers import Ints
from matching.engine.kernel.search import SITE_COSTS
from matching.engine.kernel.table import MASK, USED, find

ENOUGH, MORE_ARENA, MORE_IDS, MORE_MARKETS, MORE_PAGES, MORE_SITES, MORE_SCRATCH, MORE_TOUCHED = range(8)

ALIGNMENT = 4 * UNIT
AN_HOUR = 2 * NODE_SIZE + LEVEL_SIZE + BOOK_SIZE + 4 * UNIT + 2 * ALIGNMENT
"""int32s that one hour may need, but for its array of levels: its node (size classes round up), a level, a book, links."""


@small_piece
def is_full(table: Ints, more: int) -> bool:
    """Say whether a table would be more than half full with `more` entries."""
    return 2 * (table[USED] + more) > table[MASK]


@small_piece
def ask(m: Memory, request: int, need: int) -> bool:
    m.s[REQUEST] = request
    m.s[NEED] = need
    return False


@small_piece
def has_arena(m: Memory, hours: int) -> bool:
    """Say whether the arena has room for an order of `hours`; every array of levels may have to double."""
    an_hour = AN_HOUR + 4 * m.s[LEVELS_ROOM_MAX] + 2 * ALIGNMENT
    pages = hours // PAGE_HOURS + 2
    need = 2 * HEADER + MARKET_SIZE + 4 * ALIGNMENT + hours * an_hour + pages * (PAGE_SIZE + ALIGNMENT)
    if m.s[BUMP] + need > m.s[ARENA_END]:
        return ask(m, MORE_ARENA, m.s[BUMP] + need)
    if is_full(page_table(m), pages):
        return ask(m, MORE_PAGES, pages)
    return True


@piece
def has_room_for_new(m: Memory, row: int) -> bool:
    """Say whether a new order, its hours checked, finds room for all it may do; else what has to grow is noted."""
    span = field32(m, row, C_HOURS) + field32(m, row, C_FLEXIBILITY)
    if not has_arena(m, span):
        return False
    if is_full(id_table(m), 1):
        return ask(m, MORE_IDS, 1)
    if is_full(market_table(m), 1):
        return ask(m, MORE_MARKETS, 1)
    if is_full(site_table(m), 1):
        return ask(m, MORE_SITES, 1)
    if m.s[RESTING_BLOCKS] > m.s[TOUCHED_ROOM]:
        return ask(m, MORE_TOUCHED, m.s[RESTING_BLOCKS])
    return has_scratch(m, span if field8(m, row, C_ONE_SITE) != 0 else 0)


@small_piece
def has_scratch(m: Memory, span: int) -> bool:
    """Say whether the search has room for every site in every hour of the longest ONE_SITE block, this one included."""
    need = SITE_COSTS + (2 + max(m.s[SPAN_MAX], span)) * (m.s[SITES_MAX] + 1)
    if need > m.s[SCRATCH_ROOM]:
        return ask(m, MORE_SCRATCH, need)
    return True


@piece
def has_room(m: Memory, row: int) -> bool:
    """Say whether a command that was let pass finds room for all it may do; else what has to grow is noted."""
    do = field8(m, row, C_DO)
    if do == NEW:
        return has_room_for_new(m, row)
    if do == CANCEL:
        return True
    if do == REPLACE:
        order = find(id_table(m), id_field(m, row))
        if m.s[RESTING_BLOCKS] > m.s[TOUCHED_ROOM]:
            return ask(m, MORE_TOUCHED, m.s[RESTING_BLOCKS])
        return has_arena(m, m.a[order + NODES])
    if m.s[OPEN_ORDERS] > m.s[TOUCHED_ROOM]:
        return ask(m, MORE_TOUCHED, m.s[OPEN_ORDERS])
    if do == CLOSE and is_full(market_table(m), 1):
        return ask(m, MORE_MARKETS, 1)
    return has_arena(m, 1)
