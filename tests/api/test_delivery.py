"""Meter readings and disputes over the API: who may send, who sees them, and a verdict a reading."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from billing.clearing import clear
from billing.models import MeterReading, Obligation
from matching.hours import hour_of, moment_of
from tests.api.conftest import World
from tests.api.test_problems import assert_problem

URL = "/api/v1/readings"


@pytest.fixture
def hour(alice: APIClient, world: World) -> int:
    """An hour that has ended in which Alice holds two accelerators of Bob's."""
    assert alice.post("/api/v1/orders", world.bid(), format="json").status_code == 201
    world.matcher.drain()
    clear(now=timezone.now())
    ended = hour_of(timezone.now()) - 1
    Obligation.objects.update(start=ended, settled_until=ended)  # time itself is not faked here
    return ended


def reading(world: World, hour: int, **fields: Any) -> dict[str, Any]:
    good = {
        "site": world.site.slug,
        "hour": hour,
        "holder": "alice",
        "accelerators": 1,
        "source": "dcim",
        "source_id": "1",
        "read_at": moment_of(hour + 1).isoformat(),
    }
    return {**good, **fields}


def test_each_reading_gets_its_verdict(bob: APIClient, world: World, hour: int) -> None:
    rows = [
        reading(world, hour),
        reading(world, hour),
        reading(world, hour, accelerators=2),
        reading(world, hour, accelerators=-1, source_id="2"),
        reading(world, hour, accelerators=3, source_id="3"),
        reading(world, hour + 1, source_id="4"),
        reading(world, hour, holder="charlie", source_id="5"),
    ]
    answer = bob.post(URL, {"readings": rows}, format="json")
    assert answer.status_code == 200
    verdicts = answer.json()["verdicts"]
    assert [v["code"] or v["status"] for v in verdicts] == [
        *(
            "accepted",
            "known",
            "reading_conflict",
            "negative_reading",
            "more_than_sold",
            "hour_not_over",
            "hours_not_sold",
        )
    ]
    assert MeterReading.objects.count() == 1


def test_only_the_provider_sends_and_only_the_two_sides_and_finance_see(
    alice: APIClient, bob: APIClient, charlie: APIClient, fay: APIClient, world: World, hour: int
) -> None:
    body = {"readings": [reading(world, hour)]}
    assert alice.post(URL, body, format="json").json()["verdicts"][0]["code"] == "site_not_yours"
    assert_problem(fay.post(URL, body, format="json"), 403, "participant_required")
    bob.post(URL, body, format="json")
    for client, seen in ((alice, 1), (bob, 1), (charlie, 0), (fay, 1)):
        assert len(client.get(URL).json()["results"]) == seen
    assert len(fay.get(f"{URL}?from_hour={hour + 1}").json()["results"]) == 0


def test_a_dispute_is_raised_by_the_holder_and_seen_by_both_sides(
    alice: APIClient, bob: APIClient, charlie: APIClient, world: World, hour: int
) -> None:
    body = {"site": world.site.slug, "hour": hour, "accelerators": 1, "reason": "One node was down"}
    made = alice.post("/api/v1/disputes", body, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert_problem(alice.post("/api/v1/disputes", body, format="json"), 422, "dispute_open", "hour")
    assert_problem(charlie.post("/api/v1/disputes", body, format="json"), 422, "nothing_to_dispute", "accelerators")
    assert bob.get("/api/v1/disputes?state=open").json()["results"] == [made.json()]
    assert charlie.get("/api/v1/disputes").json()["results"] == []
