"""What Python calls: compiled once, cached on disk, given addresses so that a call costs next to nothing."""

from typing import Any, NamedTuple

from matching.engine.kernel.auction import read_indicative
from matching.engine.kernel.blocks import try_touched_blocks
from matching.engine.kernel.checksum import checksum_of
from matching.engine.kernel.codes import CANCEL, NEW
from matching.engine.kernel.compiling import entry, source_stamp
from matching.engine.kernel.entry_rules import field8
from matching.engine.kernel.foresight import glance_ahead, is_large, look_ahead, look_anew
from matching.engine.kernel.ids import copy_ids
from matching.engine.kernel.invariants import broken_invariant
from matching.engine.kernel.layout import C_DO, CALL_END, FOLLOWED, REQUEST, ROW, TOUCHED_COUNT
from matching.engine.kernel.loading import load_orders, load_resting, withdraw_those_not_waiting
from matching.engine.kernel.memory import COMMANDS, open_memory
from matching.engine.kernel.playing import play_cancel, play_new, play_rare
from matching.engine.kernel.pointers import other64, table64
from matching.engine.kernel.reading import read_quantities, read_resting, read_resting_of
from matching.engine.kernel.room import ENOUGH
from matching.engine.kernel.table import copy_into
from matching.engine.kernel.why_not import why_not


class Entries(NamedTuple):
    """The compiled functions. Addresses and sizes are int64; a state address is that of the state block."""

    apply: Any
    """(state, commands, first, end) -> the row to go on with: `end`, or one that needs room (the state's REQUEST)."""
    copy_ids: Any
    """(old table, new table)"""
    copy_table: Any
    """(old table, new table)"""
    read: Any
    """(state, rows of RESTING) -> how many; address 0 counts only."""
    read_many: Any
    """(state, ids, count, rows of RESTING) -> how many; address 0 counts only."""
    read_one: Any
    """(state, id, int32 quantities) -> how many; address 0 counts only."""
    why_not: Any
    """(state, id, rows of WHY_NOT) -> how many; address 0 gives the most that there may be."""
    indicative: Any
    """(state, market, first hour, hours, rows of INDICATIVE)"""
    load: Any
    """(state, orders, count, rows of RESTING, count) -> 0, or 1 + the first row that does not fit."""
    checksum: Any
    """(address, int64s) -> a checksum of so much memory"""
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
        m.s[CALL_END] = end
        if first == 0:
            m.s[FOLLOWED] = 0
        large = is_large(m)
        look_anew(m)
        for row in range(first, end):
            m.s[ROW] = row
            if large:
                look_ahead(m, row, end)
            else:
                glance_ahead(m, row, end)
            do = field8(m, row, C_DO)
            if do == NEW:
                if not play_new(m, row):
                    return row
            elif do == CANCEL:
                play_cancel(m, row)
            elif not play_rare(m, row, do):
                return row
            if m.s[TOUCHED_COUNT] > 0:
                try_touched_blocks(m)
        return end

    @entry("void(int64, int64)")
    def copy_id_table(old: int, new: int) -> None:
        if stamp != 0:
            copy_ids(table64(old), table64(new))

    @entry("void(int64, int64)")
    def copy_table(old: int, new: int) -> None:
        if stamp != 0:
            copy_into(table64(old), table64(new))

    @entry("int64(int64, int64)")
    def read(state: int, rows: int) -> int:
        return read_resting(open_memory(state), rows) + (stamp - stamp)

    @entry("int64(int64, int64, int64, int64)")
    def read_many(state: int, ids: int, count: int, rows: int) -> int:
        return read_resting_of(open_memory(state), ids, count, rows) + (stamp - stamp)

    @entry("int64(int64, int64, int64)")
    def read_one(state: int, id_: int, quantities: int) -> int:
        return read_quantities(open_memory(state), id_, quantities) + (stamp - stamp)

    @entry("int64(int64, int64, int64)")
    def explain(state: int, id_: int, rows: int) -> int:
        return why_not(open_memory(state), id_, rows) + (stamp - stamp)

    @entry("void(int64, int64, int64, int64, int64)")
    def indicative(state: int, market: int, start: int, hours: int, rows: int) -> None:
        if stamp != 0:
            read_indicative(open_memory(state), market, start, hours, rows)

    @entry("int64(int64, int64, int64, int64, int64)")
    def load(state: int, orders: int, count: int, rows: int, row_count: int) -> int:
        m = open_memory(state)
        m.s[COMMANDS] = orders
        failed = load_orders(m, count)
        if failed == 0:
            failed = load_resting(m, rows, row_count)
            withdraw_those_not_waiting(m, count)
        return failed + (stamp - stamp)

    @entry("int64(int64, int64)")
    def checksum(address: int, count: int) -> int:
        return checksum_of(other64(address), count) + (stamp - stamp)

    @entry("int64(int64, int64)")
    def check(state: int, place: int) -> int:
        return broken_invariant(open_memory(state), other64(place)) + (stamp - stamp)

    return Entries(
        apply, copy_id_table, copy_table, read, read_many, read_one, explain, indicative, load, checksum, check
    )


def load_entries() -> Entries:
    return build(source_stamp())
