"""Matchers as real processes: woken by an order, sharing the markets, taken over when they die, fenced when they come back."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from matching.clock import close_gates
from matching.hours import hour_of
from matching.models import Command, Lease, LeaseHolder, Market, Order, Participant, Site, Trade
from matching.rules import OrderRequest
from matching.verify import find_differences
from tests.factories import ask, bid, make_market, make_participant, make_site
from tests.matching.conftest import place
from tests.matching.processes import MatcherProcess, matchers, wait_until

TAKEOVER_S_MAX = 3.0


class Trader:
    """A buyer and a site in each of some markets; `trade` places an ask and a bid that fill each other."""

    def __init__(self, *, markets: int = 1) -> None:
        classes = ("H800-80G", "A100-SXM4-80G", "DCU-K100-AI", "H20-96G")
        self.markets = [make_market(name) for name in classes[:markets]]
        self.sites = [make_site(market) for market in self.markets]
        self.buyer = make_participant()
        self.trades = 0

    def trade(self) -> None:
        """Place what makes one trade in each market."""
        now = timezone.now()
        for market, site in zip(self.markets, self.sites, strict=True):
            place(crossing(site, self.buyer, market, now), now=now)
            self.trades += 1

    def wait(self, *, seconds: float = 30) -> float:
        """Wait until every trade is there; returns how long that took."""
        return wait_until(lambda: Trade.objects.count() == self.trades, seconds=seconds)


def crossing(site: Site, buyer: Participant, market: Market, now: datetime) -> list[OrderRequest]:
    start = hour_of(now) + 2
    return [ask(site, start=start, hours=1, quantity=1), bid(buyer, market, start=start, hours=1, quantity=1)]


def groups_by_holder() -> list[int]:
    """How many link groups each matcher alive holds, in ascending order; a matcher without any counts as 0."""
    return sorted(holder.leases.count() for holder in LeaseHolder.objects.all())


@pytest.mark.slow
def test_a_process_matches_and_stops_giving_its_leases_back(
    process_environment: dict[str, str],
) -> None:
    trader = Trader()
    with matchers(process_environment, 1) as (only,):
        only.wait_for("ready")
        trader.trade()
        trader.wait()
        only.send(signal.SIGTERM)
        only.wait_for("stopped")
        assert only.process.wait(timeout=10) == 0
    assert Lease.objects.get().holder is None
    assert not LeaseHolder.objects.exists()


@pytest.mark.slow
def test_a_killed_matchers_markets_are_taken_over_within_three_seconds(process_environment: dict[str, str]) -> None:
    trader = Trader()
    with matchers(process_environment, 2) as (first, second):
        second.wait_for("standing by")
        trader.trade()
        trader.wait()
        first.send(signal.SIGKILL)
        trader.trade()
        seconds = trader.wait()
        print(f"taken over {seconds:.2f} s after SIGKILL")  # noqa: T201
        assert seconds < TAKEOVER_S_MAX
        second.wait_for("ready")
        assert list(find_differences()) == []


@pytest.mark.slow
def test_two_matchers_share_the_markets_and_rebalance(process_environment: dict[str, str]) -> None:
    trader = Trader(markets=4)
    for market in trader.markets:
        Market.objects.filter(pk=market.pk).update(link_group=f"group-{market.pk}")
    with matchers(process_environment, 1) as (first,):
        first.wait_for("ready")
        assert groups_by_holder() == [4]
        with matchers(process_environment, 1) as (second,):
            second.wait_for("ready")
            assert groups_by_holder() == [2, 2]
            trader.trade()
            trader.wait()
            second.send(signal.SIGTERM)
            second.wait_for("stopped")
        # At once, not when the lease runs out.
        assert wait_until(lambda: groups_by_holder() == [4]) < 1
        trader.trade()
        trader.wait()
    assert list(find_differences()) == []


@pytest.mark.slow
def test_a_paused_matcher_that_wakes_late_cannot_write(process_environment: dict[str, str]) -> None:
    trader = Trader()
    with matchers(process_environment, 2) as (first, second):
        second.wait_for("standing by")
        trader.trade()
        trader.wait()
        # Paused as it reads the inbox, it gets a command that is another's to play by the time it wakes.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE matching_order IN ACCESS EXCLUSIVE MODE")
            close_gates(now=timezone.now() + timedelta(hours=1))
            wait_until(lambda: is_waiting_for_a_lock("FROM matching_command"))
            first.send(signal.SIGSTOP)
            wait_until(lambda: not is_alive(first), seconds=5)
        second.wait_for("ready")
        wait_until(lambda: not Command.objects.filter(sequence=None).exists())
        first.send(signal.SIGCONT)
        first.wait_for("lease lost")
        first.wait_for("standing by", "ready")  # ready where a slow machine let the other's lease run out
        trader.trade()
        trader.wait()
    assert list(find_differences()) == []


@pytest.mark.slow
def test_a_matcher_paused_within_its_transaction_loses_it(process_environment: dict[str, str]) -> None:
    trader = Trader()
    with matchers(process_environment, 2) as (first, second):
        second.wait_for("standing by")
        with transaction.atomic():
            Market.objects.select_for_update(no_key=True).get()  # the statement after the one that moves the log
            trader_on_another_session(trader)
            wait_until(lambda: is_waiting_for_a_lock("UPDATE matching_market"))
            first.send(signal.SIGSTOP)
        seconds = trader.wait()
        print(f"taken over {seconds:.2f} s after SIGSTOP with the lease's row locked")  # noqa: T201
        assert seconds < TAKEOVER_S_MAX
        first.send(signal.SIGCONT)
        first.wait_for("waiting for the database")
        first.wait_for("standing by", "ready")  # as above
        trader.trade()
        trader.wait()
    assert list(find_differences()) == []
    assert not Order.objects.filter(state=Order.State.PENDING).exists()


def trader_on_another_session(trader: Trader) -> None:
    """Trade while this thread's session is in a transaction."""

    def trade() -> None:
        trader.trade()
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(trade).result()


def is_waiting_for_a_lock(words: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
            " AND application_name LIKE 'matcher %%'",
            [f"%{words} %"],
        )
        (count,) = cursor.fetchone()
    return bool(count)


def is_alive(process: MatcherProcess) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM matching_leaseholder WHERE name LIKE %s AND expires_at > clock_timestamp()",
            [f"% {process.process.pid} %"],
        )
        (count,) = cursor.fetchone()
    return bool(count)
