"""One small market with two providers and two buyers, and a matcher that plays what they place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.db import connection, transaction

from matching.capacity import NothingToSell, commit_capacity, commit_raises
from matching.engine.dtypes import Side
from matching.engine.interface import Engine
from matching.engine.reference import ReferenceEngine
from matching.engines import make_engine
from matching.entry import CheckedOrder, OrderRequest, UnableToPlaceOrder, check_orders
from matching.insertion import insert_orders
from matching.matcher import Matcher
from matching.models import Market, Order, Participant, Site
from matching.months import TABLES
from matching.replace import CheckedReplace, ReplaceRequest, check_replaces, insert_replaces
from tests.factories import NOW, make_market, make_participant, make_site


@dataclass(frozen=True, slots=True)
class Exchange:
    """Names for what the tests trade with."""

    market: Market
    north: Site
    south: Site
    alice: Participant
    bob: Participant
    matcher: Matcher

    def place(self, request: OrderRequest, *, now: datetime = NOW) -> Order:
        """Place one order, play it and return it as stored; raises UnableToPlaceOrder."""
        (verdict,) = place([request], now=now)
        if isinstance(verdict, UnableToPlaceOrder):
            raise verdict
        self.matcher.drain()
        return Order.objects.get(pk=verdict)


def place(requests: Sequence[OrderRequest], *, now: datetime = NOW) -> list[int | UnableToPlaceOrder]:
    """Place orders as `marketplace/trading.py` does, without money."""
    with transaction.atomic():
        verdicts: list[CheckedOrder | UnableToPlaceOrder | NothingToSell] = list(
            check_orders(requests=requests, now=now)
        )
        asks = [row for row, v in enumerate(verdicts) if isinstance(v, CheckedOrder) and v.request.side == Side.ASK]
        checked = [v for row, v in enumerate(verdicts) if row in asks and isinstance(v, CheckedOrder)]
        for row, refusal in zip(asks, commit_capacity(checked=checked), strict=True):
            if refusal is not None:
                verdicts[row] = refusal
        new = [v for v in verdicts if isinstance(v, CheckedOrder) and v.existing_order_id is None]
        ids = iter(insert_orders(checked=new, now=now))
        return [(v.existing_order_id or next(ids)) if isinstance(v, CheckedOrder) else v for v in verdicts]


def replace(order: Order, *, quantity: int | None = None, price_fen: int | None = None, now: datetime = NOW) -> None:
    """Ask for a replace as `marketplace/trading.py` does, without money; raises a ReplaceRefusal."""
    with transaction.atomic():
        request = ReplaceRequest(
            participant_id=order.participant_id, order_id=order.pk, quantity=quantity, price_fen=price_fen
        )
        (verdict,) = check_replaces(requests=[request])
        if not isinstance(verdict, CheckedReplace):
            raise verdict
        if order.side == Side.ASK:
            (refusal,) = commit_raises(checked=[verdict])
            if refusal is not None:
                raise refusal
        insert_replaces(checked=[verdict], now=now)


@pytest.fixture(params=["reference", "default"])
def engine_factory(request: pytest.FixtureRequest) -> Callable[[], Engine]:
    return ReferenceEngine if request.param == "reference" else make_engine


@pytest.fixture
def exchange(db: None) -> Exchange:
    market = make_market()
    return Exchange(
        market=market,
        north=make_site(market, make_participant("north", buys=False, provides=True)),
        south=make_site(market, make_participant("south", buys=False, provides=True)),
        alice=make_participant("alice"),
        bob=make_participant("bob"),
        matcher=Matcher(),
    )


def partitions() -> set[str]:
    """Name the partitions of every table kept by months."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent::regclass::text = ANY(%s)", [list(TABLES)]
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def own_months(transactional_db: None) -> Iterator[None]:
    """Drop the months that a test makes."""
    before = partitions()
    yield
    with connection.cursor() as cursor:
        for name in partitions() - before:
            cursor.execute(f"DROP TABLE {name}")
