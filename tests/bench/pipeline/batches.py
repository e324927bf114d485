"""Orders in batches of a thousand until their trades are committed and cleared, beside COPY of the rows that they made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from time import perf_counter

from django.utils import timezone

from billing.clearing import clear
from marketplace.trading import place_orders
from matching.entry import OrderRequest
from matching.matcher import Matcher
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.bare_tables import APPENDED, BareTables, NewRows
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.figures import row
from tests.bench.pipeline.orders import Orders

ORDERS = 1_000
WARM_UP = 3
ROUNDS = 15

TRADING = ("matching_order", "matching_command", "matching_trade")


def rows(exchange: Exchange) -> list[Row]:
    """Return the figures of one exchange."""
    seconds, all_copied, trading_copied = [], [], []
    orders, matcher, new_rows = Orders(exchange), Matcher(), NewRows()
    bare, bare_trading = BareTables("bare", APPENDED), BareTables("bare_trading", TRADING)
    for round_ in range(WARM_UP + ROUNDS):
        requests = orders.take(ORDERS)
        new_rows.mark()
        started = perf_counter()
        play(requests, matcher)
        elapsed = perf_counter() - started
        data = new_rows.take()
        copied = bare.time_copy(data), bare_trading.time_copy(data)
        if round_ >= WARM_UP:
            seconds.append(elapsed)
            all_copied.append(copied[0])
            trading_copied.append(copied[1])
    rate = ORDERS / median(seconds)
    name = "orders in batches of 1,000 until cleared"
    return [
        row(name, rate, "orders/s", "COPY of all rows they made", ORDERS / median(all_copied)),
        row(name, rate, "orders/s", "COPY of orders, commands and trades", ORDERS / median(trading_copied)),
    ]


def play(requests: Sequence[OrderRequest], matcher: Matcher) -> dict[str, float]:
    """Place a batch, match it and clear its trades, each committed; return the seconds of each."""
    now = timezone.now()
    moments = [perf_counter()]
    verdicts = place_orders(requests=requests, now=now)
    moments.append(perf_counter())
    refused = [verdict for verdict in verdicts if not isinstance(verdict, int)]
    assert not refused, refused[0]
    matcher.drain()
    moments.append(perf_counter())
    clear(now=now)
    moments.append(perf_counter())
    return dict(zip(("entry", "matcher", "clearing"), (b - a for a, b in pairwise(moments)), strict=True))
