"""A matcher's sign of life, from a thread and a session of its own: it goes on while a batch runs or markets load."""

from __future__ import annotations

import time
from threading import Event, Thread
from typing import Any

import psycopg
import structlog
from django.db import connection as django_connection

from matching.leases import BEAT_ALONGSIDE, LEASE_S

BEAT_S = LEASE_S / 5

STUCK_S = 60.0
"""A matcher that has not come round for so long is as good as dead: it is silent, and others take over."""

log = structlog.get_logger(__name__)


class Heartbeat:
    """Says that the matcher `name` lives, every BEAT_S between entering and leaving, as long as `come_round` is called."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stop = Event()
        self._came_round = time.monotonic()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def come_round(self) -> None:
        """Note that the matcher is at work and not stuck."""
        self._came_round = time.monotonic()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with session(self._name) as connection:
                    self._beat(connection)
            except psycopg.Error as error:
                log.warning("no heartbeat", error=str(error).partition("\n")[0])
                self._stop.wait(BEAT_S)

    def _beat(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stop.wait(BEAT_S):
            if time.monotonic() - self._came_round < STUCK_S:
                connection.execute(BEAT_ALONGSIDE, [LEASE_S, self._name])


def session(name: str) -> psycopg.Connection[Any]:
    """Open a session of the matcher `name` beside Django's pool; whoever takes its markets over can tell it by the name."""
    parameters = django_connection.get_connection_params() | {"application_name": name, "connect_timeout": 5}
    connection: psycopg.Connection[Any] = psycopg.connect(**parameters, autocommit=True)
    return connection
