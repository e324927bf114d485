"""How kernels are compiled: the one place that knows numba's decorators and their options."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])

SOURCES = (*sorted(Path(__file__).parent.glob("*.py")), *sorted(Path(__file__).parent.parent.glob("*.py")))


def source_stamp() -> int:
    """Return a number that changes with any source file that kernels are made of."""
    digest = hashlib.sha256()
    for path in SOURCES:
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


def piece(function: F) -> F:
    """Compile a part of the kernel; it has no cache of its own, being compiled into each entry that calls it."""
    return numba.njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)  # type: ignore[no-any-return]  # a division by zero is not checked: there is none


def small_piece(function: F) -> F:
    """Compile a part that is worth a copy at every call: a few instructions on the hot path."""
    return numba.njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)(function)  # type: ignore[no-any-return]


def entry(signature: str) -> Callable[[F], F]:
    """Compile a function that Python calls, once, with `signature`; loads from the on-disk cache where that is current.

    cache: so that no user waits; the folder is numba's own choice, or NUMBA_CACHE_DIR.
    nogil: other threads go on meanwhile; an engine is used by one thread at a time.
    An entry must close over `source_stamp()`: numba's cache knows the file of the entry alone, and would otherwise
    serve old machine code after a change in any other file.
    """

    def decorate(function: F) -> F:
        assert function.__closure__, "an entry closes over source_stamp()"
        return numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]

    return decorate
