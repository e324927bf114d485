"""The engine as a compiled kernel. Importing this package is quick; numba comes in with the first engine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.engine.kernel.engine import KernelEngine

__all__ = ["KernelEngine"]


def __getattr__(name: str) -> Any:
    if name != "KernelEngine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from matching.engine.kernel.engine import KernelEngine

    return KernelEngine
