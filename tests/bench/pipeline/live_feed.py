"""From the HTTP request of an order to its fill on the live feed, at a steady rate; beside one bare commit."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict, deque
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect

from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from matching.models import Market
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.figures import row
from tests.bench.pipeline.http_clients import request_bytes, status_of
from tests.bench.pipeline.orders import HOURS_AHEAD
from tests.bench.pipeline.processes import matcher
from tests.bench.pipeline.single_orders import BARE_TABLE, Bodies
from tests.bench.pipeline.web_server import web_server

RATES = (25, 100)
SECONDS = 12
WARM_UP = 100  # orders, one after the other: a server imports much on its first requests
WAIT_S_MAX = 30
COMMITS = 500
COMMITS_PER_S = 100
PRICE_FEN = 1_000

Request = tuple[bytes, bytes]
"""A key's token and a body."""


def rows(exchange: Exchange) -> list[Row]:
    """Return the figures of one exchange, at each rate."""
    pairs = Pairs(exchange)
    with connection.cursor() as cursor:
        cursor.execute(BARE_TABLE)
    bare_ms = commit_ms()
    with matcher(exchange.database), web_server("marketplace.asgi", exchange.database) as port:
        symbol = Market.objects.get(pk=exchange.markets[0]).symbol
        fills_ms = asyncio.run(measure(port, symbol, pairs))
    return [
        row(
            f"HTTP request to fill on the live feed, {rate} orders/s, p{percentile}",
            float(np.percentile(fills_ms[rate], percentile)),
            "ms",
            "one bare commit",
            float(np.percentile(bare_ms, percentile)),
        )
        for rate in RATES
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
            time.sleep(1 / COMMITS_PER_S)
    return measured


class Pairs:
    """An ask and the bid that takes it, of another delivery hour, buyer and site than the pair before."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._bodies = Bodies(exchange)
        self._made = 0

    def next(self) -> tuple[int, Request, Request]:
        """Return the delivery hour, the ask and the bid."""
        exchange, n = self._exchange, self._made
        self._made += 1
        market = exchange.markets[0]
        site = exchange.sites[market][n % len(exchange.sites[market])]
        hour = exchange.first_hour + n % HOURS_AHEAD
        common: dict[str, Any] = {"market_id": market, "kind": Kind.HOURLY, "start": hour, "hours": 1, "quantity": 1}
        provider, buyer = exchange.provider_of[site], exchange.buyers[n % len(exchange.buyers)]
        ask = OrderRequest(participant_id=provider, side=Side.ASK, site_id=site, price_fen=PRICE_FEN, **common)
        bid = OrderRequest(participant_id=buyer, side=Side.BID, price_fen=PRICE_FEN, **common)
        return hour, self._bodies.body_of(ask), self._bodies.body_of(bid)


class Fills:
    """When trades were heard, matched with when their bids were sent: within a delivery hour the first with the first."""

    def __init__(self) -> None:
        self._sent: defaultdict[int, deque[float]] = defaultdict(deque)
        self.waiting = 0
        self.measured_ms: list[float] = []

    def expect(self, hour: int) -> None:
        """A bid of `hour` is sent now."""
        self._sent[hour].append(perf_counter())
        self.waiting += 1

    async def listen(self, socket: ClientConnection) -> None:
        """Hear the market's trades."""
        async for text in socket:
            now = perf_counter()
            message: dict[str, Any] = json.loads(text)
            for event in message.get("events", ()) if message["type"] == "events" else ():
                if event["event"] == "trade":
                    self.measured_ms.append((now - self._sent[event["hour"]].popleft()) * 1e3)
                    self.waiting -= 1

    async def wait(self) -> list[float]:
        """Wait until every bid has traded; return the milliseconds that each took, and forget them."""
        deadline = perf_counter() + WAIT_S_MAX
        while self.waiting:
            assert perf_counter() < deadline, f"{self.waiting} trades are missing from the live feed"
            await asyncio.sleep(0.005)
        measured, self.measured_ms = self.measured_ms, []
        return measured


async def measure(port: int, symbol: str, pairs: Pairs) -> dict[int, list[float]]:
    """Return the milliseconds from sending each bid to its trade on the feed, by rate."""
    fills = Fills()
    async with connect(f"ws://127.0.0.1:{port}/live/", max_size=None) as socket:
        await socket.send(json.dumps({"do": "subscribe", "market": symbol}))
        listening = asyncio.create_task(fills.listen(socket))
        for _ in range(WARM_UP // 2):
            hour, ask, bid = pairs.next()
            assert await post(port, ask) == 201
            fills.expect(hour)
            assert await post(port, bid) == 201
        await fills.wait()
        measured = {rate: await send(port, pairs, fills, rate) for rate in RATES}
        listening.cancel()
    return measured


async def send(port: int, pairs: Pairs, fills: Fills, rate: int) -> list[float]:
    """Send an ask and its bid in turn, `rate` orders a second whether or not they are answered by then."""
    made = [pairs.next() for _ in range(rate * SECONDS // 2)]
    posting: list[asyncio.Task[int]] = []
    started = perf_counter()
    for n in range(2 * len(made)):
        await asyncio.sleep(max(0.0, started + n / rate - perf_counter()))
        hour, ask, bid = made[n // 2]
        if n % 2:
            fills.expect(hour)
        posting.append(asyncio.create_task(post(port, bid if n % 2 else ask)))
    statuses = Counter(await asyncio.gather(*posting))
    assert set(statuses) == {201}, f"{rate} orders/s are too many for this machine now: {statuses}"
    return await fills.wait()


async def post(port: int, request: Request) -> int:
    """Send one order over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_bytes("/api/v1/orders", *request))
    status = await status_of(reader)
    writer.close()
    return status
