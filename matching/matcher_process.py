"""The matcher as a process: one at a time, woken by NOTIFY, with the clock's tick, until it is told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Any

import psycopg
import structlog
from django.db import Error as DatabaseError
from django.db import connection as django_connection

from matching.clock import close_gates
from matching.matcher import Matcher

MATCHER_LOCK = 0x5A0000
"""Key of the advisory lock that the one matcher at work holds on its listening connection."""

TICK_S = 1.0
RETRY_S = (0.1, 5.0)
"""The first and the longest wait after an error; each error in a row doubles it."""

log = structlog.get_logger(__name__)


class MatcherProcess:
    """Runs a Matcher until `stop` is set; `clock` tells the time.

    A second process waits for the first one's lock and takes over when it is released, at the latest when the first one's
    connection ends.
    """

    def __init__(self, *, matcher: Matcher, clock: Callable[[], datetime], stop: Event) -> None:
        self._matcher = matcher
        self._clock = clock
        self._stop = stop
        self._last_tick = 0.0
        self._retry_s = RETRY_S[0]

    def run(self) -> None:
        """Match until told to stop; waits for the database, and comes back after every error."""
        while not self._stop.is_set():
            try:
                with listening_connection() as connection:
                    if self._wait_for_lock(connection):
                        self._match(connection)
            except (psycopg.Error, DatabaseError) as error:
                log.warning("waiting for the database", error=str(error).partition("\n")[0], retry_s=self._retry_s)
            except Exception:
                log.exception("a batch failed; starting again from the database", retry_s=self._retry_s)
            else:
                continue
            self._matcher.forget()
            django_connection.close()
            self._stop.wait(self._retry_s)
            self._retry_s = min(2 * self._retry_s, RETRY_S[1])
        log.info("stopped")

    def _wait_for_lock(self, connection: psycopg.Connection[Any]) -> bool:
        """Wait until no other matcher is at work; returns whether this one is now, False when told to stop."""
        is_told = False
        while not self._stop.is_set():
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [MATCHER_LOCK]).fetchone()
            if row is not None and row[0]:
                return True
            if not is_told:
                log.info("standing by: another matcher is at work")
                is_told = True
            self._stop.wait(TICK_S)
        return False

    def _match(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("LISTEN matcher")
        started = time.perf_counter()
        self._matcher.rebuild()
        seconds = round(time.perf_counter() - started, 3)
        log.info("ready", markets=len(self._matcher.engines), rebuild_s=seconds)
        while not self._stop.is_set():
            self._tick()
            while not self._stop.is_set() and self._matcher.run_batch():
                self._tick()
            self._retry_s = RETRY_S[0]
            for _notification in connection.notifies(timeout=TICK_S / 2, stop_after=1):
                pass

    def _tick(self) -> None:
        """Tell the inbox of gates that have closed, once a second."""
        if time.monotonic() - self._last_tick >= TICK_S:
            self._last_tick = time.monotonic()
            closed = close_gates(now=self._clock())
            if closed:
                log.info("gates closed", markets=closed)


@contextmanager
def listening_connection() -> Iterator[psycopg.Connection[Any]]:
    """Open a connection of our own beside Django's pool: it holds the lock and hears notifications while batches commit."""
    parameters = django_connection.get_connection_params()
    with psycopg.connect(**parameters, autocommit=True) as connection:
        yield connection
