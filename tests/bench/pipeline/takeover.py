"""A killed matcher: until its successor has committed the trade of an order that was placed then."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from django.utils import timezone

from marketplace.trading import place_orders
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from matching.models import Lease, LeaseHolder, Trade
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.exchange import Exchange
from tests.bench.pipeline.figures import row
from tests.bench.pipeline.processes import matcher
from tests.bench.pipeline.waiting import wait_until

ROUNDS = 3
LIMIT_S = 3


def rows(exchange: Exchange) -> list[Row]:
    """Return the figures of one exchange."""
    seconds = median(seconds_to_take_over(exchange) for _ in range(ROUNDS))
    return [row("takeover: SIGKILL of a matcher to its successor's first trade", seconds, "s", "limit", LIMIT_S)]


def seconds_to_take_over(exchange: Exchange) -> float:
    with matcher(exchange.database) as one, matcher(exchange.database) as other:
        wait_until(lambda: len(holders()) == 1 and alive() == 2)
        before = Trade.objects.count()
        for each in (one, other):
            if f" {each.pid} " in holders()[0]:
                each.kill()
        started = perf_counter()
        place_orders(requests=crossing(exchange), now=timezone.now())
        wait_until(lambda: Trade.objects.count() > before)
        return perf_counter() - started


def holders() -> list[str]:
    """Return the names of the matchers that hold markets."""
    return list(Lease.objects.exclude(holder=None).values_list("holder__name", flat=True))


def alive() -> int:
    """Return how many matchers say that they live."""
    return LeaseHolder.objects.filter(expires_at__gt=timezone.now()).count()


def crossing(exchange: Exchange) -> list[OrderRequest]:
    """Return an ask and the bid that takes it."""
    market = exchange.markets[0]
    site = exchange.sites[market][0]
    ask = OrderRequest(
        participant_id=exchange.provider_of[site],
        market_id=market,
        side=Side.ASK,
        kind=Kind.HOURLY,
        start=exchange.first_hour,
        hours=1,
        quantity=1,
        price_fen=900,
        site_id=site,
    )
    bid = OrderRequest(
        participant_id=exchange.buyers[0],
        market_id=market,
        side=Side.BID,
        kind=Kind.HOURLY,
        start=exchange.first_hour,
        hours=1,
        quantity=1,
        price_fen=900,
    )
    return [ask, bid]
