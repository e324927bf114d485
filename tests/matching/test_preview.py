"""Previews: the same fills as placing the order, nothing reserved, and why not in numbers."""

from __future__ import annotations

from time import perf_counter

import pytest

from matching.engine.dtypes import Kind, TimeInForce
from matching.models import Command, Holding, Order, Trade
from matching.preview import Fill, preview_order
from matching.why_not import Lack
from tests.factories import HOUR, NOW, ask, bid, make_site
from tests.matching.conftest import Exchange, place


def test_a_preview_is_what_placing_gives_and_leaves_nothing(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, price_fen=1100))
    exchange.place(ask(exchange.south, price_fen=1000, quantity=1))
    request = bid(exchange.alice, exchange.market, hours=3, quantity=2, start_flexibility=2)
    before = Order.objects.count(), Command.objects.count(), Holding.objects.count()
    preview = preview_order(request=request, now=NOW)
    assert (Order.objects.count(), Command.objects.count(), Holding.objects.count()) == before
    order = exchange.place(request)
    assert preview.value_fen == order.filled_value_fen == 3 * 2100
    assert preview.accelerator_hours == 6
    assert preview.start == order.executed_start
    assert preview.average_fen == 1050
    assert preview.why_not is None
    hours = [
        Fill(trade.start + h, trade.price_fen, trade.quantity, trade.site_id)
        for trade in Trade.objects.order_by("ordinal")
        for h in range(trade.hours)
    ]
    assert sorted(preview.fills, key=str) == sorted(hours, key=str)


def test_a_limit_that_is_short_says_by_how_much(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, price_fen=1001, hours=1))
    exchange.place(ask(exchange.north, price_fen=1002, start=HOUR + 2, hours=1))
    preview = preview_order(request=bid(exchange.alice, exchange.market, hours=2, price_fen=900), now=NOW)
    assert preview.fills == ()
    assert preview.why_not is not None
    assert preview.why_not.best_average_fen == 1002  # 1001.5, rounded against the buyer
    assert preview.why_not.short_fen == 102
    assert preview.why_not.start == HOUR + 1
    assert preview.why_not.sentence() == (
        "The limit is ¥1.02 an accelerator-hour short: the best average on offer is ¥10.02."
    )


def test_a_limit_too_high_for_a_seller_says_so(exchange: Exchange) -> None:
    exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=2, price_fen=1000))
    selling = ask(exchange.north, kind=Kind.BLOCK, hours=2, quantity=2, price_fen=1100)
    preview = preview_order(request=selling, now=NOW)
    assert preview.why_not is not None
    assert preview.why_not.short_fen == 100


def test_hours_that_lack_accelerators_are_named(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=3, quantity=8))
    exchange.place(ask(exchange.south, hours=2, quantity=8))
    preview = preview_order(request=bid(exchange.alice, exchange.market, hours=3, quantity=10), now=NOW)
    assert preview.why_not is not None
    assert preview.why_not.lacks == (Lack(HOUR + 3, 8, 10, 1000),)
    assert preview.why_not.missing == 2
    one_site = bid(exchange.alice, exchange.market, hours=2, quantity=10, one_site=True)
    why_not = preview_order(request=one_site, now=NOW).why_not
    assert why_not is not None
    assert why_not.fits_any_site
    assert why_not.site_id == exchange.north.pk
    assert [lack.missing for lack in why_not.lacks] == [2, 2]
    assert "Without the single site" in why_not.sentence()


def test_an_hourly_order_says_what_each_hour_lacks(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=1, quantity=3))
    request = bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=2, quantity=5)
    preview = preview_order(request=request, now=NOW)
    assert preview.accelerator_hours == 3
    assert preview.start is None
    assert preview.why_not is not None
    assert preview.why_not.lacks == (Lack(HOUR + 1, 3, 5, 1000), Lack(HOUR + 2, 0, 5, None))
    assert "3 of 5" in preview.why_not.sentence() or "0 of 5" in preview.why_not.sentence()


def test_a_request_that_breaks_a_rule_previews_as_nothing(exchange: Exchange) -> None:
    preview = preview_order(request=bid(exchange.alice, exchange.market, start=HOUR - 5), now=NOW)
    assert preview.fills == ()
    assert preview.why_not is None


def test_nothing_on_offer(exchange: Exchange) -> None:
    one_site = bid(exchange.alice, exchange.market, hours=2, one_site=True)
    why_not = preview_order(request=one_site, now=NOW).why_not
    assert why_not is not None
    assert not why_not.fits_any_site
    assert why_not.site_id is None
    assert [lack.available for lack in why_not.lacks] == [0, 0]


@pytest.mark.parametrize("price_fen", [5000, 10])
def test_a_preview_is_quick_on_a_busy_market(exchange: Exchange, price_fen: int) -> None:
    sites = [make_site(exchange.market) for _ in range(20)]
    place(
        [ask(site, start=HOUR + 1 + 24 * day, price_fen=1000 + i) for i, site in enumerate(sites) for day in range(4)]
    )
    exchange.matcher.drain()
    request = bid(
        exchange.alice,
        exchange.market,
        hours=24,
        start_flexibility=24,
        quantity=40,
        price_fen=price_fen,
        time_in_force=TimeInForce.GTC,
    )
    preview_order(request=request, now=NOW)
    started = perf_counter()
    preview = preview_order(request=request, now=NOW)
    seconds = perf_counter() - started
    assert bool(preview.fills) == (price_fen == 5000)
    assert seconds < 0.5
