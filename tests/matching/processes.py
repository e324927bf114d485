"""Real matcher processes for tests, and what they say."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Thread

from django.conf import settings

WAIT_S_MAX = 30.0


class MatcherProcess:
    """One `manage.py matcher`, or another `command`, over the test's database; every line that it logs is kept."""

    def __init__(self, environment: dict[str, str], command: str = "matcher") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", command],
            cwd=settings.BASE_DIR,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._lines: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)

    def wait_for(self, *words: str) -> None:
        """Wait for the next line with any of `words`."""
        deadline = time.monotonic() + WAIT_S_MAX
        while True:
            try:
                self.said.append(self._lines.get(timeout=max(0.0, deadline - time.monotonic())))
            except Empty:
                raise AssertionError(f"none of {words} in {''.join(self.said)}") from None
            if any(each in self.said[-1] for each in words):
                return

    def send(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self) -> None:
        """Kill it if it still runs."""
        self.process.kill()
        self.process.wait()


@contextmanager
def clocks(environment: dict[str, str], count: int) -> Iterator[list[MatcherProcess]]:
    """Run clocks, all started at once; killed at the end."""
    running = [MatcherProcess(environment, "clock") for _ in range(count)]
    try:
        yield running
    finally:
        for each in running:
            each.end()


@contextmanager
def matchers(environment: dict[str, str], count: int) -> Iterator[list[MatcherProcess]]:
    """Run matchers, each started when the one before it holds its leases or stands by; killed at the end."""
    running: list[MatcherProcess] = []
    try:
        for number in range(count):
            running.append(MatcherProcess(environment))
            if number < count - 1:
                running[-1].wait_for("ready")
        yield running
    finally:
        for each in running:
            each.end()


def wait_until(condition: Callable[[], bool], *, seconds: float = WAIT_S_MAX) -> float:
    """Wait for a condition and return how many seconds that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - started
