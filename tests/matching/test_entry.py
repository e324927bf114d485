"""Order entry: each rule by its named error, and a client_order_id used once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from matching import entry
from matching.capacity import NothingToSell
from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from matching.entry import CheckedOrder, UnableToPlaceOrder, check_orders
from matching.models import Command, Market, Order
from matching.rules import protection_price_fen
from tests.factories import HOUR, NOW, ask, bid, make_market, make_site
from tests.matching.conftest import Exchange, place

HOURLY = {"kind": Kind.HOURLY}

BAD_BIDS: list[tuple[dict[str, Any], type[UnableToPlaceOrder], str]] = [
    ({"quantity": 0}, entry.QuantityOutOfBounds, "quantity"),
    ({"quantity": 1_000_002}, entry.QuantityOutOfBounds, "quantity"),
    ({"quantity": 3}, entry.QuantityOffLot, "quantity"),
    ({"min_quantity": 3}, entry.QuantityOutOfBounds, "min_quantity"),
    ({"quantity": 4, "min_quantity": 1}, entry.QuantityOffLot, "min_quantity"),
    ({"hours": 0}, entry.HoursOutOfBounds, "hours"),
    ({"hours": 1025}, entry.HoursOutOfBounds, "hours"),
    ({"start_flexibility": 169}, entry.FlexibilityOutOfBounds, "start_flexibility"),
    ({"start_flexibility": -1}, entry.FlexibilityOutOfBounds, "start_flexibility"),
    ({"price_fen": 0}, entry.PriceOutOfBounds, "price_fen"),
    ({"price_fen": 10_000_001}, entry.PriceOutOfBounds, "price_fen"),
    ({"price_fen": 1203}, entry.PriceOffTick, "price_fen"),
    ({"start": HOUR}, entry.GateClosed, "start"),
    ({"start": HOUR - 3, "start_flexibility": 3}, entry.GateClosed, "start"),
    ({"start": HOUR + 24 * 60}, entry.BeyondHorizon, "start"),
    ({"start": 10**9}, entry.BeyondHorizon, "start"),
    ({"start": -(10**9)}, entry.GateClosed, "start"),
    ({"market_id": 10**6}, entry.UnknownMarket, "market"),
    ({"site_id": 1}, entry.FieldNotAllowed, "site"),
    ({"post_only": True}, entry.FieldNotAllowed, "post_only"),
    ({"display_quantity": 2}, entry.FieldNotAllowed, "display_quantity"),
    ({"expires_at": NOW}, entry.FieldNotAllowed, "expires_at"),
    (HOURLY | {"start_flexibility": 1}, entry.FieldNotAllowed, "start_flexibility"),
    (HOURLY | {"one_site": True}, entry.FieldNotAllowed, "one_site"),
    (HOURLY | {"min_quantity": 2}, entry.FieldNotAllowed, "min_quantity"),
    (HOURLY | {"post_only": True, "time_in_force": TimeInForce.IOC}, entry.FieldNotAllowed, "post_only"),
    (HOURLY | {"post_only": True, "price_fen": None}, entry.FieldNotAllowed, "post_only"),
    (HOURLY | {"display_quantity": 9}, entry.QuantityOutOfBounds, "display_quantity"),
    (HOURLY | {"quantity": 400, "display_quantity": 2}, entry.QuantityOutOfBounds, "display_quantity"),
    ({"time_in_force": TimeInForce.GTD}, entry.ExpiryRequired, "expires_at"),
    ({"time_in_force": TimeInForce.GTD, "expires_at": NOW}, entry.ExpiryRequired, "expires_at"),
    (
        {"time_in_force": TimeInForce.GTD, "expires_at": NOW + timedelta(seconds=90)},
        entry.ExpiryNotWholeMinute,
        "expires_at",
    ),
    ({"price_fen": None}, entry.NoReferencePrice, "price_fen"),
    ({"client_order_id": ""}, entry.ClientOrderIdTooLong, "client_order_id"),
    ({"client_order_id": "x" * 65}, entry.ClientOrderIdTooLong, "client_order_id"),
]


@pytest.mark.parametrize(("fields", "error", "field"), BAD_BIDS, ids=[f"{e.__name__}-{f}" for _, e, f in BAD_BIDS])
def test_a_bid_that_breaks_a_rule_is_refused_by_name(
    exchange: Exchange, fields: dict[str, Any], error: type[UnableToPlaceOrder], field: str
) -> None:
    Market.objects.update(lot=2, tick_fen=5)
    (verdict,) = check_orders(requests=[replace(bid(exchange.alice, exchange.market), **fields)], now=NOW)
    assert type(verdict) is error, str(verdict)
    assert isinstance(verdict, UnableToPlaceOrder)
    assert verdict.field == field
    assert str(verdict)[0].isupper()
    assert str(verdict).endswith(".")
    assert "%" not in str(verdict)
    with translation.override("zh-hans"):
        assert "%" not in str(verdict)


def test_an_ask_names_a_site_of_its_market(exchange: Exchange) -> None:
    elsewhere = make_site(make_market("A100-SXM4-80G"))
    good = ask(exchange.north)
    verdicts = check_orders(
        requests=[replace(good, site_id=None), replace(good, site_id=elsewhere.pk), replace(good, site_id=10**6), good],
        now=NOW,
    )
    assert [type(verdict) for verdict in verdicts] == [
        entry.SiteRequired, entry.SiteNotInMarket, entry.SiteNotInMarket, CheckedOrder,
    ]  # fmt: skip


def test_a_gate_closes_at_its_very_moment(exchange: Exchange) -> None:
    Market.objects.update(lead_hours=2)
    gate = NOW.replace(minute=0) + timedelta(hours=1)  # of the hour HOUR + 3
    request = bid(exchange.alice, exchange.market, start=HOUR + 3)
    just_before: datetime = gate - timedelta(microseconds=1)
    assert isinstance(check_orders(requests=[request], now=just_before)[0], CheckedOrder)
    (verdict,) = check_orders(requests=[request], now=gate)
    assert str(verdict) == (
        "Trading for the hour from 2026-03-02 12:00 UTC closed at 2026-03-02 10:00 UTC. "
        "The first hour that still trades starts at 2026-03-02 13:00 UTC."
    )


def test_each_order_gets_its_own_verdict(exchange: Exchange) -> None:
    good = bid(exchange.alice, exchange.market)
    verdicts = place([good, replace(good, quantity=0), good])
    assert [type(verdict) for verdict in verdicts] == [int, entry.QuantityOutOfBounds, int]
    assert Command.objects.filter(order__isnull=False).count() == 2


def test_entry_costs_as_many_statements_for_many_orders_as_for_one(exchange: Exchange) -> None:
    def statements(count: int) -> int:
        requests = [
            request
            for i in range(count)
            for request in (
                bid(exchange.alice, exchange.market, client_order_id=f"{count}-{i}"),
                ask(exchange.north, quantity=1),
            )
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert all(isinstance(verdict, int) for verdict in place(requests))
        return len(captured)

    exchange.place(bid(exchange.alice, exchange.market))
    exchange.place(ask(exchange.north, quantity=1))  # makes the provider's rows
    assert statements(20) == statements(1) <= 13


# Idempotency


def test_the_same_client_order_id_returns_the_first_order(exchange: Exchange) -> None:
    Market.objects.update(reference_price_fen=1000)
    for request in (
        bid(exchange.alice, exchange.market, client_order_id="a"),
        bid(exchange.alice, exchange.market, client_order_id="b", price_fen=None),
    ):
        (first,) = place([request])
        exchange.matcher.drain()
        (again,) = check_orders(requests=[request], now=NOW + timedelta(days=3))  # though its gate has closed by then
        assert isinstance(again, CheckedOrder)
        assert again.existing_order_id == first


@pytest.mark.parametrize(
    "other",
    [{"quantity": 3}, {"price_fen": 1201}, {"hours": 5}, {"self_trade": SelfTrade.DECREMENT}, {"one_site": True}],
    ids=lambda other: next(iter(other)),
)
def test_the_same_client_order_id_with_other_contents_is_a_conflict(exchange: Exchange, other: dict[str, Any]) -> None:
    request = bid(exchange.alice, exchange.market, client_order_id="a")
    place([request])
    (verdict,) = check_orders(requests=[replace(request, **other)], now=NOW)
    assert type(verdict) is entry.ClientOrderIdConflict


def test_a_client_order_id_is_the_participants_own(exchange: Exchange) -> None:
    (first,) = place([bid(exchange.alice, exchange.market, client_order_id="a")])
    (second,) = place([bid(exchange.bob, exchange.market, client_order_id="a")])
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert first != second


def test_a_client_order_id_stands_once_in_a_request(exchange: Exchange) -> None:
    request = bid(exchange.alice, exchange.market, client_order_id="a")
    first, second = place([request, request])
    assert isinstance(first, int)
    assert type(second) is entry.ClientOrderIdRepeated


# Market orders and caps


@pytest.mark.parametrize(
    ("side", "reference", "band", "tick", "protection"),
    [(1, 1000, 10_000, 1, 2000), (-1, 1000, 10_000, 1, 1), (1, 999, 1000, 5, 1095), (-1, 999, 1000, 5, 900),
     (1, 9_999_999, 10_000, 1, 10_000_000)],
)  # fmt: skip
def test_a_protection_price_is_the_reference_moved_by_the_band(
    side: int, reference: int, band: int, tick: int, protection: int
) -> None:
    market = Market(reference_price_fen=reference, protection_band_bps=band, tick_fen=tick)
    assert protection_price_fen(market=market, side=Side(side)) == protection


def test_open_blocks_are_capped_within_and_across_requests(exchange: Exchange) -> None:
    Market.objects.update(open_blocks_max=2)
    request = bid(exchange.alice, exchange.market)
    verdicts = place([request, request, request])
    assert [type(verdict) for verdict in verdicts] == [int, int, entry.TooManyOpenBlocks]
    (verdict,) = place([request])
    assert isinstance(verdict, entry.TooManyOpenBlocks)
    assert isinstance(place([bid(exchange.bob, exchange.market)])[0], int)


def test_selling_more_than_one_holds_is_refused(exchange: Exchange) -> None:
    first, second = place([ask(exchange.north, quantity=40), ask(exchange.north, quantity=25)])
    assert isinstance(first, int)
    assert isinstance(second, NothingToSell)
    assert (second.free, second.hour) == (24, HOUR + 1)
    (verdict,) = place([ask(exchange.north, participant=exchange.alice, quantity=1)])
    assert isinstance(verdict, NothingToSell)
    assert Order.objects.count() == 1
