"""The same work by many threads at once, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def in_threads(count: int, work: Callable[[int], None]) -> list[Exception]:
    """Run `work(0..count-1)` at once and return what went wrong."""
    failures: list[Exception] = []
    start = threading.Barrier(count)

    def run(row: int) -> None:
        try:
            start.wait()
            work(row)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[row]) for row in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
