"""Alternatives of a block bid: a ring of blocks under one id, of which the first to execute drops the others.

Each is a block of its own. The table of ids has the lowest that waits; SIBLING leads from each to the next higher, and from
the highest back to the lowest. An ordinary block is alone in its ring.
"""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.expiry import is_expiring, stop_expiring
from matching.engine.kernel.ids import file_again, order_of_id
from matching.engine.kernel.layout import NUMBER, SEQUENCE, SIBLING, TOUCHED
from matching.engine.kernel.memory import Memory, release
from matching.engine.kernel.orders import forget_touched, id_of, nodes_of, units_of
from matching.engine.kernel.waiting import leave, wait


@small_piece
def is_alone(m: Memory, block: int) -> bool:
    return m.a[block + SIBLING] == block


@small_piece
def next_after(m: Memory, block: int, first: int) -> int:
    """Return the alternative after one, 0 after the last of a ring that starts at `first`."""
    sibling = m.a[block + SIBLING]
    return sibling if sibling != first else 0


@small_piece
def place_in_time(m: Memory, block: int) -> int:
    """Return what orders blocks of one limit: the sequence, then the number of the alternative."""
    return m.w[(block + SEQUENCE) >> 1] << 3 | m.a[block + NUMBER]


@piece
def alternative_of(m: Memory, block: int, number: int) -> int:
    """Return the alternative of a number in the ring that starts at `block`, 0 where it was withdrawn."""
    alternative = block
    while alternative != 0 and m.a[alternative + NUMBER] != number:
        alternative = next_after(m, alternative, block)
    return alternative


@piece
def link_after(m: Memory, last: int, block: int) -> None:
    """Put a block into the ring of `last`, after it; or into a ring of its own where `last` is 0."""
    if last == 0:
        m.a[block + SIBLING] = block
        return
    m.a[block + SIBLING] = m.a[last + SIBLING]
    m.a[last + SIBLING] = block


@piece
def drop(m: Memory, block: int) -> None:
    """Free a block that is in no ring and not in the table of ids any more."""
    leave(m, block)
    if m.a[block + TOUCHED] != 0:
        forget_touched(m, block)
    if is_expiring(m, block):
        stop_expiring(m, block)
    release(m, block, units_of(nodes_of(m, block)))


@piece
def keep_only(m: Memory, block: int) -> None:
    """Withdraw every other alternative of a block's order, silently."""
    other = m.a[block + SIBLING]
    if other == block:
        return
    file_again(m, id_of(m, block), block)
    m.a[block + SIBLING] = block
    while other != block:
        following = m.a[other + SIBLING]
        drop(m, other)
        other = following


@piece
def withdraw_alternative(m: Memory, block: int) -> None:
    """Withdraw one of several alternatives, silently."""
    before = m.a[block + SIBLING]
    while m.a[before + SIBLING] != block:
        before = m.a[before + SIBLING]
    following = m.a[block + SIBLING]
    m.a[before + SIBLING] = following
    if order_of_id(m, id_of(m, block)) == block:
        file_again(m, id_of(m, block), following)
    drop(m, block)


@piece
def wait_all(m: Memory, block: int) -> None:
    """Let every alternative of an order wait, the lowest first; `block` is the lowest."""
    alternative = block
    while alternative != 0:
        wait(m, alternative)
        alternative = next_after(m, alternative, block)


@piece
def leave_all(m: Memory, block: int) -> None:
    """Take every alternative of an order out of the lists where it waits."""
    alternative = block
    while alternative != 0:
        leave(m, alternative)
        alternative = next_after(m, alternative, block)
