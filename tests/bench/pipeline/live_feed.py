"""From the HTTP request of an order to its fill on the live feed, at a hundred orders a second; beside one bare commit."""

from __future__ import annotations

import asyncio
import json
import time
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect

from matching.models import Market
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.figures import row
from tests.bench.pipeline.http_clients import request_bytes, status_of
from tests.bench.pipeline.processes import matcher
from tests.bench.pipeline.single_orders import BARE_TABLE, Bodies
from tests.bench.pipeline.takeover import crossing
from tests.bench.pipeline.web_server import web_server

RATE = 100
SECONDS = 20
SETTLE_S = 3
COMMITS = 500


def rows(exchange: Exchange) -> list[Row]:
    """Return the figures of one exchange."""
    bodies = Bodies(exchange)
    resting, taking = (bodies.body_of(request) for request in crossing(exchange))
    with connection.cursor() as cursor:
        cursor.execute(BARE_TABLE)
    bare_ms = commit_ms()
    with matcher(exchange.database), web_server("marketplace.asgi", exchange.database) as port:
        symbol = Market.objects.get(pk=exchange.markets[0]).symbol
        fills_ms = asyncio.run(measure(port, symbol, resting, taking))
    return [
        row(
            f"HTTP request to fill on the live feed, {RATE} orders/s, p{percentile}",
            float(np.percentile(fills_ms, percentile)),
            "ms",
            "one bare commit",
            float(np.percentile(bare_ms, percentile)),
        )
        for percentile in (50, 99)
    ]


def commit_ms() -> list[float]:
    """Return the milliseconds of inserting and committing one row, each."""
    measured = []
    with connection.cursor() as cursor:
        for _ in range(COMMITS):
            started = perf_counter()
            cursor.execute("INSERT INTO bare_order (participant_id, price_fen, placed_at) VALUES (1, 1000, now())")
            measured.append((perf_counter() - started) * 1e3)
            time.sleep(1 / RATE)
    return measured


async def measure(port: int, symbol: str, resting: tuple[bytes, bytes], taking: tuple[bytes, bytes]) -> list[float]:
    """Send an ask and a bid in turn, RATE orders a second, and return the milliseconds from each bid to its trade on the feed.

    Every second order fills; fills come in the order of the bids, because they are all of one contract and quantity.
    """
    sent: list[float] = []
    heard: list[float] = []
    async with connect(f"ws://127.0.0.1:{port}/live/", max_size=None) as socket:
        await socket.send(json.dumps({"do": "subscribe", "market": symbol}))
        listening = asyncio.create_task(listen(socket, heard))
        posting: list[asyncio.Task[int]] = []
        started = perf_counter()
        for n in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, started + n / RATE - perf_counter()))
            if n % 2:
                sent.append(perf_counter())
            posting.append(asyncio.create_task(post(port, taking if n % 2 else resting)))
        statuses = await asyncio.gather(*posting)
        await asyncio.sleep(SETTLE_S)
        listening.cancel()
    assert set(statuses) == {201}, statuses
    assert len(heard) == len(sent), (len(heard), len(sent))
    return [(h - s) * 1e3 for s, h in zip(sent, heard, strict=True)][RATE // 2 :]


async def listen(socket: ClientConnection, heard: list[float]) -> None:
    async for text in socket:
        now = perf_counter()
        message: dict[str, Any] = json.loads(text)
        for event in message.get("events", ()) if message["type"] == "events" else ():
            heard += [now] * (event["event"] == "trade")


async def post(port: int, request: tuple[bytes, bytes]) -> int:
    """Send one order over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_bytes("/api/v1/orders", *request))
    status = await status_of(reader)
    writer.close()
    return status
