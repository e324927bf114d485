"""How kernels are compiled: the one place that knows numba's decorators and their options."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

INNER: dict[str, Any] = {
    "error_model": "numpy",  # no check for a division by zero: the kernel divides by constants only
    "no_cpython_wrapper": True,  # Python never calls a piece, so it need not be able to: a third of the compile time
    "no_cfunc_wrapper": True,
}

HERE = Path(__file__).parent
SOURCES = (
    HERE.parent / "bounds.py",
    HERE.parent / "dtypes.py",
    *sorted(path for path in HERE.glob("*.py") if path.name not in ("__init__.py", "engine.py")),
)


def source_stamp() -> int:
    """Return a number that changes with any source file that kernels are made of."""
    digest = hashlib.sha256()
    for path in SOURCES:
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


def piece(function: F) -> F:
    """Compile a part of the kernel; it has no cache of its own, being compiled into each entry that calls it."""
    return cast(F, numba.njit(**INNER)(function))


def small_piece(function: F) -> F:
    """Compile a part that is worth a copy at every call: a few instructions on the hot path."""
    return cast(F, numba.njit(**INNER, forceinline=True)(function))


def entry(signature: str) -> Callable[[F], F]:
    """Compile a function that Python calls, once, with `signature`; loads from the on-disk cache where that is current.

    cache: so that no user waits; the folder is numba's own choice, or NUMBA_CACHE_DIR.
    nogil: other threads go on meanwhile; an engine is used by one thread at a time.
    An entry must close over `source_stamp()`: numba's cache knows the file of the entry alone, and would otherwise
    serve old machine code after a change in any other file.
    """

    def decorate(function: F) -> F:
        assert function.__closure__, "an entry closes over source_stamp()"
        compiled: Any = numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function)
        return cast(F, compiled)

    return decorate
