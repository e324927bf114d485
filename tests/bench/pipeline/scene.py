"""One of several exchanges that are measured in turn, each by its own database, web server and stream of orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from django.utils import timezone

from billing.clearing import clear
from marketplace.replay.database import database
from matching.matcher import Matcher
from tests.bench.pipeline import batches
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.orders import Orders
from tests.bench.pipeline.single_orders import Bodies, rate_of
from tests.bench.pipeline.web_server import web_server

BATCHES = 4
SINGLE = 400
WARM_UP = 50


class Scene:
    """An exchange, the web server over it at `port`, and what is sent to it next."""

    def __init__(self, exchange: Exchange, port: int) -> None:
        self._database, self._port = exchange.database, port
        self._orders, self._bodies = Orders(exchange), Bodies(exchange)

    def measure(self) -> dict[str, float]:
        """Return seconds by what is done; the first batch and requests only prepare."""
        with database(self._database):
            matcher = Matcher()
            started = perf_counter()
            matcher.rebuild()
            seconds = {"rebuild, s": perf_counter() - started}
            batches.play(self._orders.take(batches.ORDERS), matcher)
            seconds |= self._batches(matcher)
            rate_of(self._port, "/api/v1/orders", self._bodies.take(WARM_UP))
            seconds["a single order through HTTP, ms"] = 1e3 / rate_of(
                self._port, "/api/v1/orders", self._bodies.take(SINGLE)
            )
            matcher.drain()
            clear(now=timezone.now())
        return seconds

    def _batches(self, matcher: Matcher) -> dict[str, float]:
        taken = [self._orders.take(batches.ORDERS) for _ in range(BATCHES)]
        parts = {"entry": 0.0, "matcher": 0.0, "clearing": 0.0}
        for requests in taken:
            for part, took in batches.play(requests, matcher).items():
                parts[part] += took
        return {f"{part} of a batch of 1,000, ms": took * 1e3 / BATCHES for part, took in parts.items()}


@contextmanager
def new_scene(exchange: Exchange) -> Iterator[Scene]:
    """Serve the exchange, whose database is at hand, as long as it is measured."""
    with web_server("marketplace.asgi", exchange.database) as port:
        yield Scene(exchange, port)
