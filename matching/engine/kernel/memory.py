"""What every kernel piece is given: pointers to the engine's memory; and how runs of the arena are handed out."""

from typing import Any, NamedTuple

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import ADDRESS, BUMP, FREE, UNIT
from matching.engine.kernel.pointers import to_int8, to_int32, to_int64

ARENA, IDS, MARKETS, PAGES, SITE_NUMBERS, OWNERS, SCRATCH, TOUCHED_LIST = range(ADDRESS, ADDRESS + 8)
"""Places in the state block: addresses of the arrays."""
OWNERS_MASK, SCRATCH_ROOM, TOUCHED_ROOM = range(ADDRESS + 8, ADDRESS + 11)


class Memory(NamedTuple):
    """Pointers, typed by what they point at; `a` and `w` see the same arena as int32 and int64."""

    s: Any  # int64: the state block
    a: Any  # int32: the arena
    w: Any  # int64: the arena
    ids: Any  # int64: table of order by id
    markets: Any  # int64: table of market by id
    pages: Any  # int64: table of page by market and hour
    sites: Any  # int64: table of a site's number by market and site
    owners: Any  # int32: first order of each bucket of participants
    x: Any  # int64: scratch of the search
    touched: Any  # int32: orders to try, close or cancel in this command
    c8: Any  # the commands, as int8, int32 and int64
    c32: Any
    c64: Any


@small_piece
def open_memory(state: int, commands: int) -> Memory:
    """Return the memory behind the addresses of a state block and of the first command."""
    s = to_int64(state)
    return Memory(
        s,
        to_int32(s[ARENA]),
        to_int64(s[ARENA]),
        to_int64(s[IDS]),
        to_int64(s[MARKETS]),
        to_int64(s[PAGES]),
        to_int64(s[SITE_NUMBERS]),
        to_int32(s[OWNERS]),
        to_int64(s[SCRATCH]),
        to_int32(s[TOUCHED_LIST]),
        to_int8(commands),
        to_int32(commands),
        to_int64(commands),
    )


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


@piece
def allocate(m: Memory, units: int) -> int:
    """Return a run of at least `units` units: the one of its class freed last, or a new one (room was checked before)."""
    number, units = size_class(units)
    head = m.s[FREE + number]
    if head != 0:
        m.s[FREE + number] = m.a[head]
        return head
    run = m.s[BUMP]
    if units % 4 == 0:
        run = (run + 31) & ~31  # an order of one hour fills two cache lines exactly
    m.s[BUMP] = run + units * UNIT
    return run


@small_piece
def release(m: Memory, run: int, units: int) -> None:
    """Give a run back, for the next of its class."""
    number, _ = size_class(units)
    m.a[run] = m.s[FREE + number]
    m.s[FREE + number] = run
