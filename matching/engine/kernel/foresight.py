"""Looking ahead: the memory that a coming command will touch is asked for while the commands before it are played.

With many open orders nearly every command meets a cold order, at a hundred nanoseconds or more a miss. Three steps, each
using what the one before it fetched: the id's slot, the order, then the level and neighbours of its first hour.
"""

from matching.engine.kernel.compiling import small_piece
from matching.engine.kernel.entry_rules import id_field
from matching.engine.kernel.layout import HEADER, LEVEL, NEXT, NODE_SIZE, PREV
from matching.engine.kernel.memory import ARENA, IDS, Memory, id_table
from matching.engine.kernel.pointers import prefetch
from matching.engine.kernel.table import MASK, PAIRS, home

FAR, NEAR, NEXT_BUT = 12, 8, 4
"""How many commands ahead each step looks."""
INT32 = 4


@small_piece
def order_ahead(m: Memory, row: int) -> int:
    """Return the order whose id a command names, if it is where it belongs in the table; else something harmless."""
    slot = home(id_field(m, row), id_table(m)[MASK])
    return id_table(m)[PAIRS + 2 * slot + 1]


@small_piece
def look_ahead(m: Memory, row: int, end: int) -> None:
    if row + FAR >= end:
        return
    slot = home(id_field(m, row + FAR), id_table(m)[MASK])
    prefetch(m.s[IDS] + (PAIRS + 2 * slot) * 8)
    order = order_ahead(m, row + NEAR)
    if order != 0:
        prefetch(m.s[ARENA] + order * INT32)
        prefetch(m.s[ARENA] + (order + HEADER - NODE_SIZE) * INT32)
    order = order_ahead(m, row + NEXT_BUT)
    if order != 0:
        node = order + HEADER
        prefetch(m.s[ARENA] + m.a[node + LEVEL] * INT32)
        prefetch(m.s[ARENA] + m.a[node + NEXT] * INT32)
        prefetch(m.s[ARENA] + m.a[node + PREV] * INT32)
