"""The kernel is there before any actor waits for it."""

from __future__ import annotations

import pytest

from matching.engines import make_engine


@pytest.fixture(scope="session", autouse=True)
def kernel() -> None:
    """Compile the kernel, or load it."""
    make_engine()
