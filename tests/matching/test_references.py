"""Reference prices: settled once a day from the trading before it, or set by an operator; the band that follows from them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from matching.engine.dtypes import Do, Kind
from matching.halts import ReasonRequired
from matching.matcher import Matcher
from matching.models import Command, Market, Order, Reference
from matching.references import BandOutOfBounds, ReferenceOutOfBounds, set_reference, settle_references
from matching.verify import find_differences
from tests.factories import NOW, ask, bid, make_market
from tests.matching.conftest import Exchange, place

TOMORROW = NOW + timedelta(days=1)


def trade(exchange: Exchange, *, price_fen: int, quantity: int) -> None:
    terms: dict[str, Any] = {"kind": Kind.HOURLY, "hours": 2, "quantity": quantity, "price_fen": price_fen}
    place([ask(exchange.north, **terms), bid(exchange.alice, exchange.market, **terms)])
    exchange.matcher.drain()


def bands() -> list[tuple[int | None, int | None]]:
    return list(Command.objects.filter(do=Do.BAND).order_by("id").values_list("price_fen", "quantity"))


def test_the_day_s_price_is_the_average_of_what_traded_the_day_before(exchange: Exchange) -> None:
    trade(exchange, price_fen=1000, quantity=3)
    trade(exchange, price_fen=1003, quantity=1)
    assert settle_references(now=TOMORROW) == 1
    assert settle_references(now=TOMORROW + timedelta(hours=3)) == 0
    exchange.matcher.drain()
    market = Market.objects.get()
    assert (market.reference_price_fen, market.band_reference_fen, market.band_fen) == (1001, 1001, 1001)
    assert settle_references(now=TOMORROW + timedelta(days=1)) == 0  # nothing traded, so it stays
    assert [r.price_fen for r in Reference.objects.order_by("id")] == [1001, None]
    assert list(find_differences()) == []


def test_it_waits_until_the_day_before_has_been_played(exchange: Exchange) -> None:
    place([ask(exchange.north), bid(exchange.alice, exchange.market)])
    assert settle_references(now=TOMORROW) == 0
    assert not Reference.objects.exists()
    exchange.matcher.drain()
    assert settle_references(now=TOMORROW) == 1


def test_an_operator_sets_it_and_nothing_trades_outside_the_band(exchange: Exchange) -> None:
    symbol = exchange.market.symbol
    options = {"price_fen": 1000, "band_bps": 500, "reason": "new hall", "by": "ops", "stdout": StringIO()}
    call_command("reference", symbol, **options)
    assert bands() == [(1000, 50)]
    exchange.place(ask(exchange.north, hours=1, price_fen=1100))
    dear = exchange.place(bid(exchange.alice, exchange.market, hours=1, price_fen=1200))
    assert dear.state == Order.State.OPEN
    fair = exchange.place(ask(exchange.south, hours=1, price_fen=1050))
    assert fair.filled_value_fen == 2 * 1050
    rebuilt = Matcher()
    place([ask(exchange.south, start=fair.start + 1, hours=1, price_fen=1060)])
    place([bid(exchange.bob, exchange.market, start=fair.start + 1, hours=1, price_fen=1100)])
    rebuilt.drain()
    assert Order.objects.get(participant=exchange.bob).state == Order.State.OPEN
    assert list(find_differences()) == []


def test_what_cannot_be_a_reference_says_why(exchange: Exchange) -> None:
    market_id = exchange.market.pk
    with pytest.raises(ReasonRequired):
        set_reference(market_id=market_id, price_fen=1, by="ops", reason="", now=NOW)
    with pytest.raises(ReferenceOutOfBounds):
        set_reference(market_id=market_id, price_fen=0, by="ops", reason="x", now=NOW)
    with pytest.raises(BandOutOfBounds):
        set_reference(market_id=market_id, price_fen=1, band_bps=0, by="ops", reason="x", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_many_clocks_settle_a_day_once() -> None:
    make_market(reference_price_fen=900)

    def run(_number: int) -> int:
        try:
            return settle_references(now=TOMORROW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(run, range(6))) == 1
    assert bands() == [(900, 900)]
