"""Resting blocks wait in a list in every contract that they could use, so that new liquidity finds them and no other."""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import book_of, side_of
from matching.engine.kernel.layout import (
    BASE,
    FLEXIBILITY,
    HOURS,
    LEVEL,
    MARKET,
    NEXT,
    ORDER,
    RESTING_BLOCKS,
    SIDE,
    START,
)
from matching.engine.kernel.levels import link_last, unlink
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.orders import node_at, node_of, nodes_of, touch


@piece
def wait(m: Memory, block: int) -> None:
    """Link a block in every hour that some possible start would use."""
    start = m.a[block + START]
    for hour in range(start, start + m.a[block + FLEXIBILITY] + m.a[block + HOURS]):
        book = book_of(m, m.a[block + MARKET], hour)
        node = node_at(m, block, hour)
        m.a[node + LEVEL] = book
        link_last(m, side_of(book, m.a[block + SIDE]), node)
    m.s[RESTING_BLOCKS] += 1


@piece
def stop_waiting(m: Memory, block: int, first: int, end: int) -> None:
    """Unlink a block from every hour outside `[first, end)`."""
    base = m.a[block + BASE]
    for i in range(nodes_of(m, block)):
        node = node_of(block, i)
        if m.a[node + LEVEL] != 0 and not first <= base + i < end:
            unlink(m, node)
            m.a[node + LEVEL] = 0


@small_piece
def is_waiting(m: Memory, block: int) -> bool:
    """Say whether a block rests: then it is linked in its first possible hour."""
    return m.a[node_at(m, block, m.a[block + START]) + LEVEL] != 0


@piece
def leave(m: Memory, block: int) -> None:
    """Take a block out of every list, if it rests."""
    if is_waiting(m, block):
        stop_waiting(m, block, 0, 0)
        m.s[RESTING_BLOCKS] -= 1


@piece
def touch_waiting(m: Memory, side: int) -> None:
    """Note the blocks that wait on one side of a book, to be tried at the end of the command."""
    node = m.a[side + NEXT]
    while node != side:
        touch(m, m.a[node + ORDER])
        node = m.a[node + NEXT]
