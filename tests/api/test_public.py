"""What everybody may read: markets, contracts, books, offers, the tape."""

from __future__ import annotations

from rest_framework.test import APIClient

from tests.api.conftest import World


def test_markets_with_their_rules(anyone: APIClient, world: World) -> None:
    (market,) = anyone.get("/api/v1/markets?compute_class=H800-80G&hub=yangtze-delta").json()["results"]
    assert market["symbol"] == "H800-80G.yangtze-delta"
    assert market["hub"]["name"] == "Yangtze Delta"
    assert world.first - 2 <= market["first_open_hour"] <= world.first
    assert anyone.get(f"/api/v1/markets/{market['symbol']}").json() == market
    assert anyone.get("/api/v1/markets?hub=guizhou").json()["results"] == []


def test_contracts_show_best_prices_by_hour(anyone: APIClient, world: World) -> None:
    answer = anyone.get(f"/api/v1/markets/{world.market.symbol}/contracts?start={world.first - 1}&hours=3").json()
    assert [point["best_ask_fen"] for point in answer["contracts"]] == [None, 1000, 1000]
    assert [point["ask_quantity"] for point in answer["contracts"]] == [0, 8, 8]
    assert answer["contracts"][1]["starts_at"].endswith(":00:00Z")


def test_contracts_take_a_time_as_start(anyone: APIClient, world: World) -> None:
    address = f"/api/v1/markets/{world.market.symbol}/contracts"
    by_hour = anyone.get(f"{address}?start={world.first}&hours=2").json()
    moment = by_hour["contracts"][0]["starts_at"]
    assert anyone.get(f"{address}?start={moment}&hours=2").json() == by_hour
    half_past = moment.replace(":00:00Z", ":30:00Z")
    assert anyone.get(f"{address}?start={half_past}&hours=2").json()["code"] == "invalid"


def test_the_book_of_an_hour(anyone: APIClient, world: World) -> None:
    book = anyone.get(f"/api/v1/markets/{world.market.symbol}/contracts/{world.first}/book").json()
    assert book["asks"] == [{"price_fen": 1000, "quantity": 8, "orders": 1}]
    assert book["bids"] == []


def test_offers_can_be_narrowed(anyone: APIClient, world: World) -> None:
    (offer,) = anyone.get("/api/v1/offers").json()["results"]
    assert offer["reference"] == "o1"
    assert offer["open"] == [8] * 48
    assert anyone.get(f"/api/v1/offers/{offer['id']}").json() == offer
    for query, count in (
        ("price_fen_max=999", 0),
        ("price_fen_max=1000", 1),
        (f"from_hour={world.first + 48}", 0),
        (f"from_hour={world.first + 47}", 1),
        (f"until_hour={world.first}", 0),
        ("market=other", 0),
        (f"site={world.site.slug}&provider=bob", 1),
    ):
        assert len(anyone.get(f"/api/v1/offers?{query}").json()["results"]) == count, query


def test_the_tape_names_nobody(anyone: APIClient, alice: APIClient, world: World) -> None:
    alice.post("/api/v1/orders", world.bid(), format="json")
    world.matcher.drain()
    (trade,) = anyone.get(f"/api/v1/markets/{world.market.symbol}/trades").json()["results"]
    assert (trade["price_fen"], trade["quantity"], trade["hours"], trade["taker_side"]) == (1000, 2, 2, "bid")
    assert not {"buyer", "seller", "order_id"} & trade.keys()
