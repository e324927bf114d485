"""A hash table from int64 keys to positive int64 values: open addressing, and no tombstones, so it never degrades.

A table is an int64 array: mask, entries in use, then (key, value) pairs; value 0 marks a free slot. Eight consecutive
keys share a neighbourhood, because hours and sites that are near are used together; neighbourhoods are scattered.
"""

import numpy as np

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import TABLES_TIGHT
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.pointers import Ints

MASK = 0
USED = 1
PAIRS = 2
SCATTER = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio (Knuth, TAOCP 6.4)."""

SPARE = 128
"""More entries than one command can make in a table: the pages of 1,192 hours, and some markets and sites."""


def make_table(slots: int) -> np.ndarray:
    """Return an empty table of `slots` slots (a power of two, at least 8)."""
    table = np.zeros(PAIRS + 2 * slots, dtype=np.int64)
    table[MASK] = slots - 1
    return table


def slots_for(entries: int) -> int:
    """Return how many slots keep a table of so many entries from being tight."""
    return 1 << (2 * (entries + SPARE)).bit_length()


@small_piece
def is_tight(used: int, mask: int) -> bool:
    """Say whether a table has to grow before the next command, to stay at most half full."""
    return 2 * (used + SPARE) > mask


@small_piece
def home(key: int, mask: int) -> int:
    scattered = int((np.uint64(key >> 3) * SCATTER) >> np.uint64(32))
    return (scattered << 3 | (key & 7)) & mask


@small_piece
def slot_of(table: Ints, key: int) -> int:
    """Return the slot that has `key`, or the free one where it would go."""
    mask = table[MASK]
    slot = home(key, mask)
    while table[PAIRS + 2 * slot + 1] != 0 and table[PAIRS + 2 * slot] != key:
        slot = (slot + 1) & mask
    return slot


@small_piece
def find(table: Ints, key: int) -> int:
    """Return the value of `key`, 0 where there is none."""
    return table[PAIRS + 2 * slot_of(table, key) + 1]


@piece
def enter(table: Ints, key: int, value: int) -> None:
    slot = slot_of(table, key)
    table[PAIRS + 2 * slot] = key
    table[PAIRS + 2 * slot + 1] = value
    table[USED] += 1


@piece
def put(m: Memory, table: Ints, key: int, value: int) -> None:
    """Add `key`, which the table does not have yet."""
    enter(table, key, value)
    if is_tight(table[USED], table[MASK]):
        m.s[TABLES_TIGHT] = 1


@piece
def drop(table: Ints, key: int) -> None:
    """Remove `key`, which the table has, and move later keys of the same run up."""
    mask = table[MASK]
    hole = slot_of(table, key)
    at = hole
    while True:
        at = (at + 1) & mask
        if table[PAIRS + 2 * at + 1] == 0:
            break
        if (at - home(table[PAIRS + 2 * at], mask)) & mask >= (at - hole) & mask:
            table[PAIRS + 2 * hole] = table[PAIRS + 2 * at]
            table[PAIRS + 2 * hole + 1] = table[PAIRS + 2 * at + 1]
            hole = at
    table[PAIRS + 2 * hole + 1] = 0
    table[USED] -= 1


@piece
def copy_into(old: Ints, new: Ints) -> None:
    """Put every pair of `old` into the larger, empty `new`."""
    for slot in range(old[MASK] + 1):
        if old[PAIRS + 2 * slot + 1] != 0:
            enter(new, old[PAIRS + 2 * slot], old[PAIRS + 2 * slot + 1])
