"""Which engine the exchange runs."""

from __future__ import annotations

from matching.engine.interface import Engine


def make_engine() -> Engine:
    """Return an empty engine: the kernel, imported only now because it brings numba."""
    from matching.engine.kernel import KernelEngine

    return KernelEngine()
