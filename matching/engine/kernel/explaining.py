"""What an order leaves open, as the event RESTED tells it."""

from matching.engine.kernel.codes import ALL, BLOCK
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.events import tell_rested
from matching.engine.kernel.layout import BASE, DETAIL, HIDDEN, LEVEL, OPEN, SHOWN, START
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.orders import id_of, kind_of, node_of, nodes_of


@small_piece
def explain_rest(m: Memory, order: int) -> None:
    """Tell what is open of an order that rests, if the caller wants to know."""
    if m.s[DETAIL] == ALL:
        sum_up(m, order)


@piece
def sum_up(m: Memory, order: int) -> None:
    """Tell a block's first possible start and quantity; of an hourly order its first open hour and the sum of all."""
    if kind_of(m, order) == BLOCK:
        tell_rested(m, id_of(m, order), m.a[order + START], m.a[order + OPEN])
        return
    first, open_ = -1, 0
    for i in range(nodes_of(m, order)):
        node = node_of(order, i)
        if m.a[node + LEVEL] != 0:
            open_ += m.a[node + SHOWN] + m.a[node + HIDDEN]
            first = i if first < 0 else first
    tell_rested(m, id_of(m, order), m.a[order + BASE] + first, open_)
