"""Room: before each command the kernel makes sure that all it could need is there, and else asks Python to grow it.

So no array moves under a running command, and no capacity shows to a caller. What a command needs is bounded by its hours.
"""

from matching.engine.kernel.codes import BAND, REPLACE
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.entry_rules import field8, field32, id_field
from matching.engine.kernel.ids import USED, order_of_id
from matching.engine.kernel.layout import (
    AN_HOUR_MAX,
    ARENA_END,
    BUMP,
    C_FLEXIBILITY,
    C_HOURS,
    C_ONE_SITE,
    C_START,
    HEADER,
    MARKET_SIZE,
    MINUTE_SIZE,
    NEED,
    NULL32,
    PAGE_SHIFT,
    PAGE_SIZE,
    REQUEST,
    RESTING_BLOCKS,
    SITES_MAX,
    SPAN_MAX,
    TABLES_TIGHT,
    UNIT,
)
from matching.engine.kernel.memory import SCRATCH_ROOM, TOUCHED_ROOM, Memory, id_table, market_table, page_table
from matching.engine.kernel.orders import nodes_of
from matching.engine.kernel.search import SITE_COSTS
from matching.engine.kernel.table import MASK, SPARE, is_tight
from matching.engine.kernel.table import USED as USED_PAIRS

ENOUGH, MORE_ARENA, MORE_TABLES, MORE_SCRATCH, MORE_TOUCHED = range(5)

ALIGNMENT = 4 * UNIT
AN_ORDER = 2 * HEADER + MARKET_SIZE + MINUTE_SIZE + 3 * PAGE_SIZE + 8 * ALIGNMENT
"""int32s that an order may need beside its hours."""


@small_piece
def ask(m: Memory, request: int, need: int) -> bool:
    m.s[REQUEST] = request
    m.s[NEED] = need
    return False


@small_piece
def has_arena(m: Memory, orders: int, hours: int) -> bool:
    """Say whether the arena has room for orders of `hours` in all, and every table for what one of them can enter."""
    need = m.s[BUMP] + orders * AN_ORDER + hours * m.s[AN_HOUR_MAX] + (hours >> PAGE_SHIFT) * PAGE_SIZE
    if need > m.s[ARENA_END]:
        return ask(m, MORE_ARENA, need)
    if m.s[TABLES_TIGHT] != 0:
        return ask(m, MORE_TABLES, 0)
    return True


@small_piece
def has_touched(m: Memory, orders: int) -> bool:
    """Say whether so many orders can be touched."""
    return orders <= m.s[TOUCHED_ROOM] or ask(m, MORE_TOUCHED, orders)


@small_piece
def has_room_for_new(m: Memory, row: int) -> bool:
    """Say whether a new order, its hours checked, finds room for all it may do; else what has to grow is noted."""
    span = field32(m, row, C_HOURS) + field32(m, row, C_FLEXIBILITY)
    if not has_arena(m, 1, span):
        return False
    if m.s[RESTING_BLOCKS] == 0 and field8(m, row, C_ONE_SITE) == 0:
        return True
    return has_touched(m, m.s[RESTING_BLOCKS]) and has_scratch(m, span if field8(m, row, C_ONE_SITE) != 0 else 0)


@piece
def has_room_for_alternatives(m: Memory, row: int, count: int) -> bool:
    """Say the same of a new block with alternatives in the `count` rows after it."""
    longest = span = 0
    for where in range(row, row + 1 + count):
        hours = field32(m, row, C_HOURS) + field32(m, where, C_FLEXIBILITY)
        longest = max(longest, hours)
        span += hours
    if not has_arena(m, 1 + count, span):
        return False
    for table in (market_table(m), page_table(m)):
        if is_tight(table[USED_PAIRS] + count * SPARE, table[MASK]):
            return ask(m, MORE_TABLES, count * SPARE)
    return has_touched(m, m.s[RESTING_BLOCKS]) and has_scratch(m, longest if field8(m, row, C_ONE_SITE) != 0 else 0)


@piece
def has_scratch(m: Memory, span: int) -> bool:
    """Say whether the search has room for every site in every hour of the longest ONE_SITE block, this one included."""
    need = SITE_COSTS + (2 + max(m.s[SPAN_MAX], span)) * (m.s[SITES_MAX] + 1)
    if need > m.s[SCRATCH_ROOM]:
        return ask(m, MORE_SCRATCH, need)
    return True


@piece
def has_room_for_rare(m: Memory, row: int, do: int) -> bool:
    """Say the same of a command other than NEW and CANCEL; a CANCEL needs nothing."""
    if do == REPLACE:
        order = order_of_id(m, id_field(m, row))
        return has_touched(m, m.s[RESTING_BLOCKS]) and has_arena(m, 1, nodes_of(m, order))
    if do >= BAND:
        spans = do != BAND and field32(m, row, C_START) != NULL32
        return has_touched(m, m.s[RESTING_BLOCKS]) and has_arena(m, 1, field32(m, row, C_HOURS) if spans else 1)
    return has_touched(m, id_table(m)[USED] + m.s[RESTING_BLOCKS]) and has_arena(m, 1, 1)
