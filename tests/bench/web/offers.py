"""Ten thousand offers of all sites over a week, published and taken to the books as a provider's are."""

from __future__ import annotations

from django.utils import timezone

from billing.clearing import clear
from marketplace.offers.publish import Listing, publish_offers
from marketplace.trading import place_orders
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from matching.matcher import Matcher
from tests.bench.pipeline.exchange import Exchange

BATCH = 500
SPAN_HOURS = 7 * 24
PRICES = 97  # steps of one fen above 9 yuan
BIDS_A_MARKET = 100


def fill(exchange: Exchange, count: int) -> None:
    """Publish `count` offers, trade a little, and let the matcher and billing take all of it."""
    sites = [site for market in exchange.markets for site in exchange.sites[market]]
    matcher = Matcher()
    matcher.rebuild()
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        publish_offers(listings=[_listing(exchange, sites, n) for n in numbers], now=timezone.now())
        matcher.drain()
    for market in exchange.markets:
        bids = [_bid(exchange, market, n) for n in range(BIDS_A_MARKET)]
        place_orders(requests=bids, now=timezone.now())
    matcher.drain()
    clear(now=timezone.now())


def _listing(exchange: Exchange, sites: list[int], n: int) -> Listing:
    site = sites[n % len(sites)]
    return Listing(
        provider_id=exchange.provider_of[site],
        site_id=site,
        start=exchange.first_hour + n * 7 % SPAN_HOURS,
        hours=6 + n % 5 * 6,
        quantity=8 + n % 3 * 8,
        price_fen=900 + n * 31 % PRICES,
        reference=f"offer {n}",
    )


def _bid(exchange: Exchange, market: int, n: int) -> OrderRequest:
    return OrderRequest(
        participant_id=exchange.buyers[n % len(exchange.buyers)],
        market_id=market,
        side=Side.BID,
        kind=Kind.HOURLY,
        start=exchange.first_hour + n * 5 % SPAN_HOURS,
        hours=2,
        quantity=1,
        price_fen=1_000 if n % 2 else 800,
    )
