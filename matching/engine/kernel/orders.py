"""Orders: a header, and a node for each hour, in one run of the arena; found by id."""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.events import tell_gone
from matching.engine.kernel.layout import (
    BASE,
    HEADER,
    HIDDEN,
    ID,
    LEVEL,
    MARKET,
    NODE_SIZE,
    NODES,
    OPEN,
    OPEN_ORDERS,
    ORDER,
    OWNER_COUNTS,
    PARTICIPANT,
    SHOWN,
    SIDE,
    TOUCHED,
    TOUCHED_COUNT,
    UNIT,
)
from matching.engine.kernel.memory import Memory, allocate, id_table, owner_counts, release, touched_list
from matching.engine.kernel.table import drop, home, put


@small_piece
def node_of(order: int, i: int) -> int:
    """Return the i-th node of an order."""
    return order + HEADER + i * NODE_SIZE


@small_piece
def node_at(m: Memory, order: int, hour: int) -> int:
    """Return the node of a delivery hour."""
    return order + HEADER + (hour - m.a[order + BASE]) * NODE_SIZE


@small_piece
def units_of(nodes: int) -> int:
    return HEADER // UNIT + nodes


@small_piece
def make_order(m: Memory, id_: int, participant: int, market: int, side: int, base: int, nodes: int) -> int:
    """Return a new order with nodes that are not linked and have nothing open; the caller fills the rest of the header."""
    order = allocate(m, units_of(nodes))
    m.w[(order + ID) >> 1] = id_
    m.a[order + PARTICIPANT] = participant
    m.a[order + MARKET] = market
    m.a[order + SIDE] = side
    m.a[order + BASE] = base
    m.a[order + NODES] = nodes
    m.a[order + TOUCHED] = 0
    for i in range(nodes):
        node = node_of(order, i)
        m.a[node + LEVEL] = 0
        m.a[node + ORDER] = order
        m.a[node + SHOWN] = 0
        m.a[node + HIDDEN] = 0
    put(id_table(m), id_, order)
    m.s[OPEN_ORDERS] += 1
    owner_counts(m)[count_of(participant, side)] += 1
    return order


@small_piece
def count_of(participant: int, side: int) -> int:
    """Return the place of a participant's count of open orders of one side; participants may share it."""
    return home(participant, OWNER_COUNTS - 1) << 1 | (side > 0)


@piece
def forget_touched(m: Memory, order: int) -> None:
    for i in range(m.s[TOUCHED_COUNT]):
        if touched_list(m)[i] == order:
            touched_list(m)[i] = 0


@piece
def gone(m: Memory, order: int, why: int) -> None:
    """Forget an order that has left all books, and tell why."""
    id_ = m.w[(order + ID) >> 1]
    tell_gone(m, id_, why)
    if m.a[order + TOUCHED]:
        forget_touched(m, order)
    drop(id_table(m), id_)
    owner_counts(m)[count_of(m.a[order + PARTICIPANT], m.a[order + SIDE])] -= 1
    m.s[OPEN_ORDERS] -= 1
    release(m, order, units_of(m.a[order + NODES]))


@small_piece
def hour_ended(m: Memory, order: int, why: int) -> bool:
    """Count one open hour less of an hourly order, which is gone when it was the last; says so."""
    m.a[order + OPEN] -= 1
    if m.a[order + OPEN] == 0:
        gone(m, order, why)
        return True
    return False


@small_piece
def touch(m: Memory, order: int) -> None:
    """Put an order in the list of those to try, or to close, in this command; once."""
    if not m.a[order + TOUCHED]:
        m.a[order + TOUCHED] = 1
        touched_list(m)[m.s[TOUCHED_COUNT]] = order
        m.s[TOUCHED_COUNT] += 1
