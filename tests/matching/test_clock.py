"""Gates: exactly one CLOSE, also after downtime and from several clocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from matching.clock import close_gates, tell_time
from matching.engine.dtypes import Do
from matching.hours import first_open_hour, gate_of, hour_of, moment_of
from matching.models import Command, Market
from matching.verify import find_differences
from tests.factories import HOUR, NOW, make_market
from tests.matching.conftest import Exchange


def closes() -> list[int | None]:
    return list(Command.objects.filter(do=Do.CLOSE).order_by("id").values_list("hour", flat=True))


def test_one_close_an_hour_however_often_asked(exchange: Exchange) -> None:
    assert close_gates(now=NOW) == 1
    assert close_gates(now=NOW) == 0
    exchange.matcher.drain()
    assert close_gates(now=NOW + timedelta(minutes=29)) == 0
    assert close_gates(now=NOW + timedelta(minutes=30)) == 1
    assert closes() == [HOUR, HOUR + 1]


def test_one_close_after_downtime(exchange: Exchange) -> None:
    close_gates(now=NOW)
    exchange.matcher.drain()
    assert close_gates(now=NOW + timedelta(hours=50)) == 1
    exchange.matcher.drain()
    assert closes() == [HOUR, HOUR + 50]
    assert Market.objects.get().closed_until == HOUR + 51


def test_a_clock_that_goes_back_reopens_nothing(exchange: Exchange) -> None:
    close_gates(now=NOW)
    exchange.matcher.drain()
    assert close_gates(now=NOW - timedelta(hours=2)) == 0
    assert Market.objects.get().closed_until == HOUR + 1


def test_the_lead_closes_gates_earlier(exchange: Exchange) -> None:
    Market.objects.update(lead_hours=3)
    close_gates(now=NOW)
    assert closes() == [HOUR + 3]


@pytest.mark.django_db(transaction=True)
def test_eight_clocks_close_once() -> None:
    make_market()

    def close(_number: int) -> int:
        try:
            return close_gates(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(close, range(8))) == 1
    assert closes() == [HOUR]


@pytest.mark.django_db(transaction=True)
def test_many_clocks_tell_each_hour_once_while_time_passes() -> None:
    for hub in ("yangtze-delta", "greater-bay"):
        make_market(hub=hub)

    def run(number: int) -> int:
        try:
            # Each clock is wrong in its own way: some run ahead, some behind, and none goes evenly.
            return sum(close_gates(now=NOW + timedelta(minutes=20 * step - 25 * (number % 3))) for step in range(20))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        told = sum(pool.map(run, range(6)))
    for market in Market.objects.all():
        hours = list(
            Command.objects.filter(market=market, hour__isnull=False).order_by("id").values_list("hour", flat=True)
        )
        assert all(earlier < later for earlier, later in pairwise(hours) if earlier is not None and later is not None)
        assert hours[-1] == hour_of(NOW + timedelta(minutes=380))
    assert told == Command.objects.count()
    assert list(find_differences()) == []


def test_a_host_that_runs_ahead_closes_nothing_early(exchange: Exchange) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (database,) = cursor.fetchone()
    tell_time(now=database + timedelta(days=400), capped=True)
    assert closes() in ([hour_of(database)], [hour_of(database) + 1])


def test_hours_and_moments() -> None:
    moment = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert moment_of(hour_of(moment)) == moment
    assert hour_of(moment - timedelta(microseconds=1)) == hour_of(moment) - 1
    assert hour_of(datetime(1969, 12, 31, 23, 30, tzinfo=UTC)) == -1
    market = Market(lead_hours=2)
    assert gate_of(market, hour_of(moment)) == moment - timedelta(hours=2)
    first = first_open_hour(market, moment)
    assert gate_of(market, first) > moment >= gate_of(market, first - 1)
