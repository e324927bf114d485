"""Many hands on the same money: nothing lost, nothing twice, no deadlock."""

from __future__ import annotations

import contextlib

import pytest

from billing.clearing import clear
from billing.funds import available_fen
from billing.holds import InsufficientFunds
from billing.models import Hold, SettlementRun
from billing.settlement import settle_delivered
from billing.verify import find_differences
from matching.models import Order
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.threads import in_threads
from tests.billing.world import MONDAY, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_threads_hold_the_same_money() -> None:
    world = World.create(deposit_fen=100_000)
    placed: list[Order] = []

    def bid(row: int) -> None:
        for turn in range(6):
            with contextlib.suppress(InsufficientFunds):
                placed.append(world.bid((row + turn) % 2, quantity=1 + row % 3, hours=1 + turn, price_fen=1000 + row))

    assert in_threads(8, bid) == []
    assert Hold.objects.count() == len(placed) > 0
    for buyer in world.buyers:
        assert 0 <= available_fen(buyer.pk) < 20_000  # nearly all is held, nothing is overdrawn
    assert list(find_differences()) == []


def test_clearing_and_placing_at_once_never_deadlock() -> None:
    world = World.create(buyers=4, deposit_fen=5_000_000)
    bids = [world.bid(row % 4, market=row % 2, quantity=3, hours=2) for row in range(24)]
    for row, bid in enumerate(bids):
        world.trade(bid, price_fen=900 + row, quantity=1 + row % 3)

    def work(row: int) -> None:
        for turn in range(4):
            if row % 2:
                clear(now=world.now)
            else:
                world.bid((row + turn) % 4, quantity=1)

    assert in_threads(8, work) == []
    clear(now=world.now)
    assert list(find_differences()) == []


def test_many_settlers_settle_once() -> None:
    world = World.create()
    trade_a_week(world)
    world.close(MONDAY + WEEK)
    made: list[SettlementRun] = []
    assert in_threads(6, lambda row: made.extend(settle_delivered(until_hour=MONDAY + WEEK, now=world.now))) == []
    assert len(made) == SettlementRun.objects.count() == 7
    assert list(find_differences()) == []
