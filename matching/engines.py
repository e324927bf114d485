"""Which engine the exchange runs."""

from __future__ import annotations

from matching.engine.interface import Engine


def make_engine() -> Engine:
    """Return an empty engine: the kernel, imported only now because it brings numba; the reference where it is not installed."""
    try:
        from matching.engine.kernel import KernelEngine
    except ImportError:
        from matching.engine.reference import ReferenceEngine

        return ReferenceEngine()
    return KernelEngine()
