"""Orders that programs and people send at the same time share a transaction; each is answered as if it had come alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from marketplace import placing
from marketplace.placing import place_each
from marketplace.together import Together
from marketplace.trading import place_order
from matching.inbox import ExchangeBusy
from matching.models import Order
from tests.api.conftest import World, make_person
from tests.factories import bid, make_market

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Return what each call returns, all begun in the same moment in threads of their own."""
    together = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        together.wait()
        try:
            results[place] = calls[place]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_each_gets_its_own_answer_in_its_own_language(world: World, alice: APIClient, charlie: APIClient) -> None:
    def send(client: APIClient, language: str = "en", **fields: Any) -> Callable[[], Any]:
        headers = {"Accept-Language": language}
        return lambda: client.post("/api/v1/orders", world.bid(**fields), format="json", headers=headers)

    answers = at_once(
        send(alice),
        send(charlie),
        send(alice, client_order_id="same"),
        send(alice, client_order_id="same"),
        send(charlie, client_order_id="same"),
        send(charlie, client_order_id="other", quantity=1),
        send(charlie, client_order_id="other", quantity=2),
        send(charlie, quantity=1_000_000),
        send(charlie, "zh-hans", quantity=1_000_000),
        send(alice, market="nowhere"),
        send(alice, price_fen=1501, quantity=0),
        *(send(alice, client_order_id=f"n{number}", quantity=1) for number in range(5)),
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [201, 201]
    assert sorted(statuses[2:4]) == [200, 201]
    assert answers[2].json()["id"] == answers[3].json()["id"] != answers[4].json()["id"]
    assert statuses[4] == 201
    assert sorted(statuses[5:7]) == [201, 409]
    assert statuses[7:11] == [422] * 4
    assert answers[7].json()["code"] == answers[8].json()["code"] == "insufficient_funds"
    assert "is available" in answers[7].json()["detail"]
    assert "可用" in answers[8].json()["detail"]
    assert [answers[9].json()["code"], answers[10].json()["code"]] == ["unknown_market", "quantity_out_of_bounds"]
    assert statuses[11:] == [201] * 5
    placed = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(placed) == 10 == Order.objects.exclude(participant=world.bob).count()


def test_a_persons_ticket_shares_the_transaction_of_the_programs(world: World, alice: APIClient) -> None:
    person = Client(headers={"HX-Request": "true", "Accept-Language": "zh-hans"})
    person.force_login(make_person("charles@example.com", world.charlie))

    def by_ticket(accelerators: int) -> Callable[[], Any]:
        terms = {"side": "buy", "kind": "hourly", "start": world.first, "hours": 1, "limit": "15.00"}
        address = f"/markets/{world.market.symbol}/ticket"
        return lambda: person.post(address, {**terms, "accelerators": accelerators})

    def by_key() -> Any:
        return alice.post("/api/v1/orders", world.bid(), format="json")

    turns = [placing._entry._turns.acquire() for _ in range(placing.LANES)]  # as while others are being placed

    def let_go() -> None:
        while len(placing._entry._waiting) < 4:
            time.sleep(0.001)
        for _ in turns:
            placing._entry._turns.release()

    bought, too_many, first, second, _ = at_once(by_ticket(2), by_ticket(1_000_000), by_key, by_key, let_go)
    assert [first.status_code, second.status_code] == [201, 201]
    assert "买单已受理" in bought.content.decode()
    assert "可用" in too_many.content.decode()
    orders = Order.objects.exclude(participant=world.bob)
    assert sorted(order.participant_id for order in orders) == sorted(
        [world.alice.pk, world.alice.pk, world.charlie.pk]
    )
    assert len({order.placed_at for order in orders}) == 1


def test_a_market_that_is_busy_refuses_its_own_orders_only(world: World, settings: Settings) -> None:
    quiet = make_market("quiet", link_group="apart")
    now = timezone.now()
    terms = {"start": world.first, "hours": 1, "quantity": 1, "price_fen": 1000}
    place_order(request=bid(world.alice, world.market, **terms), now=now)
    settings.INBOX_MAX = 0
    refused, placed = place_each([bid(world.alice, world.market, **terms), bid(world.alice, quiet, **terms)], now)
    assert isinstance(refused, ExchangeBusy)
    assert isinstance(placed, int)
    assert Order.objects.get(pk=placed).market_id == quiet.pk


def test_what_arrives_during_a_run_is_done_together_in_the_next() -> None:
    begun, go_on = threading.Event(), threading.Event()
    runs: list[list[int]] = []

    def do(numbers: Sequence[int]) -> list[int]:
        runs.append(list(numbers))
        begun.set()
        go_on.wait(10)
        if 13 in numbers:
            raise ValueError("13")
        return [number * 2 for number in numbers]

    together: Together[int, int] = Together(do, lanes=1)
    first = threading.Thread(target=together, args=[0])
    first.start()
    begun.wait(10)
    later: list[int] = []
    threads = [threading.Thread(target=lambda n=n: later.append(together(n))) for n in range(1, 6)]
    for thread in threads:
        thread.start()
    while len(together._waiting) < len(threads):
        pass
    go_on.set()
    for thread in [first, *threads]:
        thread.join()
    assert [sorted(run) for run in runs] == [[0], [1, 2, 3, 4, 5]]
    assert sorted(later) == [2, 4, 6, 8, 10]
    with pytest.raises(ValueError, match="13"):
        together(13)
    assert together(7) == 14
