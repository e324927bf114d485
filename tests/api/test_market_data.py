"""Books with their number, the events after it, candles: what a program needs to keep a book of its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from rest_framework.test import APIClient

from matching.market_data.retention import prune_events
from tests.api.conftest import World


def read(client: APIClient, world: World, what: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/markets/{world.market.symbol}/{what}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def trade(alice: APIClient, world: World) -> None:
    alice.post("/api/v1/orders", world.bid(hours=1), format="json")
    world.matcher.drain()


def test_books_and_the_events_after_them(anyone: APIClient, alice: APIClient, world: World) -> None:
    before = read(anyone, world, f"books?start={world.first}&hours=2")
    level = {"price_fen": 1000, "quantity": 8, "orders": 1}
    assert [(book["hour"], book["bids"], book["asks"]) for book in before["books"]] == [
        (world.first, [], [level]),
        (world.first + 1, [], [level]),
    ]
    assert before["number"] == 97  # a gate, 48 levels, 48 tops
    trade(alice, world)
    events = read(anyone, world, f"events?after={before['number']}")
    assert (events["after"], events["last_number"]) == (97, 100)
    told = [{name: value for name, value in event.items() if value is not None} for event in events["events"]]
    moments = {event.pop("at") for event in told}
    assert len(moments) == 1
    assert told[0].pop("trade_id") > 0
    assert told == [
        {
            "number": 98, "event": "trade", "hour": world.first, "hours": 1, "side": "bid", "price_fen": 1000, "quantity": 2,
        },
        {
            "number": 99, "event": "level", "hour": world.first, "side": "ask", "price_fen": 1000, "quantity": 6, "orders": 1,
        },
        {"number": 100, "event": "top", "hour": world.first, "side": "ask", "price_fen": 1000, "quantity": 6},
    ]  # fmt: skip
    book = read(anyone, world, f"contracts/{world.first}/book")
    assert (book["number"], book["is_closed"], book["asks"][0]["quantity"]) == (100, False, 6)
    assert read(anyone, world, f"contracts/{world.first - 3}/book")["is_closed"] is True
    assert read(anyone, world, "contracts")["number"] == 100


def test_events_come_in_pages_and_the_first_tells_of_a_gate(anyone: APIClient, world: World) -> None:
    page = read(anyone, world, "events?limit=1")
    assert (page["events"][0]["number"], page["last_number"]) == (1, 97)
    assert (page["events"][0]["event"], page["events"][0]["state"]) == ("state", "closed")
    assert read(anyone, world, "events?after=97")["events"] == []


def test_events_that_are_not_kept_are_gone(anyone: APIClient, world: World) -> None:
    prune_events(kept=5)
    for after in (0, 98):
        answer = anyone.get(f"/api/v1/markets/{world.market.symbol}/events?after={after}")
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (410, "events_not_kept", "after")
        assert "events 93 to 97" in answer.json()["detail"]
    answer = anyone.get(f"/api/v1/markets/{world.market.symbol}/events?after=-1")
    assert answer.status_code == 400


def test_an_hour_and_an_interval_have_open_high_low_close(anyone: APIClient, alice: APIClient, world: World) -> None:
    trade(alice, world)
    (contract,) = read(anyone, world, f"contracts?start={world.first}&hours=1")["contracts"]
    assert [contract[f"{name}_fen"] for name in ("open", "high", "low", "last_price", "vwap")] == [1000] * 5
    assert (contract["volume"], contract["value_fen"], contract["trades"]) == (2, 2000, 1)
    assert (contract["best_ask_fen"], contract["best_ask_quantity"], contract["ask_quantity"]) == (1000, 6, 6)
    for interval in ("5m", "1h", "1d"):
        answer = read(anyone, world, f"candles?interval={interval}")
        (candle,) = answer["candles"]
        assert answer["interval"] == interval
        assert (candle["open_fen"], candle["close_fen"], candle["vwap_fen"], candle["volume"]) == (1000, 1000, 1000, 2)
    assert read(anyone, world, f"candles?until={quote(candle['starts_at'])}&interval=1d")["candles"] == []
    assert anyone.get(f"/api/v1/markets/{world.market.symbol}/candles?interval=2h").status_code == 400
