"""The ticket's "or instead": another class, hub or window with its own limit, previewed, sent, and named on the order's page."""

from __future__ import annotations

import pytest
from django.test import Client

from matching.models import Market, Order
from tests.factories import make_market
from tests.web.floor import Floor
from tests.web.test_ticket import preview, sending, text


@pytest.fixture
def dear(floor: Floor) -> Market:
    """A market where nothing is on offer."""
    return make_market("A100-SXM4-80G", reference_price_fen=2000)


def waiting(client: Client, floor: Floor, dear: Market, **fields: object) -> str:
    """A job for the market without offers, or instead for Bob's."""
    values: dict[str, object] = {
        "compute_class": "A100-SXM4-80G",
        "price": "limit",
        "limit": "9.00",
        "instead-1-market": floor.market.symbol,
        "instead-1-start": floor.first + 1,
        "instead-1-flexibility": 2,
        "instead-1-limit": "11.00",
        **fields,
    }
    return preview(client, floor, **values)


def test_the_alternative_that_fills_is_named_sent_and_recorded(alice: Client, floor: Floor, dear: Market) -> None:
    html = waiting(alice, floor, dear)
    assert f"This is an alternative: {floor.market.symbol}" in text(html)
    assert "Fills now" in text(html)
    assert "The worst case at ¥11.00" in text(html)
    response = alice.post("/buy/", sending(html))
    floor.matcher.drain()
    order = Order.objects.get(participant=floor.alice)
    assert (order.state, order.market_id, order.executed_alternative) == ("filled", dear.pk, 1)
    assert order.executed_start == floor.first + 1
    page = text(alice.get(response["Location"]).content.decode())
    assert "Or instead" in page
    assert floor.market.symbol in page
    assert "executed" in page


def test_what_is_left_out_of_a_row_is_the_jobs_own(alice: Client, floor: Floor, dear: Market) -> None:
    empty = {"instead-1-start": "", "instead-1-flexibility": "", "instead-1-limit": "", "flexibility": 3}
    html = waiting(alice, floor, dear, **empty)
    assert sending(html)["alternatives"] == f"{floor.market.pk}:{floor.first}:3:900"
    response = alice.post("/buy/", sending(html))
    floor.matcher.drain()
    order = Order.objects.get(participant=floor.alice)
    assert (order.state, order.alternative_count) == ("open", 1)
    assert (
        "executed" not in text(alice.get(response["Location"]).content.decode()).split("Or instead")[1].split("Kind")[0]
    )


def test_a_row_that_breaks_a_rule_is_named(alice: Client, floor: Floor, dear: Market) -> None:
    Market.objects.filter(pk=floor.market.pk).update(tick_fen=100)
    assert "Alternative 1: Prices in this market are multiples of ¥1.00" in text(
        waiting(alice, floor, dear, **{"instead-1-limit": "11.50"})
    )


def test_a_job_at_the_best_price_or_by_the_hour_has_none(alice: Client, floor: Floor, dear: Market) -> None:
    for fields in ({"price": "best"}, {"kind": "hourly", "limit": "12.00"}):
        html = waiting(alice, floor, dear, **{"compute_class": "H800-80G", "instead-1-market": dear.symbol, **fields})
        assert 'name="alternatives" value=""' in html


def test_a_tampered_field_is_not_sent(alice: Client, floor: Floor, dear: Market) -> None:
    fields = sending(waiting(alice, floor, dear))
    alice.post("/buy/", fields | {"alternatives": "1:2"})
    assert not Order.objects.filter(participant=floor.alice).exists()
