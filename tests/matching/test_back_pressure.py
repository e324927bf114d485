"""While too much waits for the matcher, order entry answers 503 and leaves nothing behind; what waits is played as ever."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from billing.models import Hold
from marketplace.trading import place_order, place_orders
from matching.cancel import cancel_order
from matching.inbox import ExchangeBusy
from matching.models import Command, Holding, Order
from tests.factories import NOW, ask, bid, make_market, make_site
from tests.matching.conftest import Exchange


@pytest.fixture
def full(exchange: Exchange, settings: Settings) -> Exchange:
    """An exchange whose inbox is one longer than its bound."""
    settings.INBOX_MAX = 3  # the first order brings a gate with it
    for _ in range(3):
        place_order(request=ask(exchange.north, hours=1, client_order_id=f"waits-{Order.objects.count()}"), now=NOW)
    return exchange


def test_nothing_enters_and_nothing_is_left_behind(full: Exchange) -> None:
    before = Command.objects.count(), Order.objects.count(), list(Holding.objects.values_list("committed", flat=True))
    with pytest.raises(ExchangeBusy, match="Nothing was placed"):
        place_orders(requests=[ask(full.north), bid(full.alice, full.market)], now=NOW)
    after = Command.objects.count(), Order.objects.count(), list(Holding.objects.values_list("committed", flat=True))
    assert before == after
    assert not Hold.objects.exists()


def test_what_was_accepted_before_is_answered_again(full: Exchange) -> None:
    request = ask(full.north, hours=1, client_order_id="waits-0")
    assert place_order(request=request, now=NOW) == Order.objects.earliest("id").pk


def test_cancels_enter_and_room_comes_back(full: Exchange) -> None:
    waiting = Order.objects.latest("id")
    cancel_order(participant_id=full.north.provider_id, order_id=waiting.pk, now=NOW)
    full.matcher.drain()
    assert Order.objects.get(pk=waiting.pk).state == Order.State.CANCELLED
    place_order(request=ask(full.north), now=NOW)


def test_another_link_group_is_not_kept_waiting(full: Exchange) -> None:
    site = make_site(make_market("H20-96G", link_group="other"))
    place_order(request=ask(site), now=NOW)
