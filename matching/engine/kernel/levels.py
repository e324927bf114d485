"""Price levels: each side of a book has its levels in a sorted array, the best last; a level is a ring of nodes by time.

An hour's book has often ten levels, and most of what happens is near the best price, so a short array, searched and
shifted from its end, beats ladders and trees in time and memory.
"""

from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.layout import (
    AN_HOUR,
    AN_HOUR_MAX,
    BEST,
    COUNT,
    DISPLAY,
    HIDDEN,
    LEVEL,
    LEVEL_SIZE,
    LEVEL_TOTAL,
    LEVELS,
    LEVELS_ROOM,
    LOW32,
    NEXT,
    NO_KEY,
    NODE_SEQUENCE,
    NULL32,
    PREV,
    RING,
    SHOWN,
    UNIT,
)
from matching.engine.kernel.memory import Memory, allocate, release

ENTRIES_A_UNIT = UNIT // 2
FIRST_ROOM = 8
"""Levels that a side has room for at first: one cache line."""
STEPS = 4


@small_piece
def entry_at(m: Memory, side: int, i: int) -> int:
    """Return `side * price << 32 | level` of the i-th level of a side, from the worst."""
    return m.w[(m.a[side + LEVELS] >> 1) + i]


@small_piece
def key_of(entry: int) -> int:
    """Return signed side * price: the larger, the better."""
    return entry >> 32


@small_piece
def level_of(entry: int) -> int:
    return entry & LOW32


@small_piece
def place_of(m: Memory, side: int, key: int) -> int:
    """Return how many levels of a side are worse than `key`.

    If every price below the best had a level, its place would be as far below; so it is there or higher up, mostly there.
    """
    count = m.a[side + COUNT]
    place = min(max(count - 1 - (m.a[side + BEST] - key), 0), count)
    end = min(place + STEPS, count)
    while place < end and entry_at(m, side, place) < key << 32:
        place += 1
    if place == end and end < count:
        return place_above(m, side, key, end, count)
    return place


@piece
def place_above(m: Memory, side: int, key: int, place: int, end: int) -> int:
    """Return the place of `key` in [place, end], by halves.

    They multiply by the outcome instead of branching on it, as a processor cannot guess it.
    """
    count = end - place
    while count > 0:
        half = (count + 1) >> 1
        place += half * int(entry_at(m, side, place + half - 1) < key << 32)
        count -= half
    return place


@piece
def widen(m: Memory, side: int) -> None:
    """Double the room of a side's array of levels."""
    room = m.a[side + LEVELS_ROOM]
    wider = max(2 * room, FIRST_ROOM)
    array = allocate(m, wider // ENTRIES_A_UNIT)
    for i in range(m.a[side + COUNT]):
        m.w[(array >> 1) + i] = entry_at(m, side, i)
    if room > 0:
        release(m, m.a[side + LEVELS], room // ENTRIES_A_UNIT)
    m.a[side + LEVELS] = array
    m.a[side + LEVELS_ROOM] = wider
    m.s[AN_HOUR_MAX] = max(m.s[AN_HOUR_MAX], AN_HOUR + 4 * wider)


@piece
def make_level(m: Memory, side: int, place: int, key: int) -> int:
    """Put a new, empty level of price `key` at `place` of a side."""
    count = m.a[side + COUNT]
    if count == m.a[side + LEVELS_ROOM]:
        widen(m, side)
    level = allocate(m, LEVEL_SIZE // UNIT)
    m.a[level + NEXT] = level
    m.a[level + PREV] = level
    m.a[level + RING] = side
    m.w[(level + LEVEL_TOTAL) >> 1] = 0
    array = m.a[side + LEVELS] >> 1
    for i in range(count, place, -1):
        m.w[array + i] = m.w[array + i - 1]
    m.w[array + place] = key << 32 | level
    m.a[side + COUNT] = count + 1
    m.a[side + BEST] = max(m.a[side + BEST], key)
    return level


@small_piece
def level_at(m: Memory, side: int, key: int) -> int:
    """Return the level of a price, made where there is none."""
    place = place_of(m, side, key)
    if place < m.a[side + COUNT]:
        entry = entry_at(m, side, place)
        if key_of(entry) == key:
            return level_of(entry)
    return make_level(m, side, place, key)


@piece
def remove_level(m: Memory, side: int, place: int) -> None:
    """Take an empty level out of a side, and free it; with the last one goes the array."""
    array = m.a[side + LEVELS] >> 1
    level = level_of(m.w[array + place])
    last = m.a[side + COUNT] - 1
    for i in range(place, last):
        m.w[array + i] = m.w[array + i + 1]
    m.a[side + COUNT] = last
    release(m, level, LEVEL_SIZE // UNIT)
    if last > 0:
        m.a[side + BEST] = key_of(m.w[array + last - 1])
        return
    m.a[side + BEST] = NO_KEY
    release(m, m.a[side + LEVELS], m.a[side + LEVELS_ROOM] // ENTRIES_A_UNIT)
    m.a[side + LEVELS] = 0
    m.a[side + LEVELS_ROOM] = 0


@small_piece
def link_last(m: Memory, ring: int, node: int) -> None:
    last = m.a[ring + PREV]
    m.a[node + NEXT] = ring
    m.a[node + PREV] = last
    m.a[last + NEXT] = node
    m.a[ring + PREV] = node


@small_piece
def unlink(m: Memory, node: int) -> None:
    after, before = m.a[node + NEXT], m.a[node + PREV]
    m.a[before + NEXT] = after
    m.a[after + PREV] = before


@small_piece
def show_tip(m: Memory, order: int, node: int, quantity: int) -> None:
    """Split an open quantity into what shows and what an iceberg hides."""
    display = m.a[order + DISPLAY]
    shown = quantity
    if display != NULL32 and display < quantity:
        shown = display
    m.a[node + SHOWN] = shown
    m.a[node + HIDDEN] = quantity - shown


@small_piece
def rest(m: Memory, side: int, key: int, node: int, sequence: int) -> None:
    """Link an hour's node, its quantity set, last at its price on a side of its book."""
    level = level_at(m, side, key)
    link_last(m, level, node)
    m.a[node + LEVEL] = level
    m.w[(node + NODE_SEQUENCE) >> 1] = sequence
    m.w[(level + LEVEL_TOTAL) >> 1] += m.a[node + SHOWN] + m.a[node + HIDDEN]


@small_piece
def end_hour(m: Memory, key: int, node: int) -> int:
    """Take a resting node out of the level of `key`, which goes where it was the last; return what was open."""
    quantity = m.a[node + SHOWN] + m.a[node + HIDDEN]
    level = m.a[node + LEVEL]
    unlink(m, node)
    m.a[node + LEVEL] = 0
    m.a[node + SHOWN] = 0
    m.a[node + HIDDEN] = 0
    m.w[(level + LEVEL_TOTAL) >> 1] -= quantity
    if m.a[level + NEXT] == level:
        side = m.a[level + RING]
        remove_level(m, side, place_of(m, side, key))
    return quantity
