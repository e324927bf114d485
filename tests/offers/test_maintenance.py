"""Maintenance takes hours out of sale, withdraws what stands in the way, refuses what is sold, and lists the rest again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from billing.funds import deposit_funds
from marketplace.offers.maintenance import (
    AlreadyOutOfService,
    HoursAreSold,
    MaintenanceTooLate,
    cancel_maintenance,
    check_maintenance,
    list_again,
    plan_maintenance,
)
from marketplace.offers.models import Offer
from marketplace.offers.publish import publish_offer
from marketplace.trading import place_order
from matching.capacity import NothingToSell
from matching.engine.reference import ReferenceEngine
from matching.matcher import Matcher
from matching.models import Order, Site
from tests.factories import HOUR, NOW, bid, make_market, make_participant, make_site

FIRST = HOUR + 10


@dataclass
class Hall:
    """A site of 16 with an ask of 12 over ten hours, and a buyer of two of its hours."""

    site: Site
    offer: Offer
    matcher: Matcher

    @property
    def own(self) -> dict[str, Any]:
        return {"provider_id": self.site.provider_id, "site_id": self.site.pk, "now": NOW}


@pytest.fixture
def hall(db: None) -> Hall:
    """Alice has bought 4 accelerators in the first two hours."""
    market = make_market()
    site = make_site(market, accelerators=16)
    alice = make_participant("alice")
    deposit_funds(participant_id=alice.pk, amount_fen=1_000_000, key="alice", now=NOW)
    offer = publish_offer(
        provider_id=site.provider_id, site_id=site.pk, start=FIRST, hours=10, quantity=12, price_fen=1000,
        reference="day", now=NOW,
    )  # fmt: skip
    place_order(request=bid(alice, market, start=FIRST, hours=2, quantity=4), now=NOW)
    matcher = Matcher(engine_factory=ReferenceEngine)
    matcher.drain()
    return Hall(site, offer, matcher)


def _open(site: Site) -> dict[int, int]:
    found: dict[int, int] = {}
    for order in Order.objects.filter(site=site, state__in=["pending", "open"]):
        for hour, quantity in enumerate(order.open, order.start):
            found[hour] = found.get(hour, 0) + quantity
    return {hour - FIRST: quantity for hour, quantity in found.items() if quantity}


def test_asks_in_the_way_are_withdrawn_and_what_lies_outside_is_listed_again(hall: Hall) -> None:
    window: dict[str, Any] = {**hall.own, "start": FIRST + 4, "hours": 2, "accelerators": 16}
    plan = check_maintenance(**window)
    assert [ask.pk for ask in plan.asks] == [hall.offer.order_id]
    assert plan.open_accelerator_hours == 24
    planned = plan_maintenance(**window, by="bob@example.com")
    with pytest.raises(NothingToSell):
        publish_offer(**hall.own, start=FIRST + 5, hours=1, quantity=1, price_fen=900)
    assert list_again(now=NOW) == 0  # the matcher has not cancelled it yet
    hall.matcher.drain()
    assert list_again(now=NOW) == 1
    hall.matcher.drain()
    assert _open(hall.site) == {0: 8, 1: 8, 2: 12, 3: 12, 6: 12, 7: 12, 8: 12, 9: 12}
    assert set(Offer.objects.exclude(pk=hall.offer.pk).values_list("reference", flat=True)) == {"day"}
    assert list_again(now=NOW) == 0
    with pytest.raises(AlreadyOutOfService, match="16 of 16"):
        plan_maintenance(**{**window, "accelerators": 1}, by="bob@example.com")
    cancel_maintenance(provider_id=hall.site.provider_id, maintenance_id=planned.pk, by="bob@example.com", now=NOW)
    publish_offer(**hall.own, start=FIRST + 4, hours=2, quantity=16, price_fen=900)


def test_sold_hours_are_refused_with_their_numbers_and_a_part_leaves_the_rest_for_sale(hall: Hall) -> None:
    window: dict[str, Any] = {**hall.own, "start": FIRST + 1, "hours": 2, "by": "bob@example.com"}
    with pytest.raises(HoursAreSold, match=r"1 hours are sold: .* 4 accelerators are due, and only 2") as refused:
        plan_maintenance(**window, accelerators=14)
    assert refused.value.hours == [(FIRST + 1, 4, 2)]
    with pytest.raises(MaintenanceTooLate):
        plan_maintenance(**{**window, "start": HOUR}, accelerators=1)
    plan_maintenance(**window, accelerators=4)
    hall.matcher.drain()
    assert not Order.objects.filter(state="cancelled").exists()  # 16 less 4 still hold the ask of 12
    plan_maintenance(**window, accelerators=4)
    hall.matcher.drain()
    list_again(now=NOW)
    hall.matcher.drain()
    assert _open(hall.site) == {0: 8, 1: 4, 2: 8, **dict.fromkeys(range(3, 10), 12)}
