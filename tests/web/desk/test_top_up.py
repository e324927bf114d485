"""A person tops up by Stripe: from the wallet to its page and back, and the event in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from billing.funds import available_fen
from billing.models import TopUp
from billing.payments.stripe_checkout import stripe_checkout
from tests.billing.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeServer, signed, stripe_server
from tests.web.desk.world import World


@pytest.fixture
def server(settings: Settings) -> Iterator[StripeServer]:
    with stripe_server() as served:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
        settings.STRIPE_API_URL = served.url
        stripe_checkout.cache_clear()
        yield served
        stripe_checkout.cache_clear()


def _start(client: Client, *, yuan: str = "500.00", key: str = "one") -> TopUp:
    sent = client.post(reverse("top_ups"), {"amount_fen": yuan, "key": key})
    assert sent.status_code == 302, sent.content.decode()
    page = client.get(sent["Location"])
    top_up = TopUp.objects.latest("pk")
    assert f'url={top_up.page_url}"' in page.content.decode()
    return top_up


def test_from_the_wallet_to_the_payment_page_and_back(world: World, server: StripeServer) -> None:
    client = world.client("alice")
    assert reverse("top_ups") in client.get(reverse("wallet")).content.decode()
    before = available_fen(world.alice.pk)
    top_up = _start(client)
    again = client.post(reverse("top_ups"), {"amount_fen": "500.00", "key": "one"})  # the button pressed twice
    assert str(top_up.pk) in again["Location"]

    back = reverse("top_up", args=[top_up.pk])
    assert "Nothing has been charged" in client.get(back).content.decode()
    payload, signature = signed(server.pay(str(top_up.reference)))
    for _ in range(2):
        told = client.post(
            reverse("stripe_events"), payload, "application/json", headers={"Stripe-Signature": signature}
        )
        assert told.status_code == 200
    assert "¥500.00 is available for bids" in client.get(back).content.decode()
    assert available_fen(world.alice.pk) == before + 50_000
    assert "Paid" in client.get(reverse("top_ups")).content.decode()


def test_coming_back_before_the_event_asks_stripe(world: World, server: StripeServer) -> None:
    client = world.client("alice")
    top_up = _start(client)
    server.pay(str(top_up.reference))  # its event is lost
    assert "is available for bids" in client.get(reverse("top_up", args=[top_up.pk])).content.decode()


def test_what_goes_wrong_says_what_to_do(world: World, server: StripeServer) -> None:
    client = world.client("alice")
    for yuan, sentence in (("1", "Pay in between"), ("1000000", "Pay in between"), ("x", "Enter a number")):
        answer = client.post(reverse("top_ups"), {"amount_fen": yuan, "key": "k"})
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True), yuan
    server.fails = ["before"]
    answer = client.post(reverse("top_ups"), {"amount_fen": "20", "key": "k"})
    assert "The payment page cannot be reached now" in answer.content.decode()
    assert client.post(reverse("stripe_events"), b"{}", "application/json").status_code == 400


def test_ones_payments_are_ones_own(world: World, server: StripeServer) -> None:
    top_up = _start(world.client("alice"))
    assert world.client("bob").get(reverse("top_up", args=[top_up.pk])).status_code == 404


def test_without_keys_nothing_is_offered(world: World) -> None:
    client = world.client("alice")
    assert reverse("top_ups") not in client.get(reverse("wallet")).content.decode()
    assert client.get(reverse("top_ups")).status_code == 404
    assert client.post(reverse("stripe_events"), b"{}", "application/json").status_code == 404
