"""Placing, previewing, cutting and cancelling orders with a key."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from billing.clearing import clear
from matching.halts import halt_trading
from matching.models import Market, Order
from tests.api.conftest import World


def test_a_bid_is_accepted_fills_and_shows_up_everywhere(alice: APIClient, bob: APIClient, world: World) -> None:
    placed = alice.post("/api/v1/orders", world.bid(client_order_id="job-1"), format="json")
    assert placed.status_code == 201
    assert placed.json()["state"] == "pending"
    world.matcher.drain()
    clear(now=timezone.now())

    order = alice.get(f"/api/v1/orders/{placed.json()['id']}").json()
    assert (order["state"], order["filled_accelerator_hours"], order["filled_value_fen"]) == ("filled", 4, 4000)
    (trade,) = alice.get("/api/v1/trades").json()["results"]
    assert (trade["side"], trade["role"], trade["value_fen"], trade["order_id"]) == ("bid", "taker", 4000, order["id"])
    (sold,) = bob.get("/api/v1/trades").json()["results"]
    assert (sold["side"], sold["role"]) == ("ask", "maker")
    (holding,) = alice.get(f"/api/v1/holdings?start={world.first}").json()["holdings"]
    assert (holding["start"], holding["end"], holding["free"]) == (world.first, world.first + 2, 2)
    balance = alice.get("/api/v1/balance").json()
    assert balance["funds_fen"] == 1_000_000
    assert balance["held_fen"] == 4000 + 24 + 241  # value, taker fee 60 bps, VAT 6 %
    assert balance["available_fen"] == 1_000_000 - 4265


def test_the_same_client_order_id_places_once(alice: APIClient, world: World) -> None:
    first = alice.post("/api/v1/orders", world.bid(client_order_id="job-1"), format="json")
    again = alice.post("/api/v1/orders", world.bid(client_order_id="job-1"), format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    other = alice.post("/api/v1/orders", world.bid(client_order_id="job-1", quantity=1), format="json")
    assert (other.status_code, other.json()["code"]) == (409, "client_order_id_conflict")
    assert Order.objects.filter(participant=world.alice).count() == 1


def test_a_preview_reserves_nothing_and_agrees_with_the_fill(alice_reading: APIClient, world: World) -> None:
    answer = alice_reading.post("/api/v1/orders/preview", world.bid(), format="json")
    assert answer.status_code == 200, answer.json()
    preview = answer.json()
    assert [(fill["hour"], fill["price_fen"], fill["quantity"]) for fill in preview["fills"]] == [
        (world.first, 1000, 2),
        (world.first + 1, 1000, 2),
    ]
    assert preview["fills"][0]["site"] == world.site.slug
    assert (preview["value_fen"], preview["fee_fen"], preview["vat_fen"], preview["total_fen"]) == (4000, 24, 241, 4265)
    assert preview["hold_fen"] > preview["total_fen"]
    assert preview["refused"] is None
    assert not Order.objects.filter(participant=world.alice).exists()


def test_a_preview_says_why_placing_would_be_refused(alice: APIClient, world: World) -> None:
    refused = alice.post("/api/v1/orders/preview", world.bid(quantity=8, price_fen=100_000), format="json").json()
    placed = alice.post("/api/v1/orders", world.bid(quantity=8, price_fen=100_000), format="json").json()
    assert refused["refused"]["code"] == placed["code"] == "insufficient_funds"
    assert refused["refused"]["detail"] == placed["detail"]


def test_a_resting_bid_can_be_cut_and_cancelled(alice: APIClient, world: World) -> None:
    body = world.bid(kind="hourly", price_fen=900, quantity=4)
    number = alice.post("/api/v1/orders", body, format="json").json()["id"]
    world.matcher.drain()
    assert alice.get("/api/v1/orders?state=open&side=bid").json()["results"][0]["open"] == [4, 4]

    assert alice.patch(f"/api/v1/orders/{number}", {"quantity": 1}, format="json").status_code == 202
    world.matcher.drain()
    assert alice.get(f"/api/v1/orders/{number}").json()["open"] == [1, 1]

    assert alice.delete(f"/api/v1/orders/{number}").status_code == 202
    world.matcher.drain()
    assert alice.get(f"/api/v1/orders/{number}").json()["state"] == "cancelled"
    gone = alice.delete(f"/api/v1/orders/{number}")
    assert (gone.status_code, gone.json()["code"]) == (409, "order_already_gone")


def test_all_orders_of_a_market_are_cancelled_at_once(alice: APIClient, charlie: APIClient, world: World) -> None:
    for client in (alice, alice, charlie):
        client.post("/api/v1/orders", world.bid(kind="hourly", price_fen=900), format="json")
    world.matcher.drain()
    answer = alice.post("/api/v1/orders/cancel", {"market": world.market.symbol}, format="json")
    assert (answer.status_code, answer.json()) == (202, {"orders": 2})
    world.matcher.drain()
    assert alice.get("/api/v1/orders?state=open").json()["results"] == []
    assert len(charlie.get("/api/v1/orders?state=open").json()["results"]) == 1


def test_a_provider_lists_capacity(bob: APIClient, world: World) -> None:
    body = {"site": world.site.slug, "start": world.first + 48, "hours": 24, "quantity": 8, "price_fen": 1100}
    listed = bob.post("/api/v1/offers", body, format="json")
    assert listed.status_code == 201, listed.json()
    assert listed.json()["price_fen"] == 1100
    twice = bob.post("/api/v1/offers", body, format="json")
    assert (twice.status_code, twice.json()["code"]) == (422, "nothing_to_sell")


def test_lists_go_on_page_by_page(alice: APIClient, world: World) -> None:
    for _ in range(5):
        alice.post("/api/v1/orders", world.bid(kind="hourly", price_fen=900), format="json")
    seen, address = [], "/api/v1/orders?limit=2"
    while address:
        page = alice.get(address).json()
        seen += [order["id"] for order in page["results"]]
        address = page["next"]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


def test_a_bid_good_till_a_time_says_when_it_ends_and_a_halt_why_it_may_not_come_in(
    alice: APIClient, world: World
) -> None:
    until = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    terms = {"kind": "hourly", "price_fen": 900, "time_in_force": "GTD", "expires_at": until.isoformat()}
    placed = alice.post("/api/v1/orders", world.bid(**terms), format="json").json()
    assert datetime.fromisoformat(placed["expires_at"]) == until
    odd = terms | {"expires_at": (until + timedelta(seconds=1)).isoformat()}
    refused = alice.post("/api/v1/orders", world.bid(**odd), format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "expiry_not_whole_minute")
    halt_trading(market=Market.objects.get(), by="ops", reason="cooling failed", now=timezone.now())
    refused = alice.post("/api/v1/orders", world.bid(), format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "trading_halted")
    assert "cooling failed" in refused.json()["detail"]
