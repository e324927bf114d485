"""Clocks as real processes, and what makes one doubt the time."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from matching.clock_process import HOLD_S, TimeInDoubt, Timepiece
from matching.engine.dtypes import ContractState, Do, TimeInForce
from matching.halts import Reopening, halt_trading
from matching.hours import hour_of
from matching.matcher import Matcher
from matching.models import Command, Halt, HaltStep, Market, Order
from matching.verify import find_differences
from tests.factories import NOW, ask, make_market, make_site
from tests.matching.conftest import place
from tests.matching.processes import clocks, wait_until


@pytest.mark.slow
def test_three_clocks_tell_everything_once(process_environment: dict[str, str]) -> None:
    market = make_market()
    site = make_site(market)
    now = timezone.now()
    start = hour_of(now) + 30
    expires_at = (now + timedelta(minutes=1)).replace(second=0, microsecond=0)
    place([ask(site, start=start, time_in_force=TimeInForce.GTD, expires_at=expires_at)], now=now)
    # It is late by now: the clocks begin after the order's time.
    Order.objects.update(expires_at=expires_at - timedelta(minutes=1))
    halt_trading(market=market, by="ops", reason="drill", now=now, reopening=Reopening(now))
    with clocks(process_environment, 3) as running:
        for clock in running:
            clock.wait_for("ready")
        wait_until(lambda: Halt.objects.get().state == ContractState.COLLECTING)
        running[0].send(signal.SIGKILL)
        Halt.objects.update(resume_at=timezone.now())
        wait_until(lambda: Halt.objects.get().state == ContractState.OPEN)
        running[1].send(signal.SIGTERM)
        running[1].wait_for("stopped")
        assert running[1].process.wait(timeout=10) == 0
    assert HaltStep.objects.count() == 3
    assert Command.objects.filter(do=Do.TIME).count() == 1
    Matcher().drain()
    closings = list(Command.objects.filter(do=Do.CLOSE).order_by("id").values_list("hour", flat=True))
    assert closings == sorted(set(closings), key=lambda hour: hour or 0)
    assert Market.objects.get().closed_until == hour_of(timezone.now()) + 1
    assert Order.objects.get().state == Order.State.EXPIRED
    assert list(find_differences()) == []


class Times:
    """A database's clock, a host's and a stopwatch, which a test moves."""

    def __init__(self) -> None:
        self.database = self.host = NOW
        self.ran = 0.0
        self.timepiece = Timepiece(lambda: self.host, lambda: self.ran)

    def go(self, seconds: float, *, jump: float = 0.0) -> None:
        self.ran += seconds
        self.host += timedelta(seconds=seconds + jump)
        self.database += timedelta(seconds=seconds + jump)

    def believed(self) -> bool:
        try:
            return self.timepiece.believe(self.database) == self.database
        except TimeInDoubt:
            return False


def test_a_database_whose_clock_is_another_than_the_hosts_is_not_believed() -> None:
    times = Times()
    assert times.believed()
    times.database += timedelta(hours=3)
    assert not times.believed()
    times.database -= timedelta(hours=6)
    assert not times.believed()


def test_a_jump_ahead_is_believed_once_it_has_stood() -> None:
    times = Times()
    assert times.believed()
    times.go(1, jump=7200)
    assert not times.believed()
    times.go(HOLD_S - 2)
    assert not times.believed()
    times.go(3)
    assert times.believed()


def test_a_jump_ahead_that_is_taken_back_costs_ten_minutes_and_a_jump_back_nothing() -> None:
    times = Times()
    assert times.believed()
    times.go(1, jump=-7200)
    assert times.believed()
    times.go(3600)  # asleep, which the stopwatch counts
    assert times.believed()
    times.go(1, jump=7200)
    assert not times.believed()
    times.go(1, jump=-7200)
    times.go(HOLD_S)
    assert times.believed()
