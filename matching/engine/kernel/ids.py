"""The orders by id: a hash table of eight bytes a slot, open addressing, and no tombstones, so it never degrades.

A table is an int64 array: mask, entries in use, shift, longest way from home, then the slots: the id's low half above the
order's index, 0 where free. Ids come mostly in ascending order; multiplying by the golden ratio spreads such keys evenly
(Knuth, TAOCP 6.4). The table is kept a quarter full at most: then nearly every id is at home, and a processor guesses so.
"""

import numpy as np

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import ID, LOW32, TABLES_TIGHT
from matching.engine.kernel.memory import Memory, id_table
from matching.engine.kernel.pointers import Ints
from matching.engine.kernel.table import is_tight

MASK, USED, SHIFT, FARTHEST = range(4)
SLOTS = 8
"""Where the slots start: a cache line after the table."""
SCATTER = 0x9E3779B1
"""2**32 divided by the golden ratio, made odd."""
NOT_FOUND = -1


def make_id_table(slots: int) -> np.ndarray:
    """Return an empty table of `slots` slots (a power of two)."""
    table = np.zeros(SLOTS + slots, dtype=np.int64)
    table[MASK], table[SHIFT] = slots - 1, 33 - slots.bit_length()
    return table


@small_piece
def home(table: Ints, low: int) -> int:
    """Return the slot where an id with this low half belongs."""
    return (low * SCATTER & LOW32) >> table[SHIFT]


@small_piece
def order_in(slot: int) -> int:
    return slot & LOW32


@small_piece
def slot_of_id(m: Memory, id_: int) -> int:
    """Return the slot of an order that is open, NOT_FOUND when there is none of this id."""
    table = id_table(m)
    low = id_ & LOW32
    slot = home(table, low)
    while table[SLOTS + slot] != 0:
        found = table[SLOTS + slot]
        if found >> 32 & LOW32 == low and m.w[(order_in(found) + ID) >> 1] == id_:
            return slot
        slot = (slot + 1) & table[MASK]
    return NOT_FOUND


@small_piece
def order_of_id(m: Memory, id_: int) -> int:
    """Return the open order of an id, 0 when there is none."""
    slot = slot_of_id(m, id_)
    return 0 if slot == NOT_FOUND else order_in(id_table(m)[SLOTS + slot])


@small_piece
def put_entry(table: Ints, entry: int) -> None:
    at_home = home(table, entry >> 32 & LOW32)
    slot = at_home
    while table[SLOTS + slot] != 0:
        slot = (slot + 1) & table[MASK]
    table[SLOTS + slot] = entry
    table[USED] += 1
    way = (slot - at_home) & table[MASK]
    if way > table[FARTHEST]:
        table[FARTHEST] = way


@small_piece
def put_id(m: Memory, id_: int, order: int) -> None:
    """Enter an order whose id is not in the table yet."""
    table = id_table(m)
    put_entry(table, (id_ & LOW32) << 32 | order)
    if is_tight(2 * table[USED], table[MASK]):
        m.s[TABLES_TIGHT] = 1


@piece
def file_again(m: Memory, id_: int, order: int) -> None:
    """File another order under an id that is in the table."""
    id_table(m)[SLOTS + slot_of_id(m, id_)] = (id_ & LOW32) << 32 | order


@small_piece
def drop_slot(m: Memory, slot: int) -> None:
    """Free a slot, and move up what was kept from its home by it; nothing is farther than FARTHEST from home."""
    table = id_table(m)
    table[USED] -= 1
    table[SLOTS + slot] = 0
    if table[FARTHEST] > 0:
        close_gap(table, slot)


@piece
def close_gap(table: Ints, hole: int) -> None:
    mask = table[MASK]
    at = hole
    while True:
        at = (at + 1) & mask
        entry = table[SLOTS + at]
        if entry == 0 or (at - hole) & mask > table[FARTHEST]:
            return
        way = (at - home(table, entry >> 32 & LOW32)) & mask
        if way >= (at - hole) & mask:
            table[SLOTS + hole] = entry
            table[SLOTS + at] = 0
            hole = at


@piece
def copy_ids(old: Ints, new: Ints) -> None:
    """Enter every order of `old` into the larger, empty `new`."""
    for slot in range(old[MASK] + 1):
        if old[SLOTS + slot] != 0:
            put_entry(new, old[SLOTS + slot])
