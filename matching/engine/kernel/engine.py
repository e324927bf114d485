"""The kernel as an `interface.Engine`: owns its memory, grows it when the kernel asks, and makes arrays of what it tells."""

import ctypes
import weakref
from functools import cache

import numpy as np

from matching.engine.bounds import FLEXIBILITY_MAX, HOURS_MAX
from matching.engine.dtypes import COMMAND, EVENT, RESTING
from matching.engine.interface import BrokenBook
from matching.engine.kernel import room
from matching.engine.kernel.entries import Entries, load_entries
from matching.engine.kernel.invariants import SENTENCES
from matching.engine.kernel.layout import (
    ARENA_END,
    BUMP,
    EVENT_COUNT,
    EVENT_ROOM,
    EVENTS,
    HEADER,
    MARKET_SIZE,
    NEED,
    OPEN_ORDERS,
    OUT_OF_MEMORY,
    OWNER_COUNTS,
    PAGE_SIZE,
    REQUEST,
    STATE_SIZE,
    UNIT,
)
from matching.engine.kernel.memory import (
    ARENA,
    IDS,
    MARKETS,
    OWNERS,
    PAGES,
    SCRATCH,
    SCRATCH_ROOM,
    SITE_NUMBERS,
    TOUCHED_LIST,
    TOUCHED_ROOM,
)
from matching.engine.kernel.search import SITE_COSTS
from matching.engine.kernel.table import MASK, USED, make_table

LINE = 64
"""Bytes of a cache line; the arena starts at one."""
ARENA_MAX = 2**31
"""int32s that an int32 can index: 8 GB."""

ROOM_AN_ORDER = HEADER + PAGE_SIZE + MARKET_SIZE
"""int32s that an order may need beside its hours."""

load_entries_once = cache(load_entries)


def address_of(array: np.ndarray) -> int:
    return array.ctypes.data  # __array_interface__ spells out the dtype each time: eight times slower


def new_arena(size: int) -> np.ndarray:
    """Return `size` int32s from the start of a cache line, not initialised: nothing reads what was not written."""
    room_to_move = np.empty(size + LINE // 4, dtype=np.int32)
    skip = -address_of(room_to_move) % LINE // 4
    return room_to_move[skip : skip + size]


class KernelEngine:
    """`interface.Engine`, compiled. One thread at a time; other threads run while a call does."""

    def __init__(self) -> None:
        self._entries: Entries = load_entries_once()
        self._state = np.zeros(STATE_SIZE, dtype=np.int64)
        self._state[BUMP] = 4 * UNIT  # index 0 is nothing
        self._state_at = address_of(self._state)
        self._numbers = memoryview(self._state)  # type: ignore[arg-type]  # the state again, quicker to index from Python
        self._keep: dict[int, np.ndarray] = {}
        self._set_array(ARENA, new_arena(2**16), ARENA_END)
        for table, slots in ((IDS, 256), (MARKETS, 16), (PAGES, 256), (SITE_NUMBERS, 16)):
            self._set_array(table, make_table(slots))
        self._set_array(OWNERS, np.zeros(2 * OWNER_COUNTS, dtype=np.int32))
        self._set_array(SCRATCH, np.empty(SITE_COSTS + 64, dtype=np.int64), SCRATCH_ROOM)
        self._set_array(TOUCHED_LIST, np.empty(64, dtype=np.int32), TOUCHED_ROOM)
        self._make_events(1024)

    def _set_array(self, name: int, array: np.ndarray, size: int | None = None) -> None:
        self._keep[name] = array
        self._state[name] = address_of(array)
        if size is not None:
            self._state[size] = len(array)

    def _make_events(self, rows: int) -> None:
        libc = ctypes.CDLL(None)
        libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
        address = libc.malloc(rows * EVENT.itemsize)
        if not address:
            raise MemoryError("There is no memory for the engine's events. Free some, then start again.")
        self._state[EVENTS], self._state[EVENT_ROOM] = address, rows
        state = self._state
        weakref.finalize(self, lambda: libc.free(int(state[EVENTS])))

    # Commands

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Play `commands` (shape (n,), dtype COMMAND) in order and return their events (shape (m,), dtype EVENT)."""
        if (commands.dtype is not COMMAND and commands.dtype != COMMAND) or commands.ndim != 1:
            raise TypeError(f"commands must be a flat array of dtypes.COMMAND, not {commands.dtype}")
        rows = commands if commands.flags.c_contiguous else np.ascontiguousarray(commands)
        numbers, count = self._numbers, len(rows)
        numbers[EVENT_COUNT] = 0
        rows_at = address_of(rows)
        row = self._entries.apply(self._state_at, rows_at, 0, count)
        while row < count:
            self._grow(numbers[REQUEST], numbers[NEED])
            row = self._entries.apply(self._state_at, rows_at, row, count)
        return self._events()

    def _events(self) -> np.ndarray:
        if self._numbers[OUT_OF_MEMORY]:
            raise MemoryError("Events were lost: no memory for them. Rebuild the engine from stored orders.")
        events = np.empty(self._numbers[EVENT_COUNT], dtype=EVENT)
        if len(events):
            ctypes.memmove(address_of(events), self._numbers[EVENTS], events.nbytes)
        return events

    # Growth

    def _grow(self, request: int, need: int) -> None:
        match request:
            case room.MORE_ARENA:
                self._grow_arena(need)
            case room.MORE_IDS:
                self._grow_table(IDS, need)
            case room.MORE_MARKETS:
                self._grow_table(MARKETS, need)
            case room.MORE_PAGES:
                self._grow_table(PAGES, need)
            case room.MORE_SITES:
                self._grow_table(SITE_NUMBERS, need)
            case room.MORE_SCRATCH:
                self._set_array(SCRATCH, np.empty(2 * need, dtype=np.int64), SCRATCH_ROOM)
            case room.MORE_TOUCHED:
                self._set_array(TOUCHED_LIST, np.empty(2 * need, dtype=np.int32), TOUCHED_ROOM)
            case _:
                raise AssertionError(f"the kernel asked for something unknown: {request}")

    def _grow_arena(self, need: int) -> None:
        old = self._keep[ARENA]
        size = len(old)
        while size < need:
            size *= 2
        size = min(size, ARENA_MAX)
        if size < need:
            raise MemoryError("The engine's books have reached 8 GB. Split the markets over more matchers.")
        arena = new_arena(size)
        used = int(self._state[BUMP])
        arena[:used] = old[:used]
        self._set_array(ARENA, arena, ARENA_END)

    def _grow_table(self, name: int, more: int) -> None:
        old = self._keep[name]
        slots = 2 * (int(old[MASK]) + 1)
        while 2 * (int(old[USED]) + more) > slots:
            slots *= 2
        table = make_table(slots)
        self._entries.copy_table(address_of(old), address_of(table))
        self._set_array(name, table)

    # What is open

    def resting(self) -> np.ndarray:
        """Return everything open (dtype RESTING), sorted by id, then hour; a block is one row."""
        rows = np.empty(self._entries.read(self._state_at, 0), dtype=RESTING)
        if len(rows):
            self._entries.read(self._state_at, address_of(rows))
        return rows[np.lexsort((rows["hour"], rows["id"]))]

    def open_quantities(self, order_id: int) -> np.ndarray:
        """Return the open accelerators of each hour of an hourly order (shape (hours,), int32), or of a block (shape (1,))."""
        state_at = self._state_at
        quantities = np.zeros(self._entries.read_one(state_at, order_id, 0), dtype=np.int32)
        if len(quantities):
            self._entries.read_one(state_at, order_id, address_of(quantities))
        return quantities

    def load(self, orders: np.ndarray, resting: np.ndarray) -> None:
        """Put orders back without matching, into an engine that has no orders yet; see `interface.Engine.load`."""
        state = self._state
        if state[OPEN_ORDERS]:
            raise ValueError("load() needs an engine that has no orders yet.")
        orders = np.ascontiguousarray(orders)
        rows = np.ascontiguousarray(resting[np.argsort(resting["sequence"], kind="stable")])
        self._make_room_to_load(orders, rows)
        failed = self._entries.load(self._state_at, address_of(orders), len(orders), address_of(rows), len(rows))
        if failed:
            raise ValueError(f"load() was given orders and quantities that do not fit together, near row {failed - 1}.")

    def _make_room_to_load(self, orders: np.ndarray, rows: np.ndarray) -> None:
        """Grow everything to what `orders` could ever need; sums over orders bound it well, as nothing is shared."""
        count = len(orders)
        spans = orders["hours"].clip(0, HOURS_MAX) + orders["start_flexibility"].clip(0, FLEXIBILITY_MAX)
        hours = int(spans.sum(dtype=np.int64))
        self._grow_arena(int(self._state[BUMP]) + 4 * ROOM_AN_ORDER * count + hours * room.AN_HOUR)
        for table, more in ((IDS, count), (MARKETS, count), (SITE_NUMBERS, count), (PAGES, hours // 8 + 2 * count)):
            self._grow_table(table, more)
        one_site = orders["one_site"] != 0
        span_max = int(spans[one_site].max(initial=0))
        scratch = SITE_COSTS + (2 + span_max) * (len(np.unique(orders["site"])) + 1)
        self._set_array(SCRATCH, np.empty(scratch, dtype=np.int64), SCRATCH_ROOM)

    def check(self) -> None:
        """Verify every invariant of the books; raises BrokenBook naming the first that does not hold."""
        place = np.zeros(1, dtype=np.int64)
        broken = self._entries.check(self._state_at, address_of(place))
        if broken:
            raise BrokenBook(SENTENCES[broken].format(place=place[0]))
