"""The database goes and comes back, the web server too, and a client that takes nothing costs little."""

from __future__ import annotations

import socket
from typing import Any

from django.db import connection

from matching.models import BookLevel
from tests.factories import HOUR, NOW, ask, bid
from tests.live.client import LiveClient
from tests.live.test_market_channel import last_number
from tests.matching.conftest import Exchange, place
from tests.matching.test_market_data import shown_by_orders
from tests.web_server import WebServer

END_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND (application_name = 'live' OR NOT %s)
"""


def end_sessions(*, only_the_listener: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(END_SESSIONS, [only_the_listener])
        ended = int(cursor.fetchone()[0])
    # Sessions of this process were among them: nobody takes a dead one out of the pool.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
    return ended


def test_nothing_is_missed_when_the_listening_session_or_all_sessions_end(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url)
    client.say({"do": "subscribe", "market": exchange.market.symbol, "start": HOUR, "hours": 48})
    client.receive_until("snapshot")
    for only_the_listener in (True, False):
        assert end_sessions(only_the_listener=only_the_listener) >= 1
        place([ask(exchange.north), bid(exchange.alice, exchange.market, quantity=3)], now=NOW)
        exchange.matcher.drain()
        client.catch_up(last_number(exchange.market.pk))
        assert client.shown == shown_by_orders(exchange.market.pk)
        assert client.receive_until("heartbeat", stale=False)["numbers"] == {exchange.market.symbol: client.number}
    assert any(m["type"] == "heartbeat" and m["stale"] for m in client.messages)


def test_a_client_resumes_at_a_new_server(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url)
    client.say({"do": "subscribe", "market": exchange.market.symbol, "start": HOUR, "hours": 48})
    client.receive_until("snapshot")
    web.stop()
    place([ask(exchange.north), bid(exchange.alice, exchange.market, quantity=3)], now=NOW)
    exchange.matcher.drain()
    web.start()
    again = LiveClient(web.live_url)
    again.number, again.shown = client.number, client.shown
    again.say({"do": "subscribe", "market": exchange.market.symbol, "after": client.number})
    assert again.take()["type"] == "events"
    assert again.shown == shown_by_orders(exchange.market.pk)


MANY_EVENTS = """
    WITH moved AS (
        UPDATE matching_eventnumber SET number = number + 400 WHERE market_id = %(market)s RETURNING number
    ), told AS (
        INSERT INTO matching_marketevent (market_id, number, at, hour, price_fen, quantity, orders, event, side)
        SELECT %(market)s, number - 400 + n, now(), %(hour)s, 1000, n, 1, 1, -1 FROM moved, generate_series(1, 400) AS n
    )
    SELECT pg_notify('market_events', json_build_object('market', %(market)s::int, 'number', number)::text) FROM moved
"""


def test_a_client_that_takes_nothing_costs_little_and_catches_up(web: WebServer, exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, quantity=8, hours=1))
    BookLevel.objects.update(quantity=400)  # what the events below leave
    hour = BookLevel.objects.get().hour
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("localhost", web.port))
    options: dict[str, Any] = {"compression": None, "max_queue": 1}
    slow, quick = LiveClient(web.live_url, sock=narrow, **options), LiveClient(web.live_url, **options)
    for client in (slow, quick):
        client.say({"do": "subscribe", "market": exchange.market.symbol, "start": HOUR, "hours": 48})
        client.take()
    before = web.memory_bytes
    for _ in range(150):
        with connection.cursor() as cursor:
            cursor.execute(MANY_EVENTS, {"market": exchange.market.pk, "hour": hour})
        quick.catch_up(last_number(exchange.market.pk))
    assert web.memory_bytes - before < 64_000_000
    last = last_number(exchange.market.pk)
    slow.catch_up(last)
    assert slow.shown == quick.shown
    assert len([m for m in slow.messages if m["type"] == "events"]) < len(
        [m for m in quick.messages if m["type"] == "events"]
    )
