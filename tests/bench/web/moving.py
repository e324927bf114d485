"""A market that moves while it is looked at: batches of one order each, by a matcher in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from marketplace.trading import place_order
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.processes import matcher

BATCHES_PER_S = 10


@contextmanager
def moving(exchange: Exchange) -> Iterator[None]:
    """Place bids that trade, BATCHES_PER_S, until the block ends."""
    done = threading.Event()

    def place() -> None:
        n = 0
        while not done.wait(1 / BATCHES_PER_S):
            place_order(
                request=OrderRequest(
                    participant_id=exchange.buyers[n % len(exchange.buyers)],
                    market_id=exchange.markets[n % len(exchange.markets)],
                    side=Side.BID,
                    kind=Kind.HOURLY,
                    start=exchange.first_hour + n % 48,
                    hours=1,
                    quantity=1,
                    price_fen=1_000,
                ),
                now=timezone.now(),
            )
            n += 1
        connection.close()

    with matcher(exchange.database):
        thread = threading.Thread(target=place)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
