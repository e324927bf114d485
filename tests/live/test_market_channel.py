"""Whoever follows a market knows its books: a snapshot and the events after it, resumed without a gap."""

from __future__ import annotations

import random

import pytest

from matching.clock import close_gates
from matching.models import EventNumber, Trade
from tests.factories import HOUR, NOW, ask, bid
from tests.live.client import ALL_HOURS, LiveClient
from tests.matching.conftest import Exchange, place
from tests.matching.random_trading import set_references, trade_at_random
from tests.matching.test_market_data import shown_by_orders
from tests.web_server import WebServer


def last_number(market_id: int) -> int:
    return EventNumber.objects.filter(market_id=market_id).values_list("number", flat=True).first() or 0


@pytest.mark.parametrize("seed", [1])
def test_snapshot_and_events_are_the_books_whenever_one_joins(web: WebServer, exchange: Exchange, seed: int) -> None:
    dice = random.Random(seed)
    set_references()
    symbol, market_id = exchange.market.symbol, exchange.market.pk
    ask_for = {"do": "subscribe", "market": symbol, "start": HOUR, "hours": ALL_HOURS}
    clients: list[LiveClient] = []
    away: list[LiveClient] = []

    def somebody_does_something() -> None:
        what = dice.random()
        if what < 0.4 or not clients:
            clients.append(LiveClient(web.live_url))
            clients[-1].say(ask_for)
            clients[-1].receive_until("snapshot")
        elif what < 0.6:
            away.append(clients.pop(dice.randrange(len(clients))))
            away[-1].close()
        elif what < 0.8 and away:
            before = away.pop()
            again = LiveClient(web.live_url)
            again.shown, again.number, again.traded = before.shown, before.number, before.traded
            again.say({"do": "subscribe", "market": symbol, "after": before.number})
            assert again.take()["type"] == "events"
            clients.append(again)
        else:
            dice.choice(clients).catch_up(last_number(market_id))

    sites, buyers = [exchange.north, exchange.south], [exchange.alice, exchange.bob]
    for _ in trade_at_random(seed=seed, steps=120, sites=sites, buyers=buyers):
        if dice.random() < 0.4:
            exchange.matcher.drain()
        if dice.random() < 0.2:
            somebody_does_something()
    exchange.matcher.drain()
    assert last_number(market_id) > 100
    for client in clients:
        client.catch_up(last_number(market_id))
        assert client.shown == shown_by_orders(market_id)
        client.close()
    assert clients
    assert set(clients[0].traded) <= set(Trade.objects.values_list("id", flat=True))


def test_a_trade_reaches_everybody_and_names_nobody(web: WebServer, exchange: Exchange) -> None:
    followers = [LiveClient(web.live_url) for _ in range(3)]
    for client in followers:
        assert client.hello["participant"] is None
        client.say({"do": "subscribe", "market": exchange.market.symbol})
        client.receive_until("snapshot")
    exchange.place(ask(exchange.north))
    exchange.place(bid(exchange.alice, exchange.market))
    trade = Trade.objects.get()
    for client in followers:
        client.catch_up(last_number(exchange.market.pk))
        (told,) = [e for m in client.messages if m["type"] == "events" for e in m["events"] if e["event"] == "trade"]
        assert told["trade_id"] == trade.pk
        assert (told["quantity"], told["price_fen"], told["side"]) == (trade.quantity, trade.price_fen, "bid")
        assert set(told) == {"number", "event", "at", "side", "hour", "hours", "price_fen", "quantity", "trade_id"}
    late = LiveClient(web.live_url)
    late.say({"do": "subscribe", "market": exchange.market.symbol, "start": trade.start, "hours": 24})
    snapshot = late.receive_until("snapshot")
    assert [t["trade_id"] for t in snapshot["trades"]] == [trade.pk]
    assert snapshot["contracts"][0]["volume"] == trade.quantity


def test_a_closing_is_told(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url)
    client.say({"do": "subscribe", "market": exchange.market.symbol})
    client.receive_until("snapshot")
    close_gates(now=NOW)
    exchange.matcher.drain()
    events = client.receive_until("events")["events"]
    assert ("state", "closed") in [(e["event"], e.get("state")) for e in events]


def test_events_that_are_not_kept_are_answered_with_a_snapshot(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url)
    client.say({"do": "subscribe", "market": exchange.market.symbol, "after": 1_000_000})
    assert client.take()["type"] == "snapshot"
    client.say({"do": "subscribe", "market": exchange.market.symbol, "after": client.number})
    assert client.take()["events"] == []


def test_what_cannot_be_done_is_said_and_the_socket_stays(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url, headers={"Accept-Language": "zh-CN"})
    for message, code in (
        ({"do": "dance"}, "unreadable_message"),
        ([1], "unreadable_message"),
        ({"do": "subscribe"}, "unreadable_field"),
        ({"do": "subscribe", "market": "none"}, "no_such_market"),
        ({"do": "subscribe", "market": exchange.market.symbol, "after": -1}, "unreadable_field"),
        ({"do": "subscribe", "channel": "own"}, "participant_required"),
    ):
        client.say(message)
        assert client.receive_until("error")["code"] == code
    client.socket.send("{")
    assert "JSON" in client.receive_until("error")["detail"]
    client.say({"do": "unsubscribe", "market": exchange.market.symbol})
    assert client.receive_until("unsubscribed")["market"] == exchange.market.symbol


def test_no_more_is_sent_after_leaving(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url)
    client.say({"do": "subscribe", "market": exchange.market.symbol})
    client.receive_until("snapshot")
    client.say({"do": "unsubscribe", "market": exchange.market.symbol})
    client.receive_until("unsubscribed")
    place([ask(exchange.north)], now=NOW)
    exchange.matcher.drain()
    assert client.receive()["type"] == "heartbeat"
