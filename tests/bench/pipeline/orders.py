"""What people send: asks that offer some hours, hourly bids that meet them, and blocks that want hours together."""

from __future__ import annotations

import random

from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from tests.bench.pipeline.exchange import Exchange

HOURS_AHEAD = 7 * 24
MIDDLE_FEN = 1_000


class Orders:
    """An endless stream of requests, the same for the same seed: half asks, a third hourly bids, the others block bids."""

    def __init__(self, exchange: Exchange, seed: int = 1) -> None:
        self._exchange = exchange
        self._chance = random.Random(seed)

    def take(self, count: int) -> list[OrderRequest]:
        """Return the next `count` requests."""
        return [self._next() for _ in range(count)]

    def _next(self) -> OrderRequest:
        chance = self._chance
        market = chance.choice(self._exchange.markets)
        kind = chance.random()
        if kind < 0.5:
            return self._ask(market)
        is_block = kind > 0.83
        return OrderRequest(
            participant_id=chance.choice(self._exchange.buyers),
            market_id=market,
            side=Side.BID,
            kind=Kind.BLOCK if is_block else Kind.HOURLY,
            start=self._start(),
            hours=chance.choice((2, 4, 8) if is_block else (1, 2, 4)),
            quantity=chance.choice((4, 8)),
            price_fen=MIDDLE_FEN + chance.randrange(-20, 60),
        )

    def _ask(self, market: int) -> OrderRequest:
        chance = self._chance
        site = chance.choice(self._exchange.sites[market])
        return OrderRequest(
            participant_id=self._exchange.provider_of[site],
            market_id=market,
            side=Side.ASK,
            kind=Kind.HOURLY,
            start=self._start(),
            hours=chance.choice((1, 2, 4, 8)),
            quantity=chance.choice((4, 8)),
            price_fen=MIDDLE_FEN + chance.randrange(-40, 40),
            site_id=site,
        )

    def _start(self) -> int:
        return self._exchange.first_hour + self._chance.randrange(HOURS_AHEAD)
