"""The matcher as a process: plays the link groups that it has leases of, woken by NOTIFY, until it is told to stop."""

from __future__ import annotations

import os
import secrets
import socket
import time
from threading import Event
from typing import Any

import psycopg
import structlog
from django.db import Error as DatabaseError
from django.db import connection as django_connection

from matching.engines import make_engine
from matching.heartbeat import BEAT_S, Heartbeat, session
from matching.leases import NAME_PREFIX, LeaseLost, give_time_to_load, leave, share_leases
from matching.matcher import Matcher
from matching.setbacks import OF_NO_GROUP, GroupsFailed, Setbacks, tell_operators, tell_operators_it_is_well

RETRY_S = (0.1, 5.0)
"""The first and the longest wait after an error; each error in a row doubles it."""

log = structlog.get_logger(__name__)


def process_name() -> str:
    """Name this process as no other one is or will be."""
    return f"{NAME_PREFIX}{socket.gethostname()[:32]} {os.getpid()} {secrets.token_hex(3)}"


class MatcherProcess:
    """Runs a Matcher until `stop` is set.

    Any number of them share the link groups. What one holds, another takes over at the latest when it has been silent for as
    long as a lease lasts.
    """

    def __init__(self, *, matcher: Matcher, stop: Event) -> None:
        self._matcher = matcher
        self._stop = stop
        self._name = process_name()
        self._is_told = False  # whether the log says that this one stands by
        self._setbacks = Setbacks()
        self._shared_at = 0.0
        self._retry_s = RETRY_S[0]

    def run(self) -> None:
        """Match until told to stop; waits for the database, and comes back after every error."""
        make_engine()  # loads the kernel, which would keep the first group taken over waiting
        while not self._stop.is_set():
            try:
                with session(self._name) as listening, Heartbeat(self._name) as heartbeat:
                    self._name_sessions()
                    self._match(listening, heartbeat)
                    leave(self._name)
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

    def _name_sessions(self) -> None:
        """Give Django's session the matcher's name, so that whoever takes over can end what it has locked."""
        with django_connection.cursor() as cursor:
            cursor.execute("SELECT set_config('application_name', %s, false)", [self._name])

    def _match(self, listening: psycopg.Connection[Any], heartbeat: Heartbeat) -> None:
        listening.execute("LISTEN matcher")
        self._shared_at = 0.0
        while not self._stop.is_set():
            heartbeat.come_round()
            self._share()
            if self._play():
                continue
            self._retry_s = RETRY_S[0]
            for notification in listening.notifies(timeout=BEAT_S / 2, stop_after=1):
                if notification.payload == "leases":
                    self._shared_at = 0.0

    def _play(self) -> int:
        """Run a batch of the groups that are well, and one of each other whose wait is over; returns how many commands they had."""
        played = self._run_batch(self._matcher.link_groups - self._setbacks.groups()) or 0
        for group in self._setbacks.due(time.monotonic()):
            if self._load(group) and (retried := self._run_batch({group})) is not None:
                played += retried
                self._setbacks.forget(group)
                tell_operators_it_is_well(group)
                log.info("a link group is well again", link_group=group)
        return played

    def _run_batch(self, link_groups: set[str]) -> int | None:
        """Run a batch; returns how many commands it had, None where a group failed or another matcher has taken one."""
        try:
            return self._matcher.run_batch(link_groups=link_groups)
        except LeaseLost as lost:
            log.warning("lease lost", link_groups=lost.link_groups)
            self._shared_at = 0.0
        except GroupsFailed as failed:
            for group, error in failed.errors.items():
                self._set_aside(group, error)
        return None

    def _load(self, group: str) -> bool:
        """Load a group's engine unless there is one; returns whether there is one now."""
        try:
            self._matcher.load({group} - self._matcher.loaded)
        except (LeaseLost, *OF_NO_GROUP):
            raise
        except Exception as error:
            self._set_aside(group, error)
            return False
        return True

    def _set_aside(self, group: str, error: Exception) -> None:
        retry_s = self._setbacks.note(group, time.monotonic())
        log.error("a link group fails; the others go on", link_group=group, retry_s=retry_s, exc_info=error)
        tell_operators(group, error)

    def _share(self) -> None:
        """Come to this matcher's share of the leases, BEAT_S after the last time or when one has been given back."""
        if time.monotonic() - self._shared_at < BEAT_S:
            return
        self._shared_at = time.monotonic()
        tokens = share_leases(self._name)
        new = self._matcher.hold(tokens) - self._setbacks.groups()
        self._setbacks.keep(tokens.keys())
        if new:
            give_time_to_load(self._name)
            started = time.perf_counter()
            for group in sorted(new):
                self._load(group)
            seconds = round(time.perf_counter() - started, 3)
            log.info("ready", link_groups=sorted(self._matcher.loaded), rebuild_s=seconds)
            self._shared_at = 0.0
        elif not tokens and not self._is_told:
            log.info("standing by: other matchers hold every market")
        self._is_told = not tokens
