"""What a provider does on its pages, a program does by the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from billing.clearing import clear
from billing.delivery.reliability import keep_reliability
from marketplace.offers.models import Offer, SiteProfile
from marketplace.offers.onboarding import approve_site
from marketplace.offers.standing_offers import renew_standing_offers
from matching.models import Order
from tests.api.conftest import World
from tests.api.test_problems import assert_problem

V1 = "/api/v1"


def test_a_site_is_drafted_completed_and_submitted(bob: APIClient, alice: APIClient, world: World) -> None:
    facts: dict[str, Any] = {"name": "Wuhu-9", "compute_class": "H800-80G", "hub": "yangtze-delta", "accelerators": 32}
    site = bob.post(f"{V1}/sites", facts, format="json").json()
    assert (site["state"], site["compute_class"]) == ("draft", "H800-80G")
    path = f"{V1}/sites/{site['id']}"
    assert_problem(bob.post(f"{path}/submit"), 422, "site_incomplete", "city")
    more = {
        "city": "Wuhu",
        "interconnect": "IB",
        "network_gbps": 100,
        "power_source": "wind",
        "green_share_percent": 60,
    }
    assert bob.patch(path, more, format="json").status_code == 200
    assert_problem(bob.patch(path, {"accelerators": "32"}, format="json"), 400, "invalid", "accelerators")
    assert bob.post(f"{path}/submit").json()["state"] == "submitted"
    assert_problem(alice.get(path), 404, "not_found")
    assert_problem(alice.post(f"{path}/recall"), 404, "not_found")
    approve_site(profile_id=SiteProfile.objects.get().pk, by="olga@example.com", now=timezone.now())
    assert bob.get(path).json()["market"] == world.market.symbol


def test_curves_rules_and_maintenance(bob: APIClient, world: World) -> None:
    curve = {"site": world.site.slug, "name": "flat", "prices_fen": [900] * 168}
    made = bob.post(f"{V1}/price-curves", curve, format="json").json()
    assert_problem(bob.post(f"{V1}/price-curves", curve, format="json"), 422, "curve_name_taken", "name")
    rule = {"name": "all", "curve_id": made["id"], "quantity": 4, "days_ahead": 5}
    standing = bob.post(f"{V1}/standing-offers", rule, format="json").json()
    following = bob.get(f"{V1}/standing-offers/{standing['id']}/next").json()
    assert following["offers"]
    assert renew_standing_offers(now=timezone.now()) == len(following["offers"])
    assert bob.get(f"{V1}/standing-offers/{standing['id']}/next").json()["offers"] == []
    assert bob.post(f"{V1}/standing-offers/{standing['id']}/pause").json()["state"] == "paused"
    world.matcher.drain()

    window = {"site": world.site.slug, "start": world.first + 2, "hours": 2, "accelerators": 8}
    seen = bob.post(f"{V1}/maintenance", {**window, "preview": True}, format="json")
    assert (seen.status_code, seen.json()["maintenance"]) == (200, None)
    planned = bob.post(f"{V1}/maintenance", window, format="json")
    assert planned.status_code == 201
    assert planned.json()["withdrawn"] == seen.json()["withdrawn"] != []
    body = {"site": world.site.slug, "start": world.first + 2, "hours": 1, "quantity": 1, "price_fen": 900}
    world.matcher.drain()
    assert_problem(bob.post(f"{V1}/offers", body, format="json"), 422, "nothing_to_sell", "quantity")
    number = planned.json()["maintenance"]["id"]
    assert bob.delete(f"{V1}/maintenance/{number}").json()["state"] == "cancelled"
    assert bob.post(f"{V1}/offers", body, format="json").status_code == 201
    assert (
        bob.post(f"{V1}/standing-offers/{standing['id']}/end", {"withdraw": True}, format="json").json()["withdrawn"]
        > 0
    )


def test_a_batch_is_listed_whole_or_each_and_only_once(bob: APIClient, world: World) -> None:
    line = {"site": world.site.slug, "start": world.first + 60, "hours": 2, "quantity": 8, "price_fen": 900}
    good = {**line, "client_order_id": "a", "display_quantity": 2}
    bad = {**line, "quantity": 9, "client_order_id": "b"}
    whole = bob.post(f"{V1}/offers/batch", {"offers": [good, bad]}, format="json").json()["verdicts"]
    assert [verdict["status"] for verdict in whole] == ["left_out", "refused"]
    assert whole[1]["code"] == "nothing_to_sell"
    count = Offer.objects.count()
    each = {"offers": [good, bad], "all_or_none": False}
    first = bob.post(f"{V1}/offers/batch", each, format="json").json()["verdicts"]
    again = bob.post(f"{V1}/offers/batch", each, format="json").json()["verdicts"]
    assert first[0]["id"] == again[0]["id"]
    assert Offer.objects.count() == count + 1
    elsewhere = {"offers": [{**line, "site": "elsewhere"}]}
    assert_problem(bob.post(f"{V1}/offers/batch", elsewhere, format="json"), 422, "site_not_yours", "site")


def test_access_reliability_and_earnings(bob: APIClient, alice: APIClient, world: World) -> None:
    alice.post(f"{V1}/orders", world.bid(), format="json")
    world.matcher.drain()
    clear(now=timezone.now())
    order = Order.objects.filter(participant=world.alice).latest("pk")
    start = order.executed_start or order.start
    (due,) = bob.get(f"{V1}/deliveries", {"hours": 72}).json()["due"]
    assert (due["holder"], due["start"], due["handed_over_at"]) == ("alice", start, None)
    access = {"site": world.site.slug, "holder": "alice", "start": start, "hours": 2, "text": "ssh wuhu"}
    assert_problem(bob.post(f"{V1}/access", {**access, "hours": 3}, format="json"), 422, "nothing_due", "hours")
    handed = bob.post(f"{V1}/access", access, format="json")
    assert handed.status_code == 201
    assert "ssh wuhu" not in handed.content.decode()
    look = {"site": world.site.slug, "hour": start}
    assert_problem(alice.post(f"{V1}/access/open", look, format="json"), 422, "no_access_yet")
    assert_problem(bob.get(f"{V1}/reliability"), 404, "not_found")
    keep_reliability(now=timezone.now())
    assert bob.get(f"{V1}/reliability").json()["score_bps"] is None
    assert bob.get(f"{V1}/earnings").json()["days"] == []
