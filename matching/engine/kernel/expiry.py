"""GTD orders by the minute when they end: a ring a minute, found by a table, so that a TIME looks at no other order."""

from matching.engine.kernel.codes import GTD
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.entry_rules import field8, field32
from matching.engine.kernel.layout import (
    C_EXPIRES,
    C_TIF,
    EXPIRES,
    EXPIRING,
    EXPIRY,
    KIND_16,
    MINUTE,
    MINUTE_SIZE,
    NEXT,
    NULL32,
    PREV,
    UNIT,
)
from matching.engine.kernel.levels import link_last, unlink
from matching.engine.kernel.memory import Memory, allocate, minute_table, release
from matching.engine.kernel.table import drop, find, put


@small_piece
def names_minute(m: Memory, row: int) -> bool:
    """Say whether a NEW is a GTD order that ends in a minute, not at its gate alone."""
    return field8(m, row, C_TIF) == GTD and field32(m, row, C_EXPIRES) != NULL32


@small_piece
def is_late(m: Memory, row: int) -> bool:
    """Say whether the minute of a NEW has come already."""
    return names_minute(m, row) and field32(m, row, C_EXPIRES) <= m.s[MINUTE]


@piece
def expire_at(m: Memory, order: int, minute: int) -> None:
    """Link an order in the ring of its minute, made where there is none."""
    ring = find(minute_table(m), minute)
    if ring == 0:
        ring = allocate(m, MINUTE_SIZE // UNIT)
        m.a[ring + NEXT] = ring
        m.a[ring + PREV] = ring
        put(m, minute_table(m), minute, ring)
    link_last(m, ring, order + EXPIRY)
    m.a[order + EXPIRES] = minute
    m.h[(order << 1) + KIND_16] |= EXPIRING


@small_piece
def is_expiring(m: Memory, order: int) -> bool:
    return m.h[(order << 1) + KIND_16] & EXPIRING != 0


@piece
def stop_expiring(m: Memory, order: int) -> None:
    """Unlink an order that goes; the ring goes with its last."""
    unlink(m, order + EXPIRY)
    minute = m.a[order + EXPIRES]
    ring = find(minute_table(m), minute)
    if m.a[ring + NEXT] == ring:
        drop(minute_table(m), minute)
        release(m, ring, MINUTE_SIZE // UNIT)
