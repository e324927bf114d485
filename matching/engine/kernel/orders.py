"""Orders: a header, and a node for each hour, in one run of the arena; found by id."""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.events import tell_gone
from matching.engine.kernel.expiry import is_expiring, stop_expiring
from matching.engine.kernel.ids import drop_slot, put_id, slot_of_id
from matching.engine.kernel.layout import (
    BASE,
    EXPIRING,
    HEADER,
    HIDDEN,
    ID,
    KIND_16,
    LEVEL,
    MARKET,
    NODE_SIZE,
    NODES_16,
    OPEN,
    ORDER,
    OWNER_COUNTS,
    PARTICIPANT,
    SHOWN,
    SIDE,
    TOUCHED,
    TOUCHED_COUNT,
    UNIT,
)
from matching.engine.kernel.memory import Memory, allocate, owner_counts, release, touched_list
from matching.engine.kernel.table import home


@small_piece
def node_of(order: int, i: int) -> int:
    """Return the i-th node of an order."""
    return order + HEADER + i * NODE_SIZE


@small_piece
def node_at(m: Memory, order: int, hour: int) -> int:
    """Return the node of a delivery hour."""
    return order + HEADER + (hour - m.a[order + BASE]) * NODE_SIZE


@small_piece
def nodes_of(m: Memory, order: int) -> int:
    """Return how many nodes an order has."""
    return m.h[(order << 1) + NODES_16]


@small_piece
def kind_of(m: Memory, order: int) -> int:
    return m.h[(order << 1) + KIND_16] & ~EXPIRING


@small_piece
def id_of(m: Memory, order: int) -> int:
    return m.w[(order + ID) >> 1]


@small_piece
def units_of(nodes: int) -> int:
    return HEADER // UNIT + nodes


@small_piece
def make_order(m: Memory, id_: int, participant: int, market: int, side: int, kind: int, base: int, nodes: int) -> int:
    """Return a new order with nodes that are not linked, to be entered.

    The caller fills the rest of the header, and what the nodes have open.
    """
    order = allocate(m, units_of(nodes))
    m.w[(order + ID) >> 1] = id_
    m.a[order + PARTICIPANT] = participant
    m.a[order + MARKET] = market
    m.a[order + SIDE] = side
    m.a[order + BASE] = base
    m.h[(order << 1) + NODES_16] = nodes
    m.h[(order << 1) + KIND_16] = kind
    m.a[order + TOUCHED] = 0
    for i in range(nodes):
        node = node_of(order, i)
        m.a[node + LEVEL] = 0
        m.a[node + ORDER] = order
        m.a[node + SHOWN] = 0
        m.a[node + HIDDEN] = 0
    return order


@small_piece
def enter(m: Memory, order: int, id_: int, participant: int, side: int) -> None:
    """File an order under its id, and count it as its participant's; its own numbers are given, being at hand."""
    put_id(m, id_, order)
    owner_counts(m)[count_of(participant, side)] += 1


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
    gone_from(m, slot_of_id(m, id_of(m, order)), order, why)


@small_piece
def gone_from(m: Memory, slot: int, order: int, why: int) -> None:
    """Forget an order, its slot in the table of ids known."""
    tell_gone(m, id_of(m, order), why)
    if m.s[TOUCHED_COUNT] > 0 and m.a[order + TOUCHED] != 0:
        forget_touched(m, order)
    if is_expiring(m, order):
        stop_expiring(m, order)
    drop_slot(m, slot)
    owner_counts(m)[count_of(m.a[order + PARTICIPANT], m.a[order + SIDE])] -= 1
    release(m, order, units_of(nodes_of(m, order)))


@small_piece
def hour_ended(m: Memory, order: int, why: int) -> bool:
    """Count one open hour less of an hourly order, which is gone when it was the last; says so."""
    open_hours = m.a[order + OPEN] - 1
    m.a[order + OPEN] = open_hours
    if open_hours == 0:
        gone(m, order, why)
    return open_hours == 0


@small_piece
def touch(m: Memory, order: int) -> None:
    """Put an order in the list of those to try, or to close, in this command; once."""
    if not m.a[order + TOUCHED]:
        m.a[order + TOUCHED] = 1
        touched_list(m)[m.s[TOUCHED_COUNT]] = order
        m.s[TOUCHED_COUNT] += 1
