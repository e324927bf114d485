"""Which engine the exchange runs."""

from __future__ import annotations

from importlib.util import find_spec

from matching.engine.interface import Engine


def make_engine() -> Engine:
    """Return an empty engine: the kernel, imported only now because it brings numba; the reference where it is not installed."""
    if find_spec("matching.engine.kernel") is None:
        from matching.engine.reference import ReferenceEngine

        return ReferenceEngine()
    from matching.engine.kernel import KernelEngine

    return KernelEngine()
