"""The demo traders at work: small bids, now and then a whole job, and quotes that move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import structlog

from marketplace.demo.demand import random_bid, resting_bids
from marketplace.demo.funding import top_up_traders
from marketplace.demo.people import TRADERS
from marketplace.demo.stage import Stage
from marketplace.demo.supply import publish_days
from marketplace.demo.tariff import market_price_fen, rounded_fen
from marketplace.errors import PERSON_ERRORS
from marketplace.offers.models import Offer
from marketplace.offers.publish import Listing, publish_offers
from marketplace.trading import place_order, place_orders
from matching.cancel import cancel_order
from matching.capacity import NothingToSell
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest
from matching.hours import hour_of
from matching.inbox import ExchangeBusy
from matching.models import Order

logger = structlog.get_logger(__name__)

CHORES_EVERY = timedelta(minutes=5)
MOVE = 0.02  # a requote moves a price by about this share
SMALL_BUYERS = ("demo-campus", "demo-vision", "demo-render", "demo-genome")
AHEAD_HOURS = 24


class Traders:
    """All demo traders, one action at a time; what a person sees trading in the demo is this and other people."""

    def __init__(self, *, stage: Stage, chance: Random) -> None:
        """Take the ids of the demo and a source of chance."""
        self._stage = stage
        self._chance = chance
        self._ids = [stage.participants[trader.slug] for trader in TRADERS]
        self._relist: list[Listing] = []
        self._chores_at: datetime | None = None
        self._habits: list[tuple[Callable[[datetime], None], int]] = [
            (self._bid_small, 12),
            (self._move_ask, 6),
            (self._move_bid, 4),
            (self._bid_job, 1),
        ]

    def act(self, *, now: datetime) -> None:
        """Do one thing that a trader might do now; an order refused is logged and forgotten."""
        try:
            if self._chores_at is None or now >= self._chores_at:
                self._chores_at = now + CHORES_EVERY
                self._do_chores(now)
            self._relist_freed(now)
            actions, weights = zip(*self._habits, strict=True)
            self._chance.choices(actions, weights=weights)[0](now)
        except (*PERSON_ERRORS, ExchangeBusy) as error:
            logger.info("refused", why=error.code, sentence=str(error))

    def _do_chores(self, now: datetime) -> None:
        """Pay in, list the days that came within reach, and stand in the books for them."""
        top_up_traders(stage=self._stage, now=now)
        publish_days(stage=self._stage, now=now)
        place_orders(requests=resting_bids(stage=self._stage, hour=hour_of(now)), now=now)

    def _bid_small(self, now: datetime) -> None:
        market = self._chance.choice(list(self._stage.markets))
        start = hour_of(now) + 1 + int(AHEAD_HOURS * self._chance.random() ** 2)
        request = OrderRequest(
            participant_id=self._stage.participants[self._chance.choice(SMALL_BUYERS)],
            market_id=self._stage.markets[market],
            side=Side.BID,
            kind=Kind.HOURLY,
            start=start,
            hours=self._chance.choice((1, 1, 1, 2)),
            quantity=self._chance.choice((1, 1, 2)),
            price_fen=rounded_fen(market_price_fen(*market, start) * self._chance.uniform(0.9, 1.15)),
        )
        place_order(request=request, now=now)

    def _bid_job(self, now: datetime) -> None:
        place_order(request=random_bid(stage=self._stage, hour=hour_of(now), chance=self._chance), now=now)

    def _move_ask(self, now: datetime) -> None:
        """Withdraw an offer and list what is left of it anew at the next action, once the matcher has freed it."""
        order = self._some_order(Side.ASK)
        first = hour_of(now) + 2  # the next hour may close in between
        if order is None or order.price_fen is None or order.site_id is None or order.start + order.hours <= first:
            return
        start = max(order.start, first)
        quantity = min(order.open[start - order.start :])
        if quantity < 1:
            return
        reference = Offer.objects.filter(order=order).values_list("reference", flat=True).first() or ""
        cancel_order(participant_id=order.participant_id, order_id=order.pk, now=now)
        self._relist.append(
            Listing(
                provider_id=order.participant_id,
                site_id=order.site_id,
                start=start,
                hours=order.start + order.hours - start,
                quantity=quantity,
                price_fen=self._moved(order.price_fen),
                reference=reference,
            )
        )

    def _move_bid(self, now: datetime) -> None:
        order = self._some_order(Side.BID)
        first = hour_of(now) + 1
        if order is None or order.price_fen is None or order.kind != Kind.HOURLY or order.start < first:
            return
        quantity = min(order.open)
        if quantity < 1:
            return
        cancel_order(participant_id=order.participant_id, order_id=order.pk, now=now)
        request = OrderRequest(
            participant_id=order.participant_id,
            market_id=order.market_id,
            side=Side.BID,
            kind=Kind.HOURLY,
            start=order.start,
            hours=order.hours,
            quantity=quantity,
            price_fen=self._moved(order.price_fen),
        )
        place_order(request=request, now=now)

    def _relist_freed(self, now: datetime) -> None:
        """List what was withdrawn, where the matcher has freed it; the rest waits until its first hour has closed."""
        waiting, self._relist = self._relist, []
        for listing in waiting:
            try:
                publish_offers(listings=[listing], now=now)
            except NothingToSell:
                self._relist.append(listing)

    def _some_order(self, side: Side) -> Order | None:
        """Pick one open order of a demo trader."""
        market_id = self._chance.choice(list(self._stage.markets.values()))
        orders = Order.objects.filter(
            market_id=market_id, side=side, state=Order.State.OPEN, participant_id__in=self._ids
        ).order_by("id")
        count = orders.count()
        return orders[self._chance.randrange(count)] if count else None

    def _moved(self, price_fen: int) -> int:
        return rounded_fen(price_fen * self._chance.gauss(1, MOVE))
