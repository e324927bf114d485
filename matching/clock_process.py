"""The clock as a process: tells the time, takes the planned steps of halts, watches prices, settles reference prices.

Any number may run, anywhere: each thing is done once because the database lets it be done once, not because one clock is chosen.
The time is the database's. A clock that has reason to doubt it does nothing but say so, and order entry goes on refusing closed hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import psycopg
import structlog
from django.db import Error as DatabaseError
from django.db import connection

from matching.breaker import forget_old_prices, watch_prices
from matching.clock import tell_time
from matching.halts import take_due_steps
from matching.heartbeat import session
from matching.references import settle_references
from matching.rulings import forget_closed_rulings

TICK_S = 0.5
LOOK_S = 0.2
"""Trades wake the clock, but not more often than this."""

UPKEEP_S = 60.0
RETRY_S = (0.1, 5.0)

SKEW_S_MAX = 30.0
"""How far the database's clock and this host's may be apart."""

HOLD_S = 600.0
"""How long a clock waits after the time has jumped ahead before it believes it."""

log = structlog.get_logger(__name__)


class TimeInDoubt(Exception):
    """The database's time is not to be acted on; the text says why."""


@dataclass(slots=True)
class Timepiece:
    """The database's time, believed only while it agrees with this host's clock and goes as fast as its stopwatch.

    A jump back does no harm, since nothing is told twice. A jump ahead would close gates early, so it is believed only once it has stood for
    HOLD_S: time enough to put the clock right, and an end to the waiting where it was put right by the jump.
    """

    host_clock: Callable[[], datetime]
    stopwatch: Callable[[], float]  # seconds, also while the host sleeps
    _told: datetime | None = None
    _told_at: float = 0.0
    _jumped_at: float | None = None

    def believe(self, told: datetime) -> datetime:
        """Return the database's time `told`; raises TimeInDoubt."""
        ran = self.stopwatch()
        if self._told is not None and (told - self._told).total_seconds() - (ran - self._told_at) > SKEW_S_MAX:
            self._jumped_at = ran
        self._told, self._told_at = told, ran
        if abs(apart := (told - self.host_clock()).total_seconds()) > SKEW_S_MAX:
            raise TimeInDoubt(f"the database's clock and this host's are {apart:+.0f} s apart")
        if self._jumped_at is not None and ran - self._jumped_at < HOLD_S:
            raise TimeInDoubt(f"the time has jumped ahead; it is believed in {HOLD_S - (ran - self._jumped_at):.0f} s")
        self._jumped_at = None
        return told


def boot_seconds() -> float:
    """Return the seconds since the host started, asleep or awake."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class ClockProcess:
    """Runs until `stop` is set; waits for the database, and comes back after every error."""

    def __init__(self, *, host_clock: Callable[[], datetime], stop: Event) -> None:
        self._timepiece = Timepiece(host_clock, boot_seconds)
        self._stop = stop
        self._upkept_at = -UPKEEP_S
        self._doubt = ""

    def run(self) -> None:
        """Tick until told to stop."""
        retry_s = RETRY_S[0]
        while not self._stop.is_set():
            try:
                with session("clock") as listening:
                    listening.execute("LISTEN trades")
                    log.info("ready")
                    while not self._stop.is_set():
                        self.tick()
                        retry_s = RETRY_S[0]
                        self._stop.wait(LOOK_S)
                        for _ in listening.notifies(timeout=TICK_S - LOOK_S, stop_after=1):
                            pass
            except (psycopg.Error, DatabaseError) as error:
                log.warning("waiting for the database", error=str(error).partition("\n")[0], retry_s=retry_s)
            except Exception:
                log.exception("a tick failed", retry_s=retry_s)
            else:
                continue
            connection.close()
            self._stop.wait(retry_s)
            retry_s = min(2 * retry_s, RETRY_S[1])
        log.info("stopped")

    def tick(self) -> None:
        """Do everything that is due by the database's time."""
        try:
            now = self._timepiece.believe(database_time())
        except TimeInDoubt as doubt:
            if not self._doubt:
                log.error("the time is in doubt; nothing is told", why=str(doubt))
            self._doubt = str(doubt)
            return
        self._doubt = ""
        told = tell_time(now=now)
        steps, halts = take_due_steps(now=now), watch_prices(now=now)
        if told.closings or told.minutes or steps or halts:
            log.info("told", closings=told.closings, minutes=told.minutes, steps=steps, breaker_halts=halts)
        if time.monotonic() - self._upkept_at >= UPKEEP_S:
            self._upkept_at = time.monotonic()
            if bands := settle_references(now=now):
                log.info("reference prices settled", bands=bands)
            forget_old_prices(now=now)
            forget_closed_rulings()


def database_time() -> datetime:
    """Return the database's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now
