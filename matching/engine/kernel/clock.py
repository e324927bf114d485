"""The minute that a TIME tells, and the GTD orders that end by it."""

from matching.engine.kernel.codes import BLOCK
from matching.engine.kernel.compiling import piece
from matching.engine.kernel.ending import close_hours, expire_block
from matching.engine.kernel.layout import EXPIRY, MINUTE, NEXT, TOUCHED, TOUCHED_COUNT
from matching.engine.kernel.memory import Memory, minute_table, touched_list
from matching.engine.kernel.orders import kind_of, touch
from matching.engine.kernel.sorting import BY_ID, sort_touched
from matching.engine.kernel.table import MASK, PAIRS

EVERY_HOUR = 2**31 - 1


@piece
def touch_due(m: Memory, minute: int) -> None:
    """Note the orders that end by `minute`."""
    table = minute_table(m)
    for slot in range(table[MASK] + 1):
        ring = table[PAIRS + 2 * slot + 1]
        if ring == 0 or table[PAIRS + 2 * slot] > minute:
            continue
        at = m.a[ring + NEXT]
        while at != ring:
            touch(m, at - EXPIRY)
            at = m.a[at + NEXT]


@piece
def tell_time(m: Memory, minute: int) -> None:
    """Let it be `minute`; the orders whose time has come end, by ascending id. Time does not go back."""
    if minute <= m.s[MINUTE]:
        return
    m.s[MINUTE] = minute
    touch_due(m, minute)
    count = m.s[TOUCHED_COUNT]
    sort_touched(m, count, BY_ID)
    m.s[TOUCHED_COUNT] = 0
    for i in range(count):
        order = touched_list(m)[i]
        m.a[order + TOUCHED] = 0
        if kind_of(m, order) == BLOCK:
            expire_block(m, order)
        else:
            close_hours(m, order, EVERY_HOUR)
