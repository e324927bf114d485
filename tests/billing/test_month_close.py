"""A closed month takes no posting; one person asks for it to be reopened and another agrees."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from billing.funds import available_fen, deposit_funds
from billing.ledger import MonthClosed
from billing.models import MonthClosing
from billing.month_close import (
    MonthAlreadyClosed,
    MonthNotClosed,
    MonthNotOver,
    ReasonMissing,
    ReopeningNotAsked,
    SecondPersonNeeded,
    ask_to_reopen,
    close_month,
    is_closed_at,
    reopen_month,
)
from billing.period import first_hour_of
from matching.hours import moment_of
from tests.billing.threads import in_threads
from tests.billing.world import World

NOVEMBER = date(2025, 11, 1)
DECEMBER = moment_of(first_hour_of(date(2025, 12, 1)))


def deposit(world: World, key: str, seconds: int = 0) -> None:
    deposit_funds(participant_id=world.buyers[0].pk, amount_fen=5, key=key, now=DECEMBER + timedelta(seconds=seconds))


def test_a_closed_month_takes_no_posting_and_the_next_one_does(world: World) -> None:
    close_month(month=date(2025, 11, 17), by="fiona", now=DECEMBER)
    assert is_closed_at(DECEMBER - timedelta(seconds=1))
    assert not is_closed_at(DECEMBER)
    with pytest.raises(MonthClosed, match="2025-11 is closed"), transaction.atomic():
        deposit(world, "late", -1)
    deposit(world, "in time")
    assert available_fen(world.buyers[0].pk) == 100_000_005


def test_reopening_takes_two_people_and_a_reason(world: World) -> None:
    close_month(month=NOVEMBER, by="fiona", now=DECEMBER)
    with pytest.raises(MonthAlreadyClosed):
        close_month(month=NOVEMBER, by="fiona", now=DECEMBER)
    with pytest.raises(ReopeningNotAsked):
        reopen_month(month=NOVEMBER, by="george", now=DECEMBER)
    with pytest.raises(ReasonMissing):
        ask_to_reopen(month=NOVEMBER, by="fiona", reason="  ", now=DECEMBER)
    ask_to_reopen(month=NOVEMBER, by="fiona", reason="A bank transfer was overlooked", now=DECEMBER)
    with pytest.raises(SecondPersonNeeded):
        reopen_month(month=NOVEMBER, by="Fiona", now=DECEMBER)
    reopen_month(month=NOVEMBER, by="george", now=DECEMBER)
    deposit(world, "late", -1)
    with pytest.raises(MonthNotClosed):
        ask_to_reopen(month=NOVEMBER, by="fiona", reason="Again", now=DECEMBER)
    close_month(month=NOVEMBER, by="fiona", now=DECEMBER)
    assert MonthClosing.objects.count() == 2


def test_a_month_that_still_runs_is_not_closed(world: World) -> None:
    with pytest.raises(MonthNotOver):
        close_month(month=NOVEMBER, by="fiona", now=DECEMBER - timedelta(seconds=1))


def test_the_database_itself_wants_a_second_person(world: World) -> None:
    close_month(month=NOVEMBER, by="fiona", now=DECEMBER)
    ask_to_reopen(month=NOVEMBER, by="fiona", reason="Overlooked", now=DECEMBER)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_monthclosing SET reopened_by = 'fiona', reopened_at = now()")


@pytest.mark.django_db(transaction=True)
def test_closing_waits_for_a_posting_on_its_way_and_shuts_out_the_next() -> None:
    world = World.create()
    posted = threading.Event()

    def work(row: int) -> None:
        if row:
            assert posted.wait(20)
            close_month(month=NOVEMBER, by="fiona", now=DECEMBER)
            return
        with transaction.atomic():
            deposit(world, "first", -1)
            posted.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)")
            assert not MonthClosing.objects.exists()

    assert in_threads(2, work) == []
    with pytest.raises(MonthClosed):
        deposit(world, "second", -1)
    assert available_fen(world.buyers[0].pk) == 100_000_005
