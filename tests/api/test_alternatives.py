"""Orders with alternatives by the API: placed, previewed, refused by the one at fault, and read with what executed."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from matching.models import Market
from tests.api.conftest import World
from tests.factories import make_market


@pytest.fixture
def other(world: World) -> Market:
    return make_market("A100-SXM4-80G")


def body(world: World, other: Market, **fields: Any) -> dict[str, Any]:
    """A bid for the other market, where nothing is on offer, or for the world's."""
    instead = {"market": world.market.symbol, "start": world.first + 2, "start_flexibility": 3, "price_fen": 1100}
    return world.bid(market=other.symbol, alternatives=[instead | fields])


def test_what_executes_is_previewed_and_recorded(alice: APIClient, world: World, other: Market) -> None:
    preview = alice.post("/api/v1/orders/preview", body(world, other), format="json").json()
    assert (preview["alternative"], preview["start"], preview["value_fen"]) == (1, world.first + 2, 4000)
    assert preview["refused"] is None
    placed = alice.post("/api/v1/orders", body(world, other), format="json")
    assert placed.status_code == 201, placed.json()
    assert placed.json()["executed_alternative"] is None
    world.matcher.drain()
    order = alice.get(f"/api/v1/orders/{placed.json()['id']}").json()
    assert (order["state"], order["market"], order["executed_alternative"]) == ("filled", other.symbol, 1)
    (alternative,) = order["alternatives"]
    assert (alternative["place"], alternative["market"], alternative["price_fen"]) == (1, world.market.symbol, 1100)
    assert (alternative["start"], alternative["start_flexibility"]) == (world.first + 2, 3)
    (listed,) = alice.get("/api/v1/orders").json()["results"]
    assert listed == order
    (trade,) = alice.get("/api/v1/trades").json()["results"]
    assert (trade["market"], trade["order_id"]) == (world.market.symbol, order["id"])


def test_an_order_without_alternatives_says_so(alice: APIClient, world: World) -> None:
    order = alice.post("/api/v1/orders", world.bid(), format="json").json()
    assert (order["alternatives"], order["executed_alternative"]) == ([], None)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"market": "X.y"}, "unknown_market", "alternatives.0.market"),
        ({"start": 10}, "gate_closed", "alternatives.0.start"),
        ({"price_fen": 0}, "price_out_of_bounds", "alternatives.0.price_fen"),
        ({"price_fen": "12"}, "invalid", "alternatives.0.price_fen"),
    ],
)
def test_a_refusal_names_the_alternative(
    alice: APIClient, world: World, other: Market, fields: dict[str, Any], code: str, field: str
) -> None:
    answer = alice.post("/api/v1/orders", body(world, other, **fields), format="json").json()
    assert (answer["code"], answer["field"]) == (code, field)


def test_markets_that_are_not_linked_are_named(alice: APIClient, world: World, other: Market) -> None:
    Market.objects.filter(pk=other.pk).update(link_group="west")
    answer = alice.post("/api/v1/orders", body(world, other), format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "markets_not_linked")
    assert other.symbol in answer.json()["detail"]


def test_an_ask_has_no_alternatives(bob: APIClient, world: World, other: Market) -> None:
    selling = body(world, other) | {"side": "ask", "market": world.market.symbol, "site": world.site.slug}
    answer = bob.post("/api/v1/orders", selling, format="json").json()
    assert (answer["code"], answer["field"]) == ("alternatives_not_allowed", "alternatives")
