"""Replaces of bids and asks with money: never under-held, never a fen leaked, whatever trades, cancels and refusals come between."""

from __future__ import annotations

import contextlib
import random
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F, Sum

from billing.clearing import clear
from billing.funds import available_fen, deposit_funds
from billing.holds import InsufficientFunds, UnableToHold
from billing.models import ClearingCursor, Hold, ReplaceHold, Transfer
from billing.quote import current_rates, hold_unit_fen
from billing.seed import seed_billing
from billing.verify import find_differences
from marketplace.trading import place_order, place_orders, replace_order
from matching.cancel import cancel_order
from matching.clock import close_gates
from matching.engine.dtypes import Kind, SelfTrade, Side
from matching.engine.reference import ReferenceEngine
from matching.matcher import Matcher
from matching.models import Command, Market, Order, Participant, Site, Trade
from matching.refusal import Refusal
from matching.rules import OrderRequest
from matching.verify import find_differences as find_matching_differences
from tests.factories import HOUR, NOW, ask, bid, make_market, make_participant, make_site

DEPOSIT_FEN = 40_000


class Floor:
    """One market, two sites, three buyers with little money, and a matcher that is as slow as the test wants."""

    def __init__(self) -> None:
        seed_billing()
        self.now = NOW
        self.market: Market = make_market()
        self.sites: list[Site] = [make_site(self.market, accelerators=30) for _ in range(2)]
        self.buyers: list[Participant] = [make_participant() for _ in range(3)]
        for buyer in self.buyers:
            deposit_funds(participant_id=buyer.pk, amount_fen=DEPOSIT_FEN, key=f"deposit-{buyer.pk}", now=NOW)
        self.matcher = Matcher(ReferenceEngine)

    def place(self, request: OrderRequest) -> Order:
        order_id = place_order(request=request, now=self.now)
        self.settle_down()
        return Order.objects.get(pk=order_id)

    def settle_down(self) -> None:
        """Let the matcher and clearing read everything."""
        self.matcher.drain()
        clear(now=self.now)

    def ask_for(self, order: Order, *, quantity: int | None = None, price_fen: int | None = None) -> None:
        replace_order(
            participant_id=order.participant_id, order_id=order.pk, quantity=quantity, price_fen=price_fen, now=self.now
        )


@pytest.fixture
def floor(db: None) -> Floor:
    return Floor()


def held_fen(order: Order) -> int:
    """What is set aside for a bid, its trades apart."""
    pending = Transfer.objects.filter(order=order, code="bid_hold", phase="pending", resolutions=None)
    return pending.aggregate(fen=Sum("amount_fen"))["fen"] or 0


def unit_fen(price_fen: int) -> int:
    return hold_unit_fen(price_fen=price_fen, rates=current_rates(now=NOW))


def open_hours(order: Order) -> int:
    return sum(order.open) * (order.hours if order.kind == Kind.BLOCK else 1)


def check_enough_is_held() -> None:
    """Every bid has at least what is open at its limit and the trades that clearing has not read; cleared ones have exactly that."""
    cursor = dict(ClearingCursor.objects.values_list("market_id", "sequence"))
    waiting = set(Command.objects.filter(sequence=None, order__isnull=False).values_list("order_id", flat=True))
    for order in Order.objects.filter(side=Side.BID, price_fen__isnull=False):
        due = unit_fen(order.price_fen or 0) * open_hours(order) if order.is_live else 0
        read_until = cursor.get(order.market_id, 0)
        unread = Trade.objects.filter(bid=order, sequence__gt=read_until)
        due += sum(unit_fen(trade.price_fen) * trade.accelerator_hours for trade in unread)
        assert held_fen(order) >= due, f"order {order.pk} is short of {due - held_fen(order)} fen"
        if order.pk not in waiting and read_until == Market.objects.get(pk=order.market_id).sequence:
            assert held_fen(order) == due


def test_a_dearer_bid_holds_the_difference_from_when_it_is_asked_for(floor: Floor) -> None:
    order = floor.place(bid(floor.buyers[0], floor.market, hours=2, quantity=3, price_fen=100))
    floor.ask_for(order, quantity=4, price_fen=110)
    assert held_fen(order) == unit_fen(110) * 8
    floor.settle_down()
    assert held_fen(order) == unit_fen(110) * 8
    hold = Hold.objects.get(order=order)
    assert (hold.unit_fen, hold.accelerator_hours) == (unit_fen(110), 8)
    assert not ReplaceHold.objects.exists()


def test_a_cheaper_bid_frees_the_difference_when_it_has_been_done(floor: Floor) -> None:
    order = floor.place(bid(floor.buyers[0], floor.market, kind=Kind.HOURLY, hours=2, quantity=3, price_fen=100))
    floor.ask_for(order, price_fen=90)
    assert held_fen(order) == unit_fen(100) * 6
    floor.settle_down()
    assert held_fen(order) == unit_fen(90) * 6


def test_nobody_raises_beyond_their_funds(floor: Floor) -> None:
    order = floor.place(bid(floor.buyers[0], floor.market, hours=1, quantity=100, price_fen=300))
    free_fen = available_fen(floor.buyers[0].pk)
    with pytest.raises(InsufficientFunds, match="This change holds"):
        floor.ask_for(order, price_fen=500)
    assert (held_fen(order), available_fen(floor.buyers[0].pk)) == (unit_fen(300) * 100, free_fen)
    assert not Command.objects.filter(sequence=None).exists()


def test_what_a_refused_replace_held_comes_back(floor: Floor) -> None:
    order = floor.place(bid(floor.buyers[0], floor.market, kind=Kind.HOURLY, hours=1, quantity=3, price_fen=100))
    cancel_order(participant_id=floor.buyers[0].pk, order_id=order.pk, now=floor.now)
    floor.ask_for(order, quantity=5, price_fen=110)
    floor.settle_down()
    assert held_fen(order) == 0
    assert available_fen(floor.buyers[0].pk) == DEPOSIT_FEN


def test_a_trade_in_between_is_paid_for(floor: Floor) -> None:
    """It has traded at its old limit when the matcher reads the raise: the raise is not done, the new price alone is."""
    order = floor.place(bid(floor.buyers[0], floor.market, kind=Kind.HOURLY, hours=1, quantity=8, price_fen=100))
    floor.ask_for(order, quantity=9)
    floor.ask_for(order, price_fen=105)
    seller = place_order(request=ask(floor.sites[0], hours=1, quantity=5, price_fen=100), now=floor.now)
    Command.objects.filter(order_id=seller).update(id=-F("id"))  # so that the matcher reads it first
    floor.settle_down()
    order.refresh_from_db()
    assert (order.open, order.quantity, order.price_fen) == ([3], 8, 105)
    assert held_fen(order) == unit_fen(105) * 3
    assert list(find_differences()) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_between_holds_and_capacity_are_exactly_what_is_open(floor: Floor, seed: int) -> None:
    dice = random.Random(seed)
    for step in range(90):
        floor.now += timedelta(minutes=dice.choice([0, 0, 1, 10]))
        with contextlib.suppress(Refusal, UnableToHold):
            do_something(floor, dice)
        if dice.random() < 0.3:
            floor.matcher.run_batch(limit=dice.choice([1, 3, 2000]))
        if dice.random() < 0.25:
            clear(now=floor.now)
        check_enough_is_held()
        if step % 9 == 0:
            assert list(find_differences()) == []
            assert list(find_matching_differences(engine_factory=ReferenceEngine)) == []
    floor.settle_down()
    check_enough_is_held()
    assert not ReplaceHold.objects.exists()
    assert list(find_differences()) == []
    assert list(find_matching_differences(engine_factory=ReferenceEngine)) == []


def do_something(floor: Floor, dice: random.Random) -> None:
    what = dice.random()
    if what < 0.3:
        place_orders(requests=[any_request(floor, dice)], now=floor.now)
    elif what < 0.93:
        order = dice.choice([*Order.objects.filter(state__in=["open", "pending"]).order_by("id")] or [None])
        if order is None:
            return
        if dice.random() < 0.1:
            cancel_order(participant_id=order.participant_id, order_id=order.pk, now=floor.now)
        else:
            quantity, price_fen = dice.choice([None, dice.randint(1, 12)]), dice.choice([None, dice.randint(90, 110)])
            floor.ask_for(order, quantity=quantity, price_fen=price_fen)
    else:
        close_gates(now=floor.now)


def any_request(floor: Floor, dice: random.Random) -> OrderRequest:
    kind = dice.choice([Kind.HOURLY, Kind.HOURLY, Kind.BLOCK])
    values: dict[str, Any] = {
        "kind": kind,
        "start": HOUR + 1 + dice.randrange(3),
        "hours": dice.randint(1, 3),
        "quantity": dice.randint(2, 8),
        "price_fen": dice.randint(92, 108),
        "self_trade": dice.choice(list(SelfTrade)),
    }
    if kind == Kind.BLOCK:
        values |= {"start_flexibility": dice.choice([0, 2]), "min_quantity": dice.choice([None, 1])}
    elif dice.random() < 0.5:
        values |= {"display_quantity": dice.randint(1, 3), "post_only": dice.random() < 0.3}
    if dice.random() < 0.5:
        return ask(dice.choice(floor.sites), **values)
    return bid(dice.choice(floor.buyers), floor.market, **values)
