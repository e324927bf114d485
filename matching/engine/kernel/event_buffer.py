"""The memory that events are written to: libc's, as a command can tell any number of them and `realloc` must do in its middle."""

import ctypes
import weakref
from contextlib import suppress

import numpy as np

from matching.engine.dtypes import EVENT

HUGE_PAGE = 2**21
MADV_HUGEPAGE = 14
"""Linux's madvise(2): fewer page faults while much is written; where it is refused, nothing is lost."""

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.aligned_alloc.restype, libc.aligned_alloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t, ctypes.c_size_t]
libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]
madvise = getattr(libc, "madvise", None)


SPARE_MAX = 2**27
spare: list[tuple[int, int]] = []
"""At most one large buffer given back, with its size: the system would clear the pages of a new one."""


def new_buffer(size: int) -> tuple[int, int]:
    """Return the address of at least `size` bytes, and how many they are; raises MemoryError."""
    if size >= HUGE_PAGE:
        with suppress(IndexError):
            found = spare.pop()
            if size <= found[1] <= 4 * size:
                return found
            libc.free(found[0])
    return allocated(size), size


def allocated(size: int) -> int:
    """Return the address of `size` bytes, of huge pages where they are many."""
    if size < HUGE_PAGE:
        address = libc.malloc(size)
    else:
        address = libc.aligned_alloc(HUGE_PAGE, -(-size // HUGE_PAGE) * HUGE_PAGE)
        if address and madvise is not None:
            madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), MADV_HUGEPAGE)
    if not address:
        raise MemoryError("There is no memory for the engine's events. Free some, then start again.")
    return int(address)


def give_back(address: int, size: int) -> None:
    """Keep a large buffer for the next who wants one, or free it."""
    if HUGE_PAGE <= size <= SPARE_MAX and not spare:
        spare.append((address, size))
    else:
        libc.free(address)


def view_of(address: int, size: int) -> memoryview:
    """Return the bytes of a buffer, to be sliced; they must not outlive it."""
    return memoryview((ctypes.c_ubyte * size).from_address(address))


def copied(view: memoryview, size: int) -> np.ndarray:
    """Return a copy of the events in the first `size` bytes of a view."""
    return np.ndarray(size // EVENT.itemsize, EVENT, bytearray(view[:size]))


def handed_over(address: int, size: int, room: int) -> np.ndarray:
    """Return the events in the first `size` bytes of a buffer of `room` without a copy; the array gives it back in the end."""
    memory = (ctypes.c_char * size).from_address(address)
    at_its_end = weakref.finalize(memory, give_back, address, room)
    at_its_end.atexit = False  # type: ignore[misc]  # the array may still be read while the interpreter goes
    events: np.ndarray = np.frombuffer(memoryview(memory), dtype=EVENT)
    return events
