"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_S_MAX = 60


def wait_until(condition: Callable[[], bool]) -> float:
    """Wait for a condition and return how many seconds that took."""
    started = time.perf_counter()
    while not condition():
        assert time.perf_counter() < started + WAIT_S_MAX, "nothing happens"
        time.sleep(0.005)
    return time.perf_counter() - started
