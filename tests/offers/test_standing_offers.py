"""Standing offers list each hour once, whatever is killed or repeated, within what is free."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from marketplace.offers.models import Offer, PriceCurve, StandingOffer
from marketplace.offers.price_curves import CurveNotAWeek, CurvePriceRefused, save_curve
from marketplace.offers.publish import publish_offer
from marketplace.offers.standing_offers import (
    end_standing_offer,
    next_listing,
    pause_standing_offer,
    renew_standing_offers,
    resume_standing_offer,
    save_standing_offer,
)
from matching.models import Holding, Order, Site
from tests.factories import HOUR, NOW, make_market, make_site

BY: dict[str, Any] = {"by": "bob@example.com", "now": NOW}
MIDNIGHT = HOUR - 9 - 8 + 24
"""The next one in Beijing: NOW is a Monday, 17:30 there."""

WEEK = [1000 if 8 <= hour % 24 < 22 else 800 for hour in range(168)]


def _curve(site: Site, **fields: Any) -> PriceCurve:
    values: dict[str, Any] = {"name": "week", "prices_fen": WEEK, "floor_fen": None, "curve_id": None, **fields}
    return save_curve(provider_id=site.provider_id, site_id=site.pk, **values, **BY)


def _rule(site: Site, **fields: Any) -> StandingOffer:
    values: dict[str, Any] = {"name": "nights", "quantity": 8, "days_ahead": 1, "standing_id": None, **fields}
    return save_standing_offer(provider_id=site.provider_id, curve_id=_curve(site).pk, **values, **BY)


def _listed(site: Site) -> dict[int, tuple[int, int]]:
    """Accelerators and price by hour; fails where an hour is listed twice."""
    found: dict[int, tuple[int, int]] = {}
    for order in Order.objects.filter(site=site):
        for hour in range(order.start, order.start + order.hours):
            assert hour not in found, f"hour {hour} is listed twice"
            found[hour] = (order.quantity, order.price_fen or 0)
    return found


@pytest.mark.django_db
def test_a_rule_lists_its_days_at_the_curves_prices_and_goes_on_with_each_new_day() -> None:
    site = make_site(make_market(), accelerators=16)
    _rule(site)
    assert renew_standing_offers(now=NOW) == 4
    listed = _listed(site)
    assert sorted(listed) == list(range(HOUR + 1, MIDNIGHT + 24))
    assert listed[MIDNIGHT] == (8, 800)
    assert listed[MIDNIGHT + 8] == (8, 1000)
    assert renew_standing_offers(now=NOW + timedelta(hours=2)) == 0
    assert renew_standing_offers(now=NOW + timedelta(hours=7)) == 3  # Beijing's next day
    assert sorted(_listed(site)) == list(range(HOUR + 1, MIDNIGHT + 48))
    assert set(Offer.objects.values_list("standing__name", flat=True)) == {"nights"}


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_list_each_hour_once() -> None:
    site = make_site(make_market(), accelerators=16)
    _rule(site, days_ahead=3)

    def renew(_number: int) -> int:
        try:
            return renew_standing_offers(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = sum(pool.map(renew, range(12)))
    assert made == Offer.objects.count()
    assert sorted(_listed(site)) == list(range(HOUR + 1, MIDNIGHT + 72))
    assert set(Holding.objects.values_list("committed", flat=True)) == {8}


@pytest.mark.django_db
def test_a_kill_before_the_note_of_how_far_it_came_lists_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_site(make_market(), accelerators=16)
    _rule(site)

    def killed(*_args: object, **_fields: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(StandingOffer, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            renew_standing_offers(now=NOW)
    assert not Order.objects.exists()
    assert renew_standing_offers(now=NOW) == 4


@pytest.mark.django_db
def test_it_lists_what_is_free_pauses_goes_on_and_ends() -> None:
    site = make_site(make_market(), accelerators=16)
    own: dict[str, Any] = {"provider_id": site.provider_id, **BY}
    taken = publish_offer(
        provider_id=site.provider_id, site_id=site.pk, start=MIDNIGHT, hours=2, quantity=12, price_fen=900, now=NOW
    )
    rule = _rule(site, from_clock=22, hours_a_day=4)
    plan = next_listing(rule=rule, now=NOW)
    assert plan.short_hours == 2
    pause_standing_offer(standing_id=rule.pk, **own)
    assert renew_standing_offers(now=NOW) == 0
    resume_standing_offer(standing_id=rule.pk, **own)
    assert renew_standing_offers(now=NOW) == len(plan.listings)
    orders = Order.objects.exclude(pk=taken.order_id)
    assert {(o.start - MIDNIGHT, o.hours, o.quantity) for o in orders} == {(-2, 2, 8), (0, 2, 4), (22, 2, 8)}
    assert end_standing_offer(standing_id=rule.pk, withdraw=True, **own) == 3
    assert renew_standing_offers(now=NOW + timedelta(days=2)) == 0


@pytest.mark.django_db
def test_a_curve_is_a_whole_week_on_the_tick() -> None:
    site = make_site(make_market(tick_fen=10))
    with pytest.raises(CurveNotAWeek, match="167"):
        _curve(site, prices_fen=WEEK[1:])
    with pytest.raises(CurvePriceRefused, match="multiples"):
        _curve(site, prices_fen=[1005, *WEEK[1:]])
    curve = _curve(site, floor_fen=900)
    assert (curve.price_of(MIDNIGHT), curve.price_of(MIDNIGHT + 8), curve.low_fen) == (900, 1000, 900)
