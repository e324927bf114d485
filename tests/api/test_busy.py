"""While the matcher does not keep up, programs are told when to come back, and nothing of what they sent is done."""

from __future__ import annotations

from pytest_django import Settings
from rest_framework.test import APIClient

from billing.models import Hold
from matching.models import Order
from tests.api.conftest import World


def test_an_order_is_answered_with_503_and_when_to_come_back(
    alice: APIClient, world: World, settings: Settings
) -> None:
    assert alice.post("/api/v1/orders", world.bid(client_order_id="first"), format="json").status_code == 201
    settings.INBOX_MAX = 0
    refused = alice.post("/api/v1/orders", world.bid(client_order_id="second"), format="json")
    assert (refused.status_code, refused.json()["code"]) == (503, "exchange_busy")
    assert int(refused["Retry-After"]) > 0
    assert Order.objects.filter(participant=world.alice).count() == Hold.objects.count() == 1

    again = alice.post("/api/v1/orders", world.bid(client_order_id="first"), format="json")
    assert again.status_code == 200  # accepted before; its answer waits for nobody
    assert alice.delete(f"/api/v1/orders/{again.json()['id']}").status_code == 202
    world.matcher.drain()
    assert alice.post("/api/v1/orders", world.bid(client_order_id="second"), format="json").status_code == 201
