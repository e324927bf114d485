"""What every kernel piece is given: pointers to the engine's memory; and how runs of the arena are handed out."""

from typing import NamedTuple

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import ADDRESS, BUMP, FREE, LINK_OF_LARGE, UNIT
from matching.engine.kernel.pointers import (
    Ints,
    arena16,
    arena32,
    arena64,
    command8,
    command32,
    command64,
    other32,
    other64,
    prefetch,
    state64,
    table64,
)

ARENA, IDS, MARKETS, PAGES, SITE_NUMBERS, OWNERS, SCRATCH, TOUCHED_LIST = range(ADDRESS, ADDRESS + 8)
"""Places in the state block: addresses of the arrays."""
SCRATCH_ROOM, TOUCHED_ROOM, COMMANDS = range(ADDRESS + 8, ADDRESS + 11)
"""Room in the last two arrays, and the address of the call's first command."""
MINUTES = ADDRESS + 11
"""Another address."""


class Memory(NamedTuple):
    """Pointers to the state block and to the arena, the latter in three widths; every piece passes them on."""

    s: Ints  # int64: the state block
    a: Ints  # int32: the arena
    w: Ints  # int64: the arena
    h: Ints  # int16: the arena


@small_piece
def open_memory(state: int) -> Memory:
    """Return the memory behind the address of a state block."""
    s = state64(state)
    return Memory(s, arena32(s[ARENA]), arena64(s[ARENA]), arena16(s[ARENA]))


@small_piece
def id_table(m: Memory) -> Ints:
    """Order by id."""
    return table64(m.s[IDS])


@small_piece
def market_table(m: Memory) -> Ints:
    """Market by its id."""
    return table64(m.s[MARKETS])


@small_piece
def page_table(m: Memory) -> Ints:
    """Page by market and hour."""
    return table64(m.s[PAGES])


@small_piece
def site_table(m: Memory) -> Ints:
    """A site's number, from 1, by market and site."""
    return table64(m.s[SITE_NUMBERS])


@small_piece
def minute_table(m: Memory) -> Ints:
    """The ring of orders that end in a minute, by the minute."""
    return table64(m.s[MINUTES])


@small_piece
def owner_counts(m: Memory) -> Ints:
    """Counts of open orders by participant and side: see `orders.count_of`."""
    return other32(m.s[OWNERS])


@small_piece
def scratch(m: Memory) -> Ints:
    """int64s for the search; nothing in them outlives it."""
    return other64(m.s[SCRATCH])


@small_piece
def touched_list(m: Memory) -> Ints:
    """The orders to try, close or cancel in this command."""
    return other32(m.s[TOUCHED_LIST])


@small_piece
def commands8(m: Memory) -> Ints:
    return command8(m.s[COMMANDS])


@small_piece
def commands32(m: Memory) -> Ints:
    return command32(m.s[COMMANDS])


@small_piece
def commands64(m: Memory) -> Ints:
    return command64(m.s[COMMANDS])


INT32 = 4
"""Bytes."""


@small_piece
def size_class(units: int) -> tuple[int, int]:
    """Return the class of a run of `units` and the units that the class has: exact up to 16, then four steps an octave."""
    if units <= 16:
        return units, units
    step = 4
    first = 16
    classes = 16
    while first * 2 < units:
        first *= 2
        step *= 2
        classes += 4
    steps = (units - first + step - 1) // step
    return classes + steps, first + steps * step


@small_piece
def link_of(run: int, units: int) -> int:
    """Return where a freed run keeps the link to the next of its class."""
    return run + LINK_OF_LARGE * int(units >= 4)


@small_piece
def allocate(m: Memory, units: int) -> int:
    """Return a run of at least `units` units: the one of its class freed last, or a new one (room was checked before)."""
    number, units = size_class(units)
    head = m.s[FREE + number]
    if head != 0:
        m.s[FREE + number] = m.a[link_of(head, units)]
        return head
    return new_run(m, units)


@piece
def new_run(m: Memory, units: int) -> int:
    """Return memory never used before; runs of whole cache lines start at one."""
    run = m.s[BUMP]
    if units % 4 == 0:
        run = (run + 31) & ~31
    elif units % 2 == 0:
        run = (run + 15) & ~15
    m.s[BUMP] = run + units * UNIT
    return run


@small_piece
def release(m: Memory, run: int, units: int) -> None:
    """Give a run back, for the next of its class."""
    number, units = size_class(units)
    m.a[link_of(run, units)] = m.s[FREE + number]
    m.s[FREE + number] = run
    if units >= 4:
        prefetch(m.s[ARENA] + run * INT32)  # the other line of it: the next order needs both
