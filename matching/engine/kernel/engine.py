"""The kernel as an `interface.Engine`: owns its memory, grows it when the kernel asks, and makes arrays of what it tells."""

import weakref
from functools import cache

import numpy as np

from matching.engine.bounds import FLEXIBILITY_MAX, HOURS_MAX
from matching.engine.dtypes import COMMAND, EVENT, INDICATIVE, RESTING, WHY_NOT, Detail, Do
from matching.engine.interface import BrokenBook
from matching.engine.kernel import room, snapshots
from matching.engine.kernel.entries import Entries, load_entries
from matching.engine.kernel.event_buffer import HUGE_PAGE, copied, give_back, handed_over, new_buffer, view_of
from matching.engine.kernel.ids import MASK, USED, make_id_table
from matching.engine.kernel.invariants import SENTENCES
from matching.engine.kernel.layout import (
    AN_HOUR,
    AN_HOUR_MAX,
    ARENA_END,
    BUMP,
    DETAIL,
    EVENTS,
    EVENTS_END,
    HEADER,
    LAST_SEQUENCE,
    MARKET_SIZE,
    MINUTE,
    MINUTE_SIZE,
    NEED,
    NEXT_EVENT,
    OUT_OF_MEMORY,
    OWNER_COUNTS,
    PAGE_SHIFT,
    PAGE_SIZE,
    REQUEST,
    SITES_MAX,
    SPAN_MAX,
    STATE_SIZE,
    TABLES_TIGHT,
    UNIT,
)
from matching.engine.kernel.levels import FIRST_ROOM
from matching.engine.kernel.memory import (
    ARENA,
    IDS,
    MARKETS,
    MINUTES,
    OWNERS,
    PAGES,
    SCRATCH,
    SCRATCH_ROOM,
    SITE_NUMBERS,
    TOUCHED_LIST,
    TOUCHED_ROOM,
)
from matching.engine.kernel.search import SITE_COSTS
from matching.engine.kernel.table import make_table, slots_for

LINE = 64
"""Bytes of a cache line; the arena starts at one."""
ARENA_MAX = 2**31
"""int32s that an int32 can index: 8 GB."""

FIRST_ARENA = 2**16
FIRST_SLOTS = 1024
FIRST_EVENTS = 1024
EVENTS_A_COMMAND = {Detail.TRADES: 1, Detail.OUTCOMES: 1, Detail.ALL: 3}
"""Room made for a call's events; more make it grow."""

AN_ORDER_TO_LOAD = 2 * HEADER + MARKET_SIZE + MINUTE_SIZE + 4 * UNIT
"""int32s that an order may need to be put back, beside its hours and its pages."""

load_entries_once = cache(load_entries)


def address_of(array: np.ndarray) -> int:
    return array.ctypes.data  # __array_interface__ spells out the dtype each time: eight times slower


def new_arena(size: int) -> np.ndarray:
    """Return `size` int32s from the start of a cache line, not initialised: nothing reads what was not written."""
    room_to_move = np.empty(size + LINE // 4, dtype=np.int32)
    skip = -address_of(room_to_move) % LINE // 4
    return room_to_move[skip : skip + size]


def pages_of(orders: np.ndarray, spans: np.ndarray) -> int:
    """Return at least how many pages the hours of `orders` lie in, each of so many hours; each span of pages counts once."""
    first = orders["start"].astype(np.int64) >> PAGE_SHIFT
    length = (orders["start"].astype(np.int64) + spans >> PAGE_SHIFT) - first + 1  # at most 20
    distinct = np.unique((orders["market"].astype(np.int64) << 32 | first) << 5 | length)
    return int((distinct & 31).sum())


class KernelEngine:
    """`interface.Engine`, compiled. One thread at a time; other threads run while a call does."""

    def __init__(self) -> None:
        self._entries: Entries = load_entries_once()
        self._state = np.zeros(STATE_SIZE, dtype=np.int64)
        self._state[BUMP] = 4 * UNIT  # index 0 is nothing
        self._state[MINUTE] = -1
        self._state[AN_HOUR_MAX] = AN_HOUR + 4 * FIRST_ROOM
        self._state_at = address_of(self._state)
        self._numbers = memoryview(self._state)  # type: ignore[arg-type]  # the state again, quicker to index from Python
        self._keep: dict[int, np.ndarray] = {}
        self._set_array(ARENA, new_arena(FIRST_ARENA), ARENA_END)
        self._keep[ARENA][: 4 * UNIT] = 0  # so that looking into it finds nothing
        self._set_array(IDS, make_id_table(FIRST_SLOTS))
        for table in (MARKETS, PAGES, SITE_NUMBERS, MINUTES):
            self._set_array(table, make_table(FIRST_SLOTS))
        self._set_array(OWNERS, np.zeros(2 * OWNER_COUNTS, dtype=np.int32))
        self._set_array(SCRATCH, np.empty(SITE_COSTS + 64, dtype=np.int64), SCRATCH_ROOM)
        self._set_array(TOUCHED_LIST, np.empty(64, dtype=np.int32), TOUCHED_ROOM)
        self._new_events(FIRST_EVENTS)
        state = self._state
        weakref.finalize(self, lambda: give_back(int(state[EVENTS]), int(state[EVENTS_END] - state[EVENTS])))

    def _set_array(self, name: int, array: np.ndarray, size: int | None = None) -> None:
        self._keep[name] = array
        self._state[name] = address_of(array)
        if size is not None:
            self._state[size] = len(array)

    def _new_events(self, rows: int) -> None:
        """Take a new buffer for events; the old one is somebody else's now."""
        address, size = new_buffer(rows * EVENT.itemsize)
        self._numbers[EVENTS], self._numbers[EVENTS_END] = address, address + size
        self._events_view, self._events_at = view_of(address, size), address

    # Commands

    def apply(self, commands: np.ndarray, detail: Detail = Detail.OUTCOMES) -> np.ndarray:
        """Play `commands` (shape (n,), dtype COMMAND) in order and return their events up to `detail` (shape (m,), dtype EVENT)."""
        if (commands.dtype is not COMMAND and commands.dtype != COMMAND) or commands.ndim != 1:
            raise TypeError(f"commands must be a flat array of dtypes.COMMAND, not {commands.dtype}")
        rows = commands if commands.flags.c_contiguous else np.ascontiguousarray(commands)
        numbers, count = self._numbers, len(rows)
        likely = count * EVENTS_A_COMMAND[detail]
        if likely * EVENT.itemsize > numbers[EVENTS_END] - numbers[EVENTS]:
            give_back(numbers[EVENTS], numbers[EVENTS_END] - numbers[EVENTS])
            self._new_events(likely)
        numbers[NEXT_EVENT] = numbers[EVENTS]
        numbers[DETAIL] = detail
        rows_at = address_of(rows)
        row = self._entries.apply(self._state_at, rows_at, 0, count)
        while row < count:
            self._grow(numbers[REQUEST], numbers[NEED])
            row = self._entries.apply(self._state_at, rows_at, row, count)
        return self._events()

    def _events(self) -> np.ndarray:
        """Return what was told: few events as a copy, many in the buffer itself, which costs nothing."""
        numbers = self._numbers
        if numbers[OUT_OF_MEMORY]:
            raise MemoryError("Events were lost: no memory for them. Rebuild the engine from stored orders.")
        address, size = numbers[EVENTS], numbers[NEXT_EVENT] - numbers[EVENTS]
        if size < HUGE_PAGE:
            if address != self._events_at or size > len(self._events_view):  # they grew, perhaps elsewhere
                self._events_view, self._events_at = view_of(address, size), address
            return copied(self._events_view, size)
        room = numbers[EVENTS_END] - address
        self._new_events(FIRST_EVENTS)
        return handed_over(address, size, room)

    # Growth

    def _grow(self, request: int, need: int) -> None:
        match request:
            case room.MORE_ARENA:
                self._grow_arena(need)
            case room.MORE_TABLES:
                self._grow_tables(need, need)
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
        self._set_arena(old[: int(self._state[BUMP])], size)

    def _set_arena(self, used: np.ndarray, size: int) -> None:
        """Take a new arena of `size` int32s that starts with a copy of `used`."""
        arena = new_arena(size)
        arena[: len(used)] = used
        self._set_array(ARENA, arena, ARENA_END)

    def _grow_tables(self, orders: int = 0, pages: int = 0, minutes: int = 0) -> None:
        """Make every table wide enough for so many more entries, and for those of one command."""
        for name, more in (
            (IDS, orders),
            (MARKETS, orders),
            (SITE_NUMBERS, orders),
            (PAGES, pages),
            (MINUTES, minutes),
        ):
            old = self._keep[name]
            entries = int(old[USED]) + more
            slots = slots_for(2 * entries if name == IDS else entries)  # ids are kept at a quarter: see ids.py
            if slots > int(old[MASK]) + 1:
                self._move_table(name, slots)
        self._numbers[TABLES_TIGHT] = 0

    def _move_table(self, name: int, slots: int) -> None:
        table = make_id_table(slots) if name == IDS else make_table(slots)
        copy = self._entries.copy_ids if name == IDS else self._entries.copy_table
        copy(address_of(self._keep[name]), address_of(table))
        self._set_array(name, table)

    # What is open

    def resting(self) -> np.ndarray:
        """Return everything open (dtype RESTING), sorted by id, then hour; a block is one row."""
        rows = np.empty(self._entries.read(self._state_at, 0), dtype=RESTING)
        if len(rows):
            self._entries.read(self._state_at, address_of(rows))
        return rows[np.lexsort((rows["alternative"], rows["hour"], rows["id"]))]

    def resting_of(self, ids: np.ndarray) -> np.ndarray:
        """Return what is open of the orders `ids` (dtype RESTING); see `interface.Engine.resting_of`."""
        wanted = np.ascontiguousarray(ids, dtype=np.int64)
        asked = self._state_at, address_of(wanted), len(wanted)
        rows = np.empty(self._entries.read_many(*asked, 0), dtype=RESTING)
        if len(rows):
            self._entries.read_many(*asked, address_of(rows))
        return rows

    def open_quantities(self, order_id: int) -> np.ndarray:
        """Return the open accelerators of each hour of an hourly order (shape (hours,), int32), or of a block (shape (1,))."""
        state_at = self._state_at
        quantities = np.zeros(self._entries.read_one(state_at, order_id, 0), dtype=np.int32)
        if len(quantities):
            self._entries.read_one(state_at, order_id, address_of(quantities))
        return quantities

    def indicative(self, market: int, start: int, hours: int) -> np.ndarray:
        """Return what a call auction of each hour would give now (dtype INDICATIVE); see `interface.Engine.indicative`."""
        rows = np.empty(max(hours, 0), dtype=INDICATIVE)
        self._entries.indicative(self._state_at, market, start, len(rows), address_of(rows))
        return rows

    def why_not(self, order_id: int) -> np.ndarray:
        """Say in numbers why an open order does not trade now (shape (m,), dtype WHY_NOT); see `interface.Engine.why_not`."""
        state_at, explain = self._state_at, self._entries.why_not
        rows = np.empty(explain(state_at, order_id, 0), dtype=WHY_NOT)
        return rows[: explain(state_at, order_id, address_of(rows))] if len(rows) else rows

    @property
    def last_sequence(self) -> int:
        """The highest time priority given so far."""
        return int(self._numbers[LAST_SEQUENCE])

    def load(self, orders: np.ndarray, resting: np.ndarray, last_sequence: int = 0) -> None:
        """Put orders back without matching, into an engine that has no orders yet; see `interface.Engine.load`."""
        if self._keep[IDS][USED]:
            raise ValueError("load() needs an engine that has no orders yet.")
        orders = np.ascontiguousarray(orders)
        rows = np.ascontiguousarray(resting[np.lexsort((resting["alternative"], resting["sequence"]))])
        self._make_room_to_load(orders, rows)
        failed = self._entries.load(self._state_at, address_of(orders), len(orders), address_of(rows), len(rows))
        if failed:
            raise ValueError(f"load() was given orders and quantities that do not fit together, near row {failed - 1}.")
        self._numbers[LAST_SEQUENCE] = max(last_sequence, int(resting["sequence"].max(initial=0)))

    def _make_room_to_load(self, orders: np.ndarray, rows: np.ndarray) -> None:
        """Grow everything to what `orders` could ever need; sums over orders bound it well, as nothing is shared."""
        count = len(orders)
        new_before = np.maximum.accumulate(np.where(orders["do"] == Do.NEW, np.arange(count), 0))
        spans = orders["hours"][new_before].clip(0, HOURS_MAX) + orders["start_flexibility"].clip(0, FLEXIBILITY_MAX)
        hours = int(spans.sum(dtype=np.int64))
        pages = pages_of(orders, spans)
        need = AN_ORDER_TO_LOAD * count + hours * (AN_HOUR + 4 * FIRST_ROOM) + pages * (PAGE_SIZE + UNIT)
        self._grow_arena(int(self._state[BUMP]) + need)
        minutes = len(np.unique(orders["expires_minute"]))
        self._grow_tables(count, pages, minutes)
        one_site = orders["one_site"][new_before] != 0
        span_max = int(spans[one_site].max(initial=0))
        self._set_scratch(span_max, len(np.unique(orders["site"])))

    def _set_scratch(self, span: int, sites: int) -> None:
        """Make room for a search of ONE_SITE blocks of so many hours; the kernel asks for it only when such a block comes in."""
        size = SITE_COSTS + (2 + span) * (sites + 1)
        self._set_array(SCRATCH, np.empty(size, dtype=np.int64), SCRATCH_ROOM)

    def snapshot(self) -> bytes:
        """Return all that the engine holds; see `interface.Engine.snapshot`."""
        return snapshots.take(self._entries, self._state, self._keep)

    def restore(self, data: bytes) -> None:
        """Take over what `snapshot` returned; raises UnreadableSnapshot."""
        if self._keep[IDS][USED]:
            raise ValueError("restore() needs an engine that has no orders yet.")
        state, tables, arena = snapshots.read(self._entries, data)
        own = self._state[snapshots.OWN]
        self._state[:] = state
        self._state[snapshots.OWN] = own
        for name, table in tables.items():
            self._set_array(name, table)
        self._set_arena(arena, max(FIRST_ARENA, 1 << len(arena).bit_length()))
        self._set_scratch(int(state[SPAN_MAX]), int(state[SITES_MAX]))

    def check(self) -> None:
        """Verify every invariant of the books; raises BrokenBook naming the first that does not hold."""
        place = np.zeros(1, dtype=np.int64)
        broken = self._entries.check(self._state_at, address_of(place))
        if broken:
            raise BrokenBook(SENTENCES[broken].format(place=place[0]))
