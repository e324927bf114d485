"""Bytes joined in memory of huge pages: where much is copied to new memory, page faults take more time than copying."""

import ctypes
from collections.abc import Sequence

from matching.engine.kernel.event_buffer import HUGE_PAGE, MADV_HUGEPAGE, madvise

HEADER = bytes.__basicsize__ - 1
"""Of a bytes object, before its content."""

new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
new_bytes.restype, new_bytes.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_ssize_t]
"""Given no content, it returns bytes to be filled in before anyone else sees them (Python/C API Reference, "Bytes Objects")."""


def joined(parts: Sequence[bytes | memoryview]) -> bytes:
    """Return the parts one after another, as `b"".join` would."""
    size = sum(map(len, parts))
    if size < HUGE_PAGE:
        return b"".join(parts)
    data: bytes = new_bytes(None, size)
    at = id(data) + HEADER
    first = -(-at // HUGE_PAGE) * HUGE_PAGE
    if madvise is not None:
        madvise(ctypes.c_void_p(first), ctypes.c_size_t((at + size - first) // HUGE_PAGE * HUGE_PAGE), MADV_HUGEPAGE)
    content = memoryview((ctypes.c_char * size).from_address(at)).cast("B")
    done = 0
    for part in parts:
        content[done : done + len(part)] = part
        done += len(part)
    return data
