"""Capacity cannot be oversold, whoever sends what at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F, Sum

from matching.matcher import Matcher
from matching.models import Holding, Order
from matching.verify import find_differences
from tests.factories import HOUR, ask, bid, make_market, make_participant, make_site
from tests.matching.conftest import place

THREADS = 8


@pytest.mark.django_db(transaction=True)
def test_eight_threads_sell_the_same_capacity_while_it_trades() -> None:
    market = make_market()
    sites = [make_site(market, accelerators=16) for _ in range(3)]
    buyers = [make_participant() for _ in range(3)]
    barrier = Barrier(THREADS)

    def trade(number: int) -> int:
        dice = Random(number)
        barrier.wait()
        accepted = 0
        try:
            for _ in range(12):
                requests = [
                    ask(dice.choice(sites), start=HOUR + dice.randint(1, 4), hours=dice.randint(1, 4), quantity=3)
                    for _ in range(3)
                ]
                requests.append(
                    bid(
                        dice.choice(buyers),
                        market,
                        start=HOUR + dice.randint(1, 4),
                        hours=2,
                        quantity=dice.randint(1, 3),
                    )
                )
                holdings = list(Holding.objects.filter(participant__in=buyers, capacity__gt=F("committed"))[:2])
                requests += [
                    ask(site, participant=buyer, start=holding.hour, hours=1, quantity=1, price_fen=900)
                    for holding in holdings
                    for site in sites
                    for buyer in buyers
                    if (site.pk, buyer.pk) == (holding.site_id, holding.participant_id)
                ]
                accepted += sum(isinstance(verdict, int) for verdict in place(requests))
        finally:
            connection.close()
        return accepted

    def verify() -> list[str]:
        try:
            return [sentence for _ in range(3) for sentence in find_differences()]
        finally:
            connection.close()

    def match() -> None:
        matcher = Matcher()
        try:
            while not is_over:
                matcher.run_batch(limit=7)
        finally:
            connection.close()

    is_over: list[bool] = []
    with ThreadPoolExecutor(THREADS + 2) as pool:
        matching = pool.submit(match)
        verifying = pool.submit(verify)
        accepted = sum(pool.map(trade, range(THREADS), timeout=120))
        is_over.append(True)
        assert verifying.result(timeout=60) == [], "what is verified while all this goes on agrees, too"
        matching.result(timeout=60)
    Matcher().drain()
    assert accepted == Order.objects.count()
    assert not Holding.objects.filter(committed__gt=F("capacity")).exists()
    assert Holding.objects.aggregate(total=Sum("committed"))["total"] > 0
    assert list(find_differences()) == []


@pytest.mark.django_db(transaction=True)
def test_eight_threads_with_one_client_order_id_place_one_order() -> None:
    market, buyer = make_market(), make_participant()
    request = bid(buyer, market, client_order_id="once")
    barrier = Barrier(THREADS)

    def send(_number: int) -> object:
        barrier.wait()
        try:
            return place([request])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(send, range(THREADS)))
    order = Order.objects.get()
    assert set(answers) == {order.pk}
