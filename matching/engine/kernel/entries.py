"""What Python calls: compiled once, cached on disk, given addresses so that a call costs next to nothing."""

from typing import Any, NamedTuple

from matching.engine.kernel.arriving import new_order
from matching.engine.kernel.blocks import try_touched_blocks
from matching.engine.kernel.codes import CANCEL, CLOSE, NEW, REPLACE, W_CANCELLED, W_NONE
from matching.engine.kernel.compiling import entry, source_stamp
from matching.engine.kernel.ending import cancel, close, mass_cancel
from matching.engine.kernel.entry_rules import field8, field32, id_field, reason_to_reject
from matching.engine.kernel.events import tell_rejected
from matching.engine.kernel.foresight import look_ahead
from matching.engine.kernel.invariants import broken_invariant
from matching.engine.kernel.layout import (
    C_DO,
    C_MARKET,
    C_PARTICIPANT,
    C_START,
    REQUEST,
    ROW,
    TOUCHED_COUNT,
)
from matching.engine.kernel.loading import load_orders, load_resting
from matching.engine.kernel.memory import COMMANDS, id_table, open_memory
from matching.engine.kernel.pointers import to_int64
from matching.engine.kernel.reading import read_quantities, read_resting
from matching.engine.kernel.replacing import replace
from matching.engine.kernel.room import ENOUGH, has_room
from matching.engine.kernel.table import copy_into, find


class Entries(NamedTuple):
    """The compiled functions. Addresses and sizes are int64; a state address is that of the state block."""

    apply: Any
    """(state, commands, first, end) -> the row to go on with: `end`, or one that needs room (the state's REQUEST)."""
    copy_table: Any
    """(old table, new table)"""
    read: Any
    """(state, rows of RESTING) -> how many; address 0 counts only."""
    read_one: Any
    """(state, id, int32 quantities) -> how many; address 0 counts only."""
    load: Any
    """(state, orders, count, rows of RESTING, count) -> 0, or 1 + the first row that does not fit."""
    check: Any
    """(state, place) -> the invariant that does not hold, 0 when all do; `place` gets the order's id or the hour."""


def build(stamp: int) -> Entries:
    """Compile, or load from the cache, every entry. `stamp` is `source_stamp()`."""

    @entry("int64(int64, int64, int64, int64)")
    def apply(state: int, commands: int, first: int, end: int) -> int:
        m = open_memory(state)
        m.s[COMMANDS] = commands
        m.s[0] += stamp - stamp
        m.s[REQUEST] = ENOUGH
        for row in range(first, end):
            m.s[ROW] = row
            look_ahead(m, row, end)
            why = reason_to_reject(m, row)
            if why != W_NONE:
                tell_rejected(m, id_field(m, row), why)
                continue
            if not has_room(m, row):
                return row
            do = field8(m, row, C_DO)
            if do == NEW:
                new_order(m, row)
            elif do == CANCEL:
                cancel(m, find(id_table(m), id_field(m, row)), W_CANCELLED)
            elif do == REPLACE:
                replace(m, row)
            elif do == CLOSE:
                close(m, field32(m, row, C_MARKET), field32(m, row, C_START))
            else:
                mass_cancel(m, field32(m, row, C_PARTICIPANT))
            if m.s[TOUCHED_COUNT] > 0:
                try_touched_blocks(m)
        return end

    @entry("void(int64, int64)")
    def copy_table(old: int, new: int) -> None:
        if stamp != 0:
            copy_into(to_int64(old), to_int64(new))

    @entry("int64(int64, int64)")
    def read(state: int, rows: int) -> int:
        return read_resting(open_memory(state), rows) + (stamp - stamp)

    @entry("int64(int64, int64, int64)")
    def read_one(state: int, id_: int, quantities: int) -> int:
        return read_quantities(open_memory(state), id_, quantities) + (stamp - stamp)

    @entry("int64(int64, int64, int64, int64, int64)")
    def load(state: int, orders: int, count: int, rows: int, row_count: int) -> int:
        m = open_memory(state)
        m.s[COMMANDS] = orders
        failed = load_orders(m, count)
        if failed == 0:
            failed = load_resting(m, rows, row_count)
        return failed + (stamp - stamp)

    @entry("int64(int64, int64)")
    def check(state: int, place: int) -> int:
        return broken_invariant(open_memory(state), to_int64(place)) + (stamp - stamp)

    return Entries(apply, copy_table, read, read_one, load, check)


def load_entries() -> Entries:
    return build(source_stamp())
