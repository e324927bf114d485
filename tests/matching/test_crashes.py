"""An error at any statement of a batch leaves the database as it was, and the next run comes to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from matching.bulk import copy_rows
from matching.engine.interface import Engine
from matching.leases import LeaseLost
from matching.matcher import Matcher
from matching.models import Market
from matching.setbacks import GroupsFailed
from matching.verify import find_differences
from tests.factories import ask, bid
from tests.matching.conftest import Exchange, place
from tests.matching.random_trading import set_references, trade_at_random

TABLES = ("order", "trade", "orderevent", "command", "holding", "booklevel", "contract", "candle", "market")


class Killed(OperationalError):
    """The server is gone between two statements, and with it what was not committed."""


def stored(*, without_ids: bool = False) -> dict[str, list[Any]]:
    """Every row of matching; a trade's and an event's own id may differ between two runs."""
    rows: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            row = "to_jsonb(r) - 'id'" if without_ids and table in ("trade", "orderevent") else "to_jsonb(r)"
            cursor.execute(f"SELECT {row} FROM matching_{table} r ORDER BY 1")
            rows[table] = cursor.fetchall()
    return rows


@contextmanager
def death_at(statement: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Die instead of making the nth statement, a COPY included."""
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == statement:
            raise Killed

    def execute(execute: Callable[..., Any], *arguments: Any) -> Any:
        count()
        return execute(*arguments)

    def copy(**arguments: Any) -> None:
        count()
        copy_rows(**arguments)

    with monkeypatch.context() as patched, connection.execute_wrapper(execute):
        patched.setattr("matching.storing.copy_rows", copy)
        yield


def fill_inbox(exchange: Exchange) -> None:
    set_references()
    for _ in trade_at_random(
        seed=9, steps=60, sites=[exchange.north, exchange.south], buyers=[exchange.alice, exchange.bob]
    ):
        pass


@pytest.mark.django_db(transaction=True)
def test_a_death_at_any_statement_of_a_batch_changes_nothing(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_inbox(exchange)
    before = stored()
    matcher = Matcher()
    deaths = 0
    while True:
        try:
            with death_at(deaths + 1, monkeypatch):
                matcher.run_batch()
        except Killed:
            deaths += 1
            assert stored() == before, f"statement {deaths}"
        else:
            break
    assert deaths >= 12
    after = stored(without_ids=True)
    assert after != before
    assert list(find_differences()) == []


def test_however_the_inbox_is_cut_into_batches_the_outcome_is_the_same(exchange: Exchange) -> None:
    fill_inbox(exchange)
    outcomes = []
    for limit in (1, 7, 1000):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
        matcher = Matcher()
        while matcher.run_batch(limit=limit):
            if limit == 7:
                matcher.forget()
        outcomes.append(stored(without_ids=True))
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_matcher_whose_lease_is_lost_cannot_write(exchange: Exchange) -> None:
    late = exchange.matcher
    exchange.place(ask(exchange.north))
    newer = Matcher()
    newer.rebuild()
    place([bid(exchange.alice, exchange.market)])
    before = stored()
    with pytest.raises(LeaseLost) as lost:
        late.run_batch()
    assert lost.value.link_groups == ["all"]
    assert stored() == before
    assert newer.run_batch() == 1
    place([bid(exchange.alice, exchange.market)])
    assert late.run_batch() == 1  # it claims the group again and loads it as it now stands
    assert list(find_differences()) == []


def test_an_engine_that_fails_is_thrown_away(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north))
    place([bid(exchange.alice, exchange.market)])
    engine: Engine = exchange.matcher.engines["all"]
    exchange.matcher.engines["all"] = object()  # type: ignore[assignment]
    with pytest.raises(GroupsFailed, match="all: AttributeError"):
        exchange.matcher.run_batch()
    assert exchange.matcher.run_batch() == 1
    assert exchange.matcher.engines["all"] is not engine
    assert Market.objects.get().sequence == 3
    assert list(find_differences()) == []
