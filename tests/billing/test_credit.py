"""Credit limits: bids hold balance and credit and no fen more, whoever comes at once and whenever the limit changes."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from billing.credit import limits
from billing.credit.limits import apply_limits, approve_limit, ask_for_limit, refuse_limit
from billing.funds import available_fen, deposit_funds
from billing.holds import InsufficientFunds
from billing.models import Account, CreditLimit
from billing.verify import find_differences
from matching.models import Change, Order
from tests.billing.threads import in_threads
from tests.billing.world import MONDAY, World

BEIJING_EVE = date(2025, 11, 23)


def lend(world: World, buyer: int, limit_fen: int, terms_days: int = 30) -> CreditLimit:
    """Give a buyer a limit from today on, by two people."""
    limit = ask_for_limit(
        participant_id=world.buyers[buyer].pk, limit_fen=limit_fen, terms_days=terms_days, from_day=BEIJING_EVE
        if world.hour < MONDAY else (world.now + timedelta(hours=8)).date(),
        reason="Pays on time", by="finance@example.com", now=world.now,
    )  # fmt: skip
    return approve_limit(limit_id=limit.pk, by="second@example.com", now=world.now)


def funds_of(world: World, buyer: int) -> Account:
    return Account.objects.get(participant=world.buyers[buyer], kind="funds")


@pytest.mark.django_db(transaction=True)
def test_eight_threads_hold_balance_and_credit_and_no_more() -> None:
    world = World.create(deposit_fen=100_000)
    lend(world, 0, 150_000)
    placed: list[Order] = []

    def bid(row: int) -> None:
        for turn in range(9):
            with contextlib.suppress(InsufficientFunds):
                placed.append(world.bid((row + turn) % 2, quantity=1 + row % 3, hours=2 + turn, price_fen=1000 + row))

    assert in_threads(8, bid) == []
    assert 0 <= available_fen(world.buyers[0].pk) < 20_000
    assert funds_of(world, 0).debits_pending > 230_000  # of 250,000
    assert funds_of(world, 1).debits_pending <= 100_000
    assert list(find_differences()) == []


def test_database_itself_refuses_what_goes_beyond_the_limit(world: World) -> None:
    lend(world, 0, 5_000)
    with pytest.raises(IntegrityError, match="account_debits_within_credits"), transaction.atomic():
        Account.objects.filter(pk=funds_of(world, 0).pk).update(debits_pending=100_005_001)


@pytest.mark.django_db
def test_lowered_limit_stops_new_bids_and_lets_running_ones_end() -> None:
    world = World.create(deposit_fen=0)
    lend(world, 0, 1_000_000)
    running = world.bid(0, quantity=8, hours=40, price_fen=2000)
    used_fen = funds_of(world, 0).debits_pending
    lend(world, 0, 100_000)
    assert available_fen(world.buyers[0].pk) == 100_000 - used_fen < 0
    with pytest.raises(InsufficientFunds):
        world.bid(0, price_fen=1)
    world.trade(running, price_fen=1500, quantity=8, hours=30)
    world.clear()
    world.settle(MONDAY + 20)
    still_fen = (
        -funds_of(world, 0).credits_posted + funds_of(world, 0).debits_posted + funds_of(world, 0).debits_pending
    )
    assert still_fen == funds_of(world, 0).overdraft_fen < used_fen  # the database lets it fall and never rise
    assert list(find_differences()) == []
    deposit_funds(participant_id=world.buyers[0].pk, amount_fen=still_fen, key="paid", now=world.now)
    assert available_fen(world.buyers[0].pk) == 100_000
    assert funds_of(world, 0).overdraft_fen == 100_000


def test_limit_comes_into_force_on_its_day_and_versions_follow_each_other(world: World) -> None:
    buyer = world.buyers[0].pk
    for limit_fen, day in ((700, BEIJING_EVE + timedelta(days=2)), (300, BEIJING_EVE)):
        asked = ask_for_limit(participant_id=buyer, limit_fen=limit_fen, terms_days=14, from_day=day, reason="New",
                              by="a@example.com", now=world.now)  # fmt: skip
        approve_limit(limit_id=asked.pk, by="b@example.com", now=world.now)
    assert funds_of(world, 0).credit_fen == 300
    world.hour += 24
    assert apply_limits(now=world.now) == 0
    world.hour += 24
    assert apply_limits(now=world.now) == 1
    assert apply_limits(now=world.now) == 0
    assert funds_of(world, 0).credit_fen == 700
    assert list(find_differences()) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"limit_fen": -1}, limits.LimitOutOfRange),
        ({"limit_fen": 10**16}, limits.LimitOutOfRange),
        ({"terms_days": 366}, limits.TermsOutOfRange),
        ({"currency": "USD"}, limits.NotInYuan),
        ({"from_day": BEIJING_EVE - timedelta(days=1)}, limits.DayGone),
        ({"reason": " "}, limits.ReasonMissing),
        ({"participant_id": 0}, limits.NotABuyer),
    ],
)
def test_limits_that_cannot_be_asked_for(world: World, change: dict[str, object], error: type[Exception]) -> None:
    asked = {"participant_id": world.buyers[0].pk, "limit_fen": 1, "terms_days": 30, "from_day": BEIJING_EVE,
             "reason": "New", "by": "a@example.com", "now": world.now, **change}  # fmt: skip
    with pytest.raises(error):
        ask_for_limit(**asked)  # type: ignore[arg-type]
    assert not CreditLimit.objects.exists()


def test_two_people_decide_once_and_leave_a_trail(world: World) -> None:
    ask = {"participant_id": world.buyers[0].pk, "limit_fen": 500, "terms_days": 30, "from_day": BEIJING_EVE,
           "reason": "New", "now": world.now}  # fmt: skip
    asked = ask_for_limit(**ask, by="a@example.com")  # type: ignore[arg-type]
    with pytest.raises(limits.LimitAskedAlready):
        ask_for_limit(**ask, by="b@example.com")  # type: ignore[arg-type]
    with pytest.raises(limits.SecondPersonNeeded):
        approve_limit(limit_id=asked.pk, by="A@example.com", now=world.now)
    with pytest.raises(IntegrityError, match="credit_limit_approved_by_a_second_person"), transaction.atomic():
        CreditLimit.objects.filter(pk=asked.pk).update(
            state="approved", decided_by="a@example.com", decided_at=world.now
        )
    refuse_limit(limit_id=asked.pk, by="b@example.com", now=world.now)
    with pytest.raises(limits.LimitDecided):
        approve_limit(limit_id=asked.pk, by="b@example.com", now=world.now)
    assert funds_of(world, 0).credit_fen == 0
    assert list(Change.objects.order_by("pk").values_list("what", "who")) == [
        ("credit_limit.ask", "a@example.com"),
        ("credit_limit.refuse", "b@example.com"),
    ]
