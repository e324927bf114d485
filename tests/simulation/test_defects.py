"""The campaign bites: each defect planted in the product is found within a few seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction

from billing import clearing
from billing.holds import insert_holds
from matching import insertion, leases, matcher, storing
from tests.simulation.campaign import play

SEEDS_MAX = 25

Defect = Callable[[], AbstractContextManager[Any]]


def no_fence() -> AbstractContextManager[Any]:
    """A batch is written under any token, from wherever the log has come."""
    anybody = leases.MOVE_LOGS.replace("AND v.token = l.token AND v.before = l.sequence", "")
    assert anybody != leases.MOVE_LOGS
    return mock.patch.object(leases, "MOVE_LOGS", anybody)


@contextmanager
def cursor_of_its_own() -> Iterator[None]:
    """Clearing moves its cursor in a second transaction, after the one that acts on it."""
    *acts, move = clearing._KEEP
    clear = clearing.clear
    assert "billing_clearingcursor" in move

    def clear_in_two(*, now: Any) -> int:
        done = clear(now=now)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO billing_clearingcursor (market_id, sequence, closed_until) "
                "SELECT id, sequence, closed_until FROM matching_market WHERE sequence > 0 "
                "ON CONFLICT (market_id) DO UPDATE SET sequence = excluded.sequence, closed_until = excluded.closed_until"
            )
        return done

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(clearing, "_KEEP", tuple(acts)))
        for user in (
            "billing.settlement",
            *(f"tests.simulation.{name}" for name in ("actors", "judgement", "faultless")),
        ):
            stack.enter_context(mock.patch(f"{user}.clear", clear_in_two))
        yield


def change_insertion(before: str, after: str) -> AbstractContextManager[Any]:
    """Entry stores orders by another statement."""
    statement = insertion.insert_statement()
    assert before in statement
    return mock.patch.object(insertion, "insert_statement", return_value=statement.replace(before, after))


def command_twice() -> AbstractContextManager[Any]:
    """Entry puts the command of an order in twice."""
    return change_insertion("placed_at FROM placed ORDER", "placed_at FROM placed, generate_series(1, 2) ORDER")


def repeated_request_is_new() -> AbstractContextManager[Any]:
    """Entry forgets a request's client_order_id, so that the same one again is another order."""
    return change_insertion("v.client_order_id::varchar", "NULL::varchar")


def order_before_hold() -> AbstractContextManager[Any]:
    """Entry commits the order before its hold, so that a kill in between leaves a bid without money."""

    def late(*, holds: Any, now: Any) -> None:
        if holds and connection.connection is not None:
            connection.connection.commit()
        insert_holds(holds=holds, now=now)

    return mock.patch("marketplace.trading.insert_holds", late)


def engines_kept_after_an_error() -> AbstractContextManager[Any]:
    """A matcher keeps its engines when a batch has failed, and plays the same commands on top."""
    return mock.patch.object(matcher.Matcher, "forget")


def trades_after_orders() -> AbstractContextManager[Any]:
    """A batch is split into two transactions: its trades come after its orders."""
    copy_trades = storing.copy_trades

    def late(*arguments: Any) -> None:
        if connection.connection is not None:
            connection.connection.commit()
        copy_trades(*arguments)

    return mock.patch.object(storing, "copy_trades", late)


DEFECTS: list[Defect] = [
    no_fence,
    cursor_of_its_own,
    command_twice,
    repeated_request_is_new,
    order_before_hold,
    engines_kept_after_an_error,
    trades_after_orders,
]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(defect: Defect) -> None:
    with defect():
        for seed in range(1, SEEDS_MAX + 1):
            run = play(seed)
            if run.differences:
                print(f"{defect.__name__}: seed {seed}: {run.differences[0][:200]}")  # noqa: T201
                return
    pytest.fail(f"{SEEDS_MAX} seeds pass with the defect")
