"""The list of touched orders in the order in which they are to be handled: a heap sort, in place."""

from matching.engine.kernel.alternatives import place_in_time
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import ID, PRICE, SIDE
from matching.engine.kernel.memory import Memory, touched_list

BY_ID = 0
BY_TRIGGER = 1
"""Highest limit first (asks: lowest), then lowest sequence, then lowest alternative."""


@small_piece
def goes_after(m: Memory, order: int, other: int, how: int) -> bool:
    """Say whether `order` is handled after `other`; 0, an order that is gone already, goes last."""
    if order == 0 or other == 0:
        return order == 0 and other != 0
    if how == BY_ID:
        return m.w[(order + ID) >> 1] > m.w[(other + ID) >> 1]
    key, other_key = m.a[order + SIDE] * m.a[order + PRICE], m.a[other + SIDE] * m.a[other + PRICE]
    if key != other_key:
        return key < other_key
    return place_in_time(m, order) > place_in_time(m, other)


@piece
def sink(m: Memory, root: int, count: int, how: int) -> None:
    """Let the order at `root` of the heap sink below those that go after it."""
    order = touched_list(m)[root]
    while True:
        child = 2 * root + 1
        if child >= count:
            break
        if child + 1 < count and goes_after(m, touched_list(m)[child + 1], touched_list(m)[child], how):
            child += 1
        if not goes_after(m, touched_list(m)[child], order, how):
            break
        touched_list(m)[root] = touched_list(m)[child]
        root = child
    touched_list(m)[root] = order


@piece
def sort_touched(m: Memory, count: int, how: int) -> None:
    """Sort the first `count` touched orders."""
    for root in range(count // 2 - 1, -1, -1):
        sink(m, root, count, how)
    for end in range(count - 1, 0, -1):
        touched_list(m)[0], touched_list(m)[end] = touched_list(m)[end], touched_list(m)[0]
        sink(m, 0, end, how)
