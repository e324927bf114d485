"""Paying in by Stripe Checkout against a small Stripe of our own: whatever it says, however often, money is booked once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import stripe
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from billing.funds import available_fen
from billing.models import Account, PaymentEvent, TopUp, Transfer
from billing.payments.method import PaymentProviderUnavailable
from billing.payments.stripe_checkout import EventNotSigned, StripeCheckout
from billing.payments.top_ups import (
    PAGE_LASTS,
    QUIET,
    AmountOutOfBounds,
    TopUpKeyReused,
    check_top_ups,
    start_top_up,
    take_in,
)
from billing.verify import find_differences
from tests.billing.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeServer, signed, stripe_server
from tests.billing.world import World

NOW = timezone.now()


@pytest.fixture(scope="module")
def served() -> Iterator[StripeServer]:
    with stripe_server() as server:
        yield server


@pytest.fixture
def server(served: StripeServer, settings: Settings) -> StripeServer:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
    url = served.url
    served.__init__()  # type: ignore[misc]  # a fresh account of the same server
    served.url = url
    return served


@pytest.fixture
def method(server: StripeServer) -> StripeCheckout:
    client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": server.url}, max_network_retries=0)
    return StripeCheckout(client)


def start(world: World, method: StripeCheckout, *, amount_fen: int = 50_000, key: str = "k") -> TopUp:
    return start_top_up(
        participant_id=world.buyers[0].pk,
        amount_fen=amount_fen,
        key=key,
        method=method,
        return_url="http://exchange.test/wallet/top-ups/{top_up}/",
        language="zh-hans",
        now=NOW,
    )


def hear(method: StripeCheckout, event: dict[str, Any]) -> TopUp | None:
    """Receive an event as the page does."""
    payload, signature = signed(event)
    event_id, receipt = method.read_event(payload=payload, signature=signature)
    if receipt is None:
        return None
    return take_in(method=method.name, receipt=receipt, event_id=event_id, now=NOW)


def test_money_paid_is_available_at_once_and_stands_at_the_processor(
    world: World, server: StripeServer, method: StripeCheckout
) -> None:
    before = available_fen(world.buyers[0].pk)
    top_up = start(world, method)
    assert top_up.page_url.startswith(server.url)
    assert server.sessions[str(top_up.reference)]["success_url"].endswith(f"/top-ups/{top_up.pk}/")
    hear(method, server.pay(str(top_up.reference)))
    top_up.refresh_from_db()
    assert (top_up.state, available_fen(world.buyers[0].pk)) == ("paid", before + 50_000)
    assert Account.objects.get(kind="processor").debits_posted == 50_000
    assert list(find_differences()) == []


def test_every_order_of_events_however_often_books_once(
    world: World, server: StripeServer, method: StripeCheckout
) -> None:
    for number, order in enumerate(permutations(range(4))):
        before = available_fen(world.buyers[0].pk)
        top_up = start(world, method, key=f"order-{number}")
        session = str(top_up.reference)
        events = [
            server.pay_later(session),
            server.payment_bounces(session),
            server.expire(session),
            server.money_arrives(session),
        ]
        for place in (*order, *order):
            hear(method, events[place])
        top_up.refresh_from_db()
        assert (top_up.state, available_fen(world.buyers[0].pk)) == ("paid", before + 50_000), order


def test_the_same_form_twice_is_one_payment_and_another_amount_is_refused(
    world: World, server: StripeServer, method: StripeCheckout
) -> None:
    assert start(world, method).pk == start(world, method).pk
    assert len(server.sessions) == 1
    with pytest.raises(TopUpKeyReused):
        start(world, method, amount_fen=60_000)
    for amount_fen in (0, -1, 999, 100_000_000):
        with pytest.raises(AmountOutOfBounds):
            start(world, method, amount_fen=amount_fen, key="other")


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_call_that_fails_is_carried_on_by_the_next(
    world: World, server: StripeServer, method: StripeCheckout, fails: str
) -> None:
    server.fails = [fails]
    with pytest.raises(PaymentProviderUnavailable):
        start(world, method)
    top_up = start(world, method)
    assert len(server.sessions) == 1
    assert top_up.reference in server.sessions


def test_an_event_before_its_page_is_known_is_booked(
    world: World, server: StripeServer, method: StripeCheckout
) -> None:
    server.fails = ["after"]  # Stripe has made the session; our process died before it heard of it
    with pytest.raises(PaymentProviderUnavailable):
        start(world, method)
    (session,) = server.sessions
    hear(method, server.pay(session))
    assert start(world, method).state == TopUp.State.PAID


def test_another_amount_or_currency_is_booked_by_nobody_but_finance(
    world: World, server: StripeServer, method: StripeCheckout
) -> None:
    before = available_fen(world.buyers[0].pk)
    for key, change in (("a", {"amount_total": 49_999}), ("b", {"currency": "usd"})):
        top_up = start(world, method, key=key)
        server.sessions[str(top_up.reference)].update(change)
        hear(method, server.pay(str(top_up.reference)))
        top_up.refresh_from_db()
        assert (top_up.state, bool(top_up.note)) == ("mismatch", True)
    assert available_fen(world.buyers[0].pk) == before


def test_foreign_old_and_altered_events_are_refused(world: World, server: StripeServer, method: StripeCheckout) -> None:
    event = server.pay(str(start(world, method).reference))
    for payload, signature in (
        signed(event, secret="whsec_somebody_else"),
        signed(event, age_s=3600),
        (signed(event)[0].replace(b"50000", b"90000"), signed(event)[1]),
        (b"{}", ""),
    ):
        with pytest.raises(EventNotSigned):
            method.read_event(payload=payload, signature=signature)
    assert not PaymentEvent.objects.exists()


def test_events_that_never_come_are_asked_for(world: World, server: StripeServer, method: StripeCheckout) -> None:
    before = available_fen(world.buyers[0].pk)
    paid, expired, waits = (start(world, method, key=key) for key in "abc")
    server.pay(str(paid.reference))
    server.expire(str(expired.reference))
    server.pay_later(str(waits.reference))
    assert check_top_ups(method=method, now=NOW) == 0  # events are given time
    assert check_top_ups(method=method, now=NOW + QUIET + timedelta(seconds=1)) == 2
    states = dict(TopUp.objects.values_list("pk", "state"))
    assert states == {paid.pk: "paid", expired.pk: "expired", waits.pk: "waiting"}
    assert available_fen(world.buyers[0].pk) == before + 50_000


def test_a_payment_that_never_got_a_page_ends(world: World, server: StripeServer, method: StripeCheckout) -> None:
    server.fails = ["before"]
    with pytest.raises(PaymentProviderUnavailable):
        start(world, method)
    assert check_top_ups(method=method, now=NOW + 3 * PAGE_LASTS) == 1
    assert TopUp.objects.get().state == TopUp.State.EXPIRED


@pytest.mark.django_db(transaction=True)
def test_sixteen_deliveries_at_once_book_once(server: StripeServer, method: StripeCheckout) -> None:
    world = World.create()
    before = available_fen(world.buyers[0].pk)
    event = server.pay(str(start(world, method).reference))
    copies = [{**event, "id": f"evt_copy_{number % 4}"} for number in range(16)]

    def deliver(copy: dict[str, Any]) -> None:
        try:
            hear(method, copy)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deliver, copies))
    assert available_fen(world.buyers[0].pk) == before + 50_000
    assert Transfer.objects.filter(code="top_up", debit_account__kind="processor").count() == 1


def test_verify_finds_a_top_up_that_moved_nothing(world: World, server: StripeServer, method: StripeCheckout) -> None:
    top_up = start(world, method)
    hear(method, server.pay(str(top_up.reference)))
    TopUp.objects.filter(pk=top_up.pk).update(amount_fen=50_001)
    assert [line for line in find_differences() if f"billing_topup {top_up.pk}" in line]


def test_the_server_refuses_what_stripe_would(server: StripeServer, method: StripeCheckout) -> None:
    client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": server.url}, max_network_retries=0)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create({"mode": "cash"})
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("sk_other", base_addresses={"api": server.url}).v1.checkout.sessions.retrieve("cs_1")
