"""One actor at a time: who goes on is the dice's choice, and a lock that one waits for is seen and waited out.

When the scheduler chooses, every actor stands before a statement or waits in PostgreSQL for another's lock, so what happens is a
function of the seed. Two that waited for the same one would race when it lets go, so the second one's statement is cancelled, as a
lock timeout would.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import psycopg
from django.db import connections
from psycopg.pq import TransactionStatus

from tests.simulation.faults import DELAY_STEPS, JUMP_MS, Dice, Fault, Killed
from tests.simulation.sessions import open_stepped_sessions

STEPS_MAX = 60_000
PROBE_S = 0.025
"""A statement that takes longer may be waiting for a lock; then PostgreSQL is asked."""

STUCK_S = 60.0
START, REST = "start", "rest"


class Stuck(AssertionError):
    """The actors never come to an end."""


class Deadlock(AssertionError):
    """Actors wait for each other in a circle: locks are not taken in one order."""


class State(Enum):
    """Where an actor is when the scheduler chooses."""

    READY = "before a statement"
    WAITING = "for another's lock"
    DONE = "ended"


class Actor:
    """A thread with a session of its own that runs `work` until it returns or is killed."""

    def __init__(self, scheduler: Scheduler, name: str, work: Callable[[Actor], None]) -> None:
        self.scheduler = scheduler
        self.name = name
        self.state = State.READY
        self.is_dead = False
        self.session: psycopg.Connection[Any] | None = None
        self.failure: BaseException | None = None
        self.blockers: list[Actor] = []  # while it waits
        self.probes = 0
        self.sleeps_until = 0
        self.about_to = (START, False)  # the statement, and whether it makes something durable
        self.fault: Fault | None = None
        self._work = work
        self._lock = threading.Lock()
        self._in_statement = False
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Its session's process in PostgreSQL, 0 where it has none."""
        return 0 if self.session is None or self.session.closed else self.session.info.backend_pid

    @property
    def is_in_transaction(self) -> bool:
        """Whether its session may still hold locks."""
        session = self.session
        return session is not None and not session.closed and session.info.transaction_status != TransactionStatus.IDLE

    def stop_before(self, text: str, *, commits: bool) -> Fault | None:
        """Called by the actor: hand control over; returns what is to strike the statement."""
        if self.is_dead:
            raise Killed
        self.about_to = (text, commits)
        self._stopped.release()
        self._go.acquire()
        if self.is_dead:
            raise Killed
        return self.fault

    @contextmanager
    def statement(self) -> Iterator[None]:
        """Called by the actor around a statement: after one that has waited for a lock, it stops again."""
        self._in_statement = True
        try:
            yield
        finally:
            with self._lock:
                self._in_statement = False
                has_waited = self.state is State.WAITING
            if has_waited:
                self._stopped.release()
                self._go.acquire()

    def rest(self, steps: int) -> None:
        """Called by the actor: do nothing for some steps."""
        self.sleeps_until = self.scheduler.steps + steps
        self.stop_before(REST, commits=False)

    def go_on(self, fault: Fault | None = None) -> None:
        """Called by the scheduler: let the actor run."""
        self.fault = fault
        self._go.release()

    def note_waiting(self, blockers: list[Actor]) -> bool:
        """Called by the scheduler, which has seen it wait for a lock; False where the statement has just come back."""
        with self._lock:
            if self._in_statement:
                self.state, self.blockers = State.WAITING, blockers
            return self._in_statement

    @property
    def is_first_in_line(self) -> bool:
        """Whether it waits, and for nobody that waits."""
        return self.state is State.WAITING and all(blocker.state is not State.WAITING for blocker in self.blockers)

    def waits_for(self, others: list[Actor]) -> bool:
        """Whether it waits for one of `others`."""
        return self.state is State.WAITING and not set(others).isdisjoint(self.blockers)

    def has_stopped(self, timeout_s: float) -> bool:
        """Wait for the actor to stop again."""
        return self._stopped.acquire(timeout=timeout_s)

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        self._go.acquire()
        try:
            open_stepped_sessions(self)
            self._work(self)
        except Killed:
            pass
        except BaseException as error:
            self.failure = error
        finally:
            self._leave()
            self.state = State.DONE
            self._stopped.release()

    def _leave(self) -> None:
        wrapper = connections["default"]
        session = wrapper.connection
        if session is not None and not session.closed:
            session.lose()
        wrapper.connection = None
        del connections["default"]  # the thread's own


class Scheduler:
    """Steps the actors; `trace` has a line a step."""

    def __init__(self, *, dice: Dice, monitor: psycopg.Connection, session_options: str) -> None:
        self.dice = dice
        self.session_options = session_options
        self.actors: list[Actor] = []
        self.trace: list[str] = []
        self.faults: dict[str, int] = {}
        self.steps = 0
        self.is_quiet = False  # no more faults
        self.lease_ms = 0
        self._monitor = monitor
        self._last: Actor | None = None

    def start(self, name: str, work: Callable[[Actor], None]) -> Actor:
        """Add an actor, which first goes on when it is chosen."""
        actor = Actor(self, name, work)
        self.actors.append(actor)
        return actor

    def note(self, words: str) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{self.steps:>6}  {words}")

    def run(self, restart: Callable[[Actor], None]) -> None:
        """Step until every actor has ended; `restart` may start another in the place of one that was killed."""
        while any(actor.state is not State.DONE for actor in self.actors):
            if self.steps > STEPS_MAX:
                raise Stuck(f"{STEPS_MAX} steps and no end")
            self._step(self._choose())
            for actor in [actor for actor in self.actors if actor.state is State.DONE]:
                self.actors.remove(actor)
                actor.join()
                if actor.failure is not None:
                    raise actor.failure
                if actor.is_dead:
                    restart(actor)

    def end(self) -> None:
        """Kill whoever is left, after a failure."""
        for actor in self.actors:
            actor.is_dead = True
            self._monitor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s", [actor.pid])
            actor.go_on()
            actor.go_on()  # one that has waited stops once more
            actor.join()
        self.actors.clear()

    def advance_lease_clock(self, ms: int) -> None:
        """Move the clock that leases go by, which `clock_timestamp()` tells in the actors' sessions."""
        self.lease_ms += ms
        self._monitor.execute("SELECT setval('simulation.clock_ms', %s)", [max(1, self.lease_ms)])

    # The steps

    def _choose(self) -> Actor:
        ready = [actor for actor in self.actors if actor.state is State.READY]
        if not ready:
            raise Stuck("every actor waits for a lock")
        awake = [actor for actor in ready if actor.sleeps_until <= self.steps]
        if not awake:
            return min(ready, key=lambda actor: actor.sleeps_until)
        if self._last in awake and self.dice.chance.random() < self.dice.stay:
            return self._last
        return self.dice.chance.choice(awake)

    def _step(self, actor: Actor) -> None:
        text, commits = actor.about_to
        fault = None
        if not self.is_quiet and text not in (START, REST):
            if self.dice.chance.random() < self.dice.jump_rate / 10:
                jump = self.dice.chance.randint(*JUMP_MS)
                self.note(f"the leases' clock jumps {jump} ms")
                self.advance_lease_clock(jump)
            fault = self.dice.fault_at(commits=commits)
        self.steps += 1
        self._last = actor
        if fault is not None:
            self.faults[fault] = self.faults.get(fault, 0) + 1
        if text is not REST:
            self.note(f"{actor.name}: {f'{fault} ' if fault else ''}{summary(text)}")
        if fault is Fault.DELAY:
            actor.sleeps_until = self.steps + self.dice.chance.randint(*DELAY_STEPS)
            actor.about_to = (text, False)  # no second pause
            return
        self._let_on(actor, fault)
        if not actor.is_in_transaction or "pg_terminate_backend" in text:  # else no lock has been released
            self._let_on_who_has_waited()

    def _let_on(self, actor: Actor, fault: Fault | None = None) -> None:
        """Let an actor run until it stands before a statement again, has ended, or waits for a lock that no other one waits for."""
        actor.go_on(fault)
        while not self._comes_back(actor):
            blockers = self._blockers(actor)
            if blockers and actor.note_waiting(blockers):
                self._resume(actor, blockers)
                return

    def _let_on_who_has_waited(self) -> None:
        """Let those on, one after another, whose lock has been released, until all that wait are blocked."""
        while any(self._resume(actor) for actor in self.actors if actor.is_first_in_line):
            pass

    def _resume(self, actor: Actor, seen: list[Actor] | None = None) -> bool:
        """Let one that waits on if it has its lock, or waits where another does already; False where it goes on waiting."""
        is_cancelled = False
        blockers = self._blockers(actor) if seen is None else seen
        while not (stopped := actor.has_stopped(0)) and blockers and not is_cancelled:
            if blockers == actor.blockers and seen is None:
                return False
            actor.blockers = blockers
            self.note(f"{actor.name}: waits for {', '.join(sorted(blocker.name for blocker in blockers))}")
            self._refuse_circles(actor)
            if not any(other.waits_for(blockers) for other in self.actors if other is not actor):
                return False
            self.note(f"{actor.name}: cancelled, for somebody waits already")
            self._monitor.execute("SELECT pg_cancel_backend(%s)", [actor.pid])
            is_cancelled = True
        while not stopped and not self._comes_back(actor):
            if not is_cancelled and self._blockers(actor):
                return self._resume(actor)
        actor.state, actor.blockers = State.READY, []
        self._let_on(actor)
        return True

    def _comes_back(self, actor: Actor) -> bool:
        """Wait a moment for an actor to stop; raises Stuck when it has been running for too long."""
        if actor.has_stopped(PROBE_S):
            actor.probes = 0
            return True
        actor.probes += 1
        if actor.probes * PROBE_S > STUCK_S:
            raise Stuck(f"{actor.name} does not come back from {summary(actor.about_to[0])}")
        return False

    def _blockers(self, actor: Actor) -> list[Actor]:
        row = self._monitor.execute("SELECT pg_blocking_pids(%s)", [actor.pid]).fetchone()
        pids = row[0] if row else []
        return [other for other in self.actors if other.pid in pids]

    def _refuse_circles(self, actor: Actor) -> None:
        """Raise Deadlock where an actor waits for itself."""
        seen: set[Actor] = set()
        ahead = list(actor.blockers)
        while ahead:
            other = ahead.pop()
            if other is actor:
                raise Deadlock(f"{actor.name} and {', '.join(a.name for a in seen - {actor})} wait for each other")
            if other not in seen and other.state is State.WAITING:
                seen.add(other)
                ahead.extend(other.blockers)

    # Sessions

    def wait_until_gone(self, pid: int) -> None:
        """Wait until the server has ended a session and released what it had locked."""
        deadline = time.monotonic() + STUCK_S
        while self._monitor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            if time.monotonic() > deadline:
                raise Stuck(f"session {pid} does not end")
            time.sleep(0.0005)

    def wait_for_the_ended(self, before: int, ended: int) -> None:
        """Wait until of `before` sessions of actors those that a statement has `ended` are gone."""
        deadline = time.monotonic() + STUCK_S
        while self.count_sessions() > before - ended:
            if time.monotonic() > deadline:
                raise Stuck("sessions do not end")
            time.sleep(0.001)

    def count_sessions(self) -> int:
        """Count the actors' sessions that the server still has."""
        pids = [actor.pid for actor in self.actors]
        row = self._monitor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", [pids]).fetchone()
        return int(row[0]) if row else 0


def summary(text: str) -> str:
    """Shorten a statement to what tells it from others."""
    words = re.sub(r'"s\d+_x', '"s_x', " ".join(text.split()))  # Django names savepoints by thread
    return words if len(words) <= 90 else words[:87] + "..."
