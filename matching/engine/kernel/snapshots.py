"""A snapshot of the kernel's memory as it stands: the state block, the tables, and what is used of the arena.

Nothing in these is an address but what `OWN` names, so they are right wherever they are put.
"""

import numpy as np

from matching.engine.kernel.compiling import source_stamp
from matching.engine.kernel.entries import Entries
from matching.engine.kernel.huge_bytes import joined
from matching.engine.kernel.layout import ADDRESS, ARENA_END, BUMP, EVENTS, EVENTS_END, FREE, NEXT_EVENT
from matching.engine.kernel.memory import ARENA, IDS, MARKETS, MINUTES, OWNERS, PAGES, SITE_NUMBERS
from matching.engine.snapshot import Checksum, unwrap, wrap

MAKER = b"suan-knl"

OWN = [ARENA_END, NEXT_EVENT, EVENTS, EVENTS_END, *range(ADDRESS, FREE)]
"""What a state block says of its own process: addresses, and the room there."""

TABLES = {
    IDS: np.int64,
    MARKETS: np.int64,
    PAGES: np.int64,
    SITE_NUMBERS: np.int64,
    MINUTES: np.int64,
    OWNERS: np.int32,
}


def layout() -> bytes:
    """Say what the memory means; any other source may mean otherwise."""
    return f"{source_stamp():016x}".encode()


def checksum_by(entries: Entries) -> Checksum:
    def checksum(section: memoryview) -> int:
        words = np.frombuffer(section, dtype=np.int64)
        return int(entries.checksum(words.ctypes.data, len(words))) & (2**64 - 1)

    return checksum


def take(entries: Entries, state: np.ndarray, memory: dict[int, np.ndarray]) -> bytes:
    """Return the bytes of a snapshot; `memory` has the arrays by their places in the state block."""
    kept = state.copy()
    kept[OWN] = 0
    sections = [kept, *(memory[name] for name in TABLES), memory[ARENA][: int(state[BUMP])]]
    views = [memoryview(section).cast("B") for section in sections]  # type: ignore[arg-type]
    return wrap(views, maker=MAKER, layout=layout(), checksum=checksum_by(entries), join=joined)


def read(entries: Entries, data: bytes) -> tuple[np.ndarray, dict[int, np.ndarray], np.ndarray]:
    """Return the state, new tables by their places, and the arena where it stands in `data`; raises UnreadableSnapshot."""
    state, *tables, arena = unwrap(data, maker=MAKER, layout=layout(), checksum=checksum_by(entries))
    return (
        np.frombuffer(state, dtype=np.int64),
        {
            name: np.frombuffer(table, dtype=kind).copy()
            for (name, kind), table in zip(TABLES.items(), tables, strict=True)
        },
        np.frombuffer(arena, dtype=np.int32),
    )
