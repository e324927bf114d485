"""Eight threads sell and buy the same capacity and the same money at once, beside a matcher and a clearing at work."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event, Thread

import pytest
from django.db import connection

from billing.clearing import clear
from billing.funds import deposit_funds
from billing.models import Account
from billing.quote import current_rates, hold_unit_fen
from billing.verify import find_differences as find_billing_differences
from marketplace.trading import Verdict, place_orders
from matching.cancel import cancel_orders
from matching.engine.dtypes import Kind
from matching.matcher import Matcher
from matching.models import Holding, Order, Participant, Site, Trade
from matching.rules import OrderRequest
from matching.verify import find_differences as find_matching_differences
from tests.factories import HOUR, NOW, ask, bid, make_market, make_participant, make_site

THREADS = 8
HOURS = 4


def at_once(work: Callable[[int], list[Verdict]]) -> list[Verdict]:
    """Let each thread do `work` (given its number) at the same moment; returns everything they were answered."""
    together = Barrier(THREADS)

    def run(number: int) -> list[Verdict]:
        try:
            together.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [verdict for verdicts in pool.map(run, range(THREADS)) for verdict in verdicts]


@contextmanager
def matching_and_clearing() -> Iterator[None]:
    """Keep a matcher and a clearing going; whatever goes wrong in them fails the test."""
    stop = Event()
    errors: list[BaseException] = []
    matcher = Matcher()
    matcher.rebuild()

    def run(step: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                step()
            step()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(step,)) for step in (matcher.drain, lambda: clear(now=NOW))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    matcher.drain()
    clear(now=NOW)
    assert not errors


def codes_of(verdicts: list[Verdict]) -> dict[str, int]:
    """Count answers: `placed`, or the error's code."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        code = "placed" if isinstance(verdict, int) else verdict.code
        counts[code] = counts.get(code, 0) + 1
    return counts


def assert_the_books_hold() -> None:
    assert list(find_matching_differences()) == []
    assert list(find_billing_differences()) == []


def deposit_for(participant_id: int, *, bids: int, price_fen: int, accelerator_hours: int) -> None:
    """Deposit exactly what `bids` bids hold."""
    unit_fen = hold_unit_fen(price_fen=price_fen, rates=current_rates(now=NOW))
    amount_fen = unit_fen * accelerator_hours * bids
    deposit_funds(participant_id=participant_id, amount_fen=amount_fen, key=f"exact:{participant_id}", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_capacity_is_sold_once() -> None:
    site = make_site(make_market(), accelerators=20)

    def sell(number: int) -> list[Verdict]:
        requests = [ask(site, hours=HOURS, quantity=4) for _ in range(2)]
        return place_orders(requests=requests, now=NOW)

    assert codes_of(at_once(sell)) == {"placed": 5, "nothing_to_sell": 11}
    assert set(Holding.objects.values_list("capacity", "committed")) == {(20, 20)}
    assert_the_books_hold()


@pytest.mark.django_db(transaction=True)
def test_money_is_held_once() -> None:
    market = make_market()
    buyer = make_participant()
    deposit_for(buyer.pk, bids=5, price_fen=1200, accelerator_hours=2 * HOURS)

    def buy(number: int) -> list[Verdict]:
        return [
            verdict
            for _ in range(2)
            for verdict in place_orders(requests=[bid(buyer, market, hours=HOURS, quantity=2)], now=NOW)
        ]

    assert codes_of(at_once(buy)) == {"placed": 5, "insufficient_funds": 11}
    assert Account.objects.get(participant=buyer, kind=Account.Kind.FUNDS).available_fen == 0
    assert_the_books_hold()


@pytest.mark.django_db(transaction=True)
def test_what_was_bought_is_sold_again_once() -> None:
    market = make_market()
    site = make_site(market, accelerators=8)
    buyer = make_participant()
    deposit_for(buyer.pk, bids=1, price_fen=1200, accelerator_hours=8 * HOURS)
    place_orders(requests=[ask(site, hours=HOURS), bid(buyer, market, hours=HOURS, quantity=8)], now=NOW)
    Matcher().drain()
    assert Trade.objects.exists()

    def resell(number: int) -> list[Verdict]:
        return place_orders(requests=[ask(site, participant=buyer, hours=HOURS, price_fen=2000)], now=NOW)

    assert codes_of(at_once(resell)) == {"placed": 1, "nothing_to_sell": 7}
    assert_the_books_hold()


@pytest.mark.django_db(transaction=True)
def test_everything_at_once_ends_in_books_that_hold() -> None:
    """Random asks, bids and cancels over the same sites, hours and money; deadlocks and overdrafts would raise."""
    market = make_market()
    sites = [make_site(market, accelerators=12) for _ in range(2)]
    buyers = [make_participant() for _ in range(3)]
    for buyer in buyers:
        deposit_funds(participant_id=buyer.pk, amount_fen=400_000, key=f"few:{buyer.pk}", now=NOW)

    def trade(number: int) -> list[Verdict]:
        chance = random.Random(number)
        verdicts: list[Verdict] = []
        for _ in range(6):
            requests = [random_request(chance, sites, buyers) for _ in range(chance.randrange(1, 6))]
            verdicts += place_orders(requests=requests, now=NOW)
            cancel_some(chance, verdicts)
        return verdicts

    def random_request(chance: random.Random, sites: list[Site], buyers: list[Participant]) -> OrderRequest:
        site, buyer = chance.choice(sites), chance.choice(buyers)
        span = {"start": HOUR + 1 + chance.randrange(6), "hours": chance.randrange(1, 7)}
        quantity, price_fen = chance.randrange(1, 7), chance.randrange(900, 1300)
        if chance.random() < 0.5:
            seller = chance.choice([None, None, buyer])
            return ask(site, participant=seller, quantity=quantity, price_fen=price_fen, **span)
        kind = chance.choice([Kind.BLOCK, Kind.HOURLY])
        return bid(buyer, site.market, kind=kind, quantity=quantity, price_fen=price_fen, **span)

    def cancel_some(chance: random.Random, verdicts: list[Verdict]) -> None:
        placed = [verdict for verdict in verdicts if isinstance(verdict, int)]
        for order in Order.objects.filter(pk__in=chance.sample(placed, len(placed) // 4)):
            cancel_orders(participant_id=order.participant_id, order_ids=[order.pk], now=NOW)

    with matching_and_clearing():
        verdicts = at_once(trade)
    counts = codes_of(verdicts)
    assert counts["placed"] > 20
    assert counts.keys() <= {"placed", "nothing_to_sell", "insufficient_funds"}
    assert Trade.objects.count() > 5
    assert not Order.objects.filter(state=Order.State.PENDING).exists()
    assert_the_books_hold()
