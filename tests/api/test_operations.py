"""What operators do on their pages, their programs do by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.accounts.models import User
from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import start_site, submit_site
from matching.models import Change, ComputeClass, Finding, Hub, Market
from matching.references import BEIJING
from tests.api.conftest import World, program_of
from tests.api.test_problems import assert_problem

V1 = "/api/v1"


@pytest.fixture
def olga(world: World) -> APIClient:
    """An operator's program."""
    user = User.objects.create_user("olga@example.com", is_staff=True)
    return program_of(user, acts_for="operations", may="change")


def send(client: APIClient, path: str, **body: Any) -> Any:
    return client.post(f"{V1}/{path}", body, format="json")


def test_trading_is_halted_collects_and_resumes(olga: APIClient, alice: APIClient, world: World) -> None:
    symbol = world.market.symbol
    assert_problem(send(alice, "halts", reason="No"), 403, "operator_required")
    spanned = send(olga, "halts", market=symbol, start=world.first, hours=2, reason="Cable cut")
    assert (spanned.status_code, spanned.json()["halts"][0]["hours"]) == (201, 2)
    whole = send(olga, "halts", reason="Power", reopen_after_minutes=10).json()["halts"][0]
    assert (whole["market"], whole["state"], whole["hour"]) == (symbol, "halted", None)
    assert "an auction reopens it" in whole["next"]
    world.matcher.drain()
    assert_problem(alice.post(f"{V1}/orders", world.bid(), format="json"), 422, "trading_halted", "start")
    assert send(olga, f"halts/{whole['id']}/collect", reason="Power is back", minutes=3).json()["state"] == "collecting"
    assert_problem(send(olga, f"halts/{whole['id']}/collect", reason="Again"), 409, "is_collecting")
    for halt in (whole["id"], spanned.json()["halts"][0]["id"]):
        assert send(olga, f"halts/{halt}/resume", reason="All is well").json()["state"] == "over"
    assert_problem(send(olga, f"halts/{halt}/resume", reason="Again"), 409, "halt_is_over")
    world.matcher.drain()
    assert alice.post(f"{V1}/orders", world.bid(), format="json").status_code == 201
    listed = olga.get(f"{V1}/halts", {"stands": "false"}).json()["results"]
    assert [step["do"] for step in listed[0]["steps"]] == ["halt", "collect", "resume"]
    assert olga.get(f"{V1}/halts", {"stands": "true"}).json()["results"] == []
    assert Change.objects.filter(what="halt.begin", by_key__startswith="test (").count() == 2


def test_a_market_is_opened_changed_and_given_a_reference(olga: APIClient, alice: APIClient, world: World) -> None:
    ComputeClass.objects.create(slug="B300-288G", name="NVIDIA B300", vendor="NVIDIA", position=9)
    Hub.objects.create(slug="gansu", name="Gansu", name_zh="甘肃", position=7)
    body = {"compute_class": "B300-288G", "hub": "gansu", "lot": 8, "tick_fen": 5, "lead_hours": 1}
    assert_problem(send(alice, "markets", **body), 403, "operator_required")
    assert_problem(send(olga, "markets", **body, horizon_hours=1), 422, "horizon_not_after_lead", "horizon_hours")
    opened = send(olga, "markets", **body, breaker_bps=None)
    assert (opened.status_code, opened.json()["symbol"], opened.json()["lot"]) == (201, "B300-288G.gansu", 8)
    assert_problem(send(olga, "markets", **body), 409, "market_exists", "hub")
    path = f"{V1}/markets/B300-288G.gansu"
    changed = olga.patch(f"{path}/terms", {"open_blocks_max": 7, "reason": "Quiet"}, format="json").json()
    assert (changed["open_blocks_max"], changed["breaker_bps"], changed["horizon_hours"]) == (7, None, 24 * 60)
    assert_problem(olga.patch(f"{path}/terms", {"open_blocks_max": 7}, format="json"), 400, "invalid", "reason")
    given = olga.post(f"{path}/references", {"price_fen": 900, "band_bps": 500, "reason": "News"}, format="json")
    assert (given.json()["reference_price_fen"], given.json()["protection_band_bps"]) == (900, 500)
    assert olga.get(f"{path}/references").json()["results"][0]["by"] == "olga@example.com"
    assert Market.objects.get(symbol="B300-288G.gansu").reference_price_fen == 900
    assert Change.objects.filter(what="market.reference", who="olga@example.com").count() == 1


def test_a_participant_is_limited(olga: APIClient, alice: APIClient, world: World) -> None:
    path = "participants/alice/limits"
    limited = send(olga, path, open_orders_max=3, order_accelerator_hours_max=2, reason="New here").json()
    assert limited["limit"]["order_accelerator_hours_max"] == 2
    assert_problem(alice.post(f"{V1}/orders", world.bid(), format="json"), 422, "order_above_limit", "quantity")
    assert send(olga, path, reason="Known now").json()["limit"]["order_accelerator_hours_max"] is None
    assert alice.post(f"{V1}/orders", world.bid(), format="json").status_code == 201
    shown = olga.get(f"{V1}/participants/alice").json()
    assert (shown["people"], shown["open_orders"]) == (["alice@example.com"], 1)
    assert [row["slug"] for row in olga.get(f"{V1}/participants", {"q": "BO"}).json()["results"]] == ["bob"]
    assert_problem(send(olga, "participants/nobody/limits", reason="Who"), 404, "not_found")


def test_sites_are_approved_or_sent_back(olga: APIClient, bob: APIClient, world: World) -> None:
    own: dict[str, Any] = {"provider_id": world.bob.pk, "by": "bob@example.com", "now": timezone.now()}
    facts: dict[str, Any] = {
        "compute_class": world.market.compute_class, "hub": world.market.hub, "accelerators": 8, "city": "Wuhu",
        "interconnect": "IB", "network_gbps": 100, "power_source": "wind", "green_share_percent": 60,
    }  # fmt: skip
    profiles = [start_site(name=name, **facts, **own) for name in ("Wuhu-7", "Wuhu-8")]
    for profile in profiles:
        submit_site(profile_id=profile.pk, **own)
    first, second = (row["id"] for row in olga.get(f"{V1}/site-requests", {"state": "submitted"}).json()["results"])
    assert_problem(send(bob, f"site-requests/{first}/approve"), 403, "operator_required")
    assert send(olga, f"site-requests/{first}/approve").json()["market"] == world.market.symbol
    assert_problem(send(olga, f"site-requests/{first}/approve"), 422, "site_not_submitted")
    assert_problem(send(olga, f"site-requests/{second}/refuse"), 400, "invalid", "reason")
    assert send(olga, f"site-requests/{second}/refuse", reason="No power").json()["state"] == "refused"
    assert SiteProfile.objects.get(pk=second).reason == "No power"


def test_a_finding_is_decided_as_it_was_seen(olga: APIClient, world: World) -> None:
    now = timezone.now()
    found = Finding.objects.create(
        pattern="wash", market=world.market, participant=world.alice, other=world.charlie, day=now.astimezone(BEIJING),
        count=4, accelerator_hours=900, value=98, trade_ids=[1, 2], seen_at=now,
    )  # fmt: skip
    (shown,) = olga.get(f"{V1}/findings", {"state": "open"}).json()["results"]
    assert (shown["participant"], shown["other"], shown["trade_ids"]) == ("alice", "charlie", [1, 2])
    stale = {"state": "cleared", "note": "One group", "seen_at": "2026-01-01T00:00:00Z"}
    assert_problem(send(olga, f"findings/{found.pk}/decide", **stale), 409, "finding_has_changed")
    decided = send(olga, f"findings/{found.pk}/decide", **{**stale, "seen_at": shown["seen_at"]}).json()
    assert (decided["state"], decided["decided_by"]) == ("cleared", "olga@example.com")


def test_the_machines_are_told_of(olga: APIClient, alice: APIClient, world: World) -> None:
    system = olga.get(f"{V1}/system").json()
    assert system["groups"][0]["markets"] == 1
    assert system["database"]["connections"] >= 1
    assert_problem(alice.get(f"{V1}/system"), 403, "operator_required")


def test_a_key_does_no_more_than_its_person_may_now(olga: APIClient, world: World) -> None:
    user = User.objects.get(email="olga@example.com")
    reading = program_of(user, acts_for="operations", may="read")
    assert reading.get(f"{V1}/halts").status_code == 200
    assert_problem(send(reading, "halts", reason="No"), 403, "operator_required")
    assert_problem(reading.get(f"{V1}/transfers"), 403, "finance_required")
    User.objects.filter(pk=user.pk).update(is_staff=False)
    assert_problem(olga.get(f"{V1}/halts"), 401, "unknown_key")


def test_finance_keys_follow_their_persons_role(world: World) -> None:
    user = User.objects.create_user("greta@example.com", finance_role="approver")
    greta = program_of(user, may="approve")
    assert_problem(send(greta, "corrections/1/approve"), 404, "not_found")
    User.objects.filter(pk=user.pk).update(finance_role="finance")
    assert_problem(send(greta, "corrections/1/approve"), 403, "approver_required")
    User.objects.filter(pk=user.pk).update(finance_role="viewer")
    assert_problem(send(greta, "deposits"), 403, "finance_required")
    assert greta.get(f"{V1}/transfers").status_code == 200
    User.objects.filter(pk=user.pk).update(finance_role="")
    assert_problem(greta.get(f"{V1}/transfers"), 401, "unknown_key")
