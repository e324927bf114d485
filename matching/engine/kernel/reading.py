"""Reading out what is open, as rows of `dtypes.RESTING`."""

from matching.engine.dtypes import RESTING
from matching.engine.kernel.alternatives import next_after
from matching.engine.kernel.codes import BLOCK
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.ids import MASK, SLOTS, order_in, order_of_id
from matching.engine.kernel.layout import (
    BASE,
    HIDDEN,
    LEVEL,
    NODE_SEQUENCE,
    NUMBER,
    OPEN,
    SEQUENCE,
    SHOWN,
    SITE,
    START,
)
from matching.engine.kernel.memory import Memory, id_table
from matching.engine.kernel.orders import id_of, kind_of, node_of, nodes_of
from matching.engine.kernel.pointers import other32, other64

ROW_SIZE = RESTING.itemsize
R_ID, R_SEQUENCE = (RESTING.fields[name][1] // 8 for name in ("id", "sequence"))  # type: ignore[index]
R_HOUR, R_OPEN, R_SHOWN, R_SITE, R_ALTERNATIVE = (
    RESTING.fields[name][1] // 4  # type: ignore[index]
    for name in ("hour", "open", "shown", "site", "alternative")
)


@small_piece
def write(m: Memory, rows: int, at: int, order: int, sequence: int, hour: int, open_: int, shown: int) -> None:
    if rows == 0:
        return
    row64 = other64(rows + at * ROW_SIZE)
    row32 = other32(rows + at * ROW_SIZE)
    row64[R_ID] = id_of(m, order)
    row64[R_SEQUENCE] = sequence
    row32[R_HOUR] = hour
    row32[R_OPEN] = open_
    row32[R_SHOWN] = shown
    row32[R_SITE] = m.a[order + SITE]
    row32[R_ALTERNATIVE] = 0 if kind_of(m, order) != BLOCK else m.a[order + NUMBER]


@piece
def read_order(m: Memory, rows: int, count: int, order: int) -> int:
    """Write an order's rows from the `count`-th on; return the count after them."""
    if kind_of(m, order) == BLOCK:
        block, open_ = order, m.a[order + OPEN]
        while block != 0:
            write(m, rows, count, block, m.w[(block + SEQUENCE) >> 1], m.a[block + START], open_, open_)
            count += 1
            block = next_after(m, block, order)
        return count
    for i in range(nodes_of(m, order)):
        node = node_of(order, i)
        if m.a[node + LEVEL] != 0:
            shown = m.a[node + SHOWN]
            sequence = m.w[(node + NODE_SEQUENCE) >> 1]
            write(m, rows, count, order, sequence, m.a[order + BASE] + i, shown + m.a[node + HIDDEN], shown)
            count += 1
    return count


@piece
def read_resting(m: Memory, rows: int) -> int:
    """Write a row for everything open at the address `rows`, in no order; return how many. Address 0 counts only."""
    count = 0
    for slot in range(id_table(m)[MASK] + 1):
        order = order_in(id_table(m)[SLOTS + slot])
        if order != 0:
            count = read_order(m, rows, count, order)
    return count


@piece
def read_resting_of(m: Memory, ids: int, id_count: int, rows: int) -> int:
    """Write the rows of the orders whose ids stand at an address, in their order; return how many. Address 0 counts only."""
    count = 0
    wanted = other64(ids)
    for i in range(id_count):
        order = order_of_id(m, wanted[i])
        if order != 0:
            count = read_order(m, rows, count, order)
    return count


@piece
def read_quantities(m: Memory, id_: int, quantities: int) -> int:
    """Write what is open of each hour of an order (of a block: once) at an address; return how many. 0 counts only."""
    order = order_of_id(m, id_)
    if order == 0:
        return 0
    is_block = kind_of(m, order) == BLOCK
    count = 1 if is_block else nodes_of(m, order)
    if quantities != 0:
        out = other32(quantities)
        for i in range(count):
            node = node_of(order, i)
            out[i] = m.a[order + OPEN] if is_block else m.a[node + SHOWN] + m.a[node + HIDDEN]
    return count
