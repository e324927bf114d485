"""Database sessions that stop before every statement and tell the scheduler what they are about to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from unittest import mock

import psycopg
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connections
from psycopg.pq import TransactionStatus

from tests.simulation.faults import Fault, Killed

if TYPE_CHECKING:
    from tests.simulation.scheduler import Actor

BREAK = "DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '53100'; END $$"
"""A real error of the server: the disk is full."""


def is_fault(error: DatabaseError) -> bool:
    """Whether an error that Django raised is an injected one or the loss of a session, and none of the product's own making."""
    cause = error.__cause__
    if isinstance(cause, psycopg.Error) and cause.sqlstate is not None:
        return isinstance(cause, psycopg.errors.DiskFull | psycopg.errors.AdminShutdown | psycopg.errors.QueryCanceled)
    return isinstance(error, OperationalError | InterfaceError)


class SteppedCursor(psycopg.ClientCursor[Any]):
    """Asks before each statement, a COPY included."""

    connection: SteppedConnection

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Step, then execute."""
        return self.connection.step(query, lambda: super(SteppedCursor, self).execute(query, params, **options))

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:
        """Step, then execute."""
        return self.connection.step(query, lambda: super(SteppedCursor, self).executemany(query, params_seq, **options))

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **options: Any) -> Iterator[Any]:
        """Step, then copy."""
        self.connection.step(statement, lambda: None)
        with self.connection.actor.statement(), super().copy(statement, params, **options) as copy:
            yield copy


PlainCursor = psycopg.Cursor


class SteppedPreparedCursor(PlainCursor[Any]):
    """What `matching.prepared` makes for itself: asks like the others where the session is an actor's."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Step, then execute."""
        if not isinstance(self.connection, SteppedConnection):
            return super().execute(query, params, **options)
        return self.connection.step(query, lambda: super(SteppedPreparedCursor, self).execute(query, params, **options))


def stepping_prepared_statements() -> AbstractContextManager[object]:
    """Let prepared statements step too."""
    return mock.patch("matching.prepared.psycopg.Cursor", SteppedPreparedCursor)


class SteppedConnection(psycopg.Connection[Any]):
    """A session of one actor."""

    actor: Actor

    def commit(self) -> None:
        """Step, then commit; without a transaction there is nothing to stop at."""
        if self.info.transaction_status == TransactionStatus.IDLE:
            super().commit()
        else:
            self.step("COMMIT", super().commit, commits=True)

    def step(self, query: Any, run: Callable[[], Any], *, commits: bool = False) -> Any:
        """Hand control over, and when it comes back run the statement, or what the scheduler says strikes it."""
        text = query if isinstance(query, str) else str(query)
        fault = self.actor.stop_before(text, commits=commits or self.autocommit)
        match fault:
            case Fault.KILL:
                self.die()
            case Fault.LOST:
                self.lose()
            case Fault.ERROR:
                self._break()
        ends_others = "pg_terminate_backend" in text
        before = self.actor.scheduler.count_sessions() if ends_others else 0
        with self.actor.statement():
            result = run()
        if ends_others:
            self.actor.scheduler.wait_for_the_ended(before, result.rowcount)
        match fault:
            case Fault.KILL_AFTER:
                self.die()
            case Fault.LOST_REPLY:
                self.lose()
                raise psycopg.OperationalError("the connection was lost before the answer came")
        return result

    def lose(self) -> None:
        """Close the session under its user, and wait until the server has noticed."""
        pid = self.info.backend_pid
        self.close()
        self.actor.scheduler.wait_until_gone(pid)

    def die(self) -> None:
        """End the actor."""
        self.actor.is_dead = True
        self.lose()
        raise Killed

    def _break(self) -> None:
        """Let the server raise an error, which ends the transaction."""
        with PlainCursor(self) as cursor:
            cursor.execute(BREAK)


def open_stepped_sessions(actor: Actor) -> None:
    """Make every session that this thread opens through Django a stepped one of `actor`."""
    wrapper: Any = connections["default"]
    wrapper.settings_dict = deepcopy(wrapper.settings_dict)
    wrapper.settings_dict["OPTIONS"].pop("pool", None)
    parameters_of = wrapper.get_connection_params

    def get_connection_params() -> dict[str, Any]:
        return {**parameters_of(), "cursor_factory": SteppedCursor, "options": actor.scheduler.session_options}

    def get_new_connection(parameters: dict[str, Any]) -> SteppedConnection:
        if actor.is_dead:
            raise Killed
        wrapper.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        session = SteppedConnection.connect(**parameters)
        session.actor = actor
        actor.session = session
        return session

    wrapper.get_connection_params = get_connection_params
    wrapper.get_new_connection = get_new_connection
