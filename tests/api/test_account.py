"""An organisation's facts, top-ups and statement, and what a person keeps for itself, by the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.models import TopUp
from billing.payments.stripe_checkout import stripe_checkout
from matching.hours import moment_of
from matching.models import Change
from tests.api.conftest import World
from tests.api.test_problems import assert_problem
from tests.billing.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeServer, stripe_server

V1 = "/api/v1"


@pytest.fixture
def server(settings: Settings) -> Iterator[StripeServer]:
    """Our own Stripe."""
    with stripe_server() as served:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
        settings.STRIPE_API_URL = served.url
        stripe_checkout.cache_clear()
        yield served
        stripe_checkout.cache_clear()


def test_the_organisations_facts_are_changed(alice: APIClient, alice_reading: APIClient, world: World) -> None:
    facts = {"legal_name": "Alice Computing Ltd", "tax_id": "91310000MA1K4B7X2C"}
    stood = alice.get(f"{V1}/organisation").json()
    assert alice.patch(f"{V1}/organisation", facts, format="json").json() == {**stood, **facts}
    assert alice_reading.get(f"{V1}/organisation").json()["tax_id"] == facts["tax_id"]
    assert_problem(alice_reading.patch(f"{V1}/organisation", facts, format="json"), 403, "read_only_key")
    made = Change.objects.get(what="participant.change")
    assert (made.who, made.before["tax_id"], bool(made.by_key)) == ("alice@example.com", stood["tax_id"], True)


def test_a_top_up_is_started_once_and_followed(alice: APIClient, bob: APIClient, server: StripeServer) -> None:
    body = {"amount_fen": 50_000, "key": "one"}
    started = alice.post(f"{V1}/top-ups", body, format="json")
    assert (started.status_code, started.json()["state"]) == (201, "open")
    assert started.json()["page_url"].startswith("http")
    again = alice.post(f"{V1}/top-ups", body, format="json").json()
    assert again["id"] == started.json()["id"]
    assert_problem(
        alice.post(f"{V1}/top-ups", {**body, "amount_fen": 60_000}, format="json"),
        409,
        "top_up_key_reused",
        "amount_fen",
    )
    low = alice.post(f"{V1}/top-ups", {"amount_fen": 1, "key": "two"}, format="json")
    assert_problem(low, 422, "amount_out_of_bounds", "amount_fen")
    path = f"{V1}/top-ups/{again['id']}"
    assert_problem(bob.get(path), 404, "not_found")
    before = alice.get(f"{V1}/balance").json()["available_fen"]
    server.pay(reference_of(again))
    assert alice.get(path).json()["state"] == "paid"
    assert alice.get(f"{V1}/balance").json()["available_fen"] == before + 50_000
    server.fails = ["before"]
    refused = alice.post(f"{V1}/top-ups", {"amount_fen": 50_000, "key": "three"}, format="json")
    assert_problem(refused, 503, "payment_provider_unavailable")
    assert refused.headers["Retry-After"] == "60"


def reference_of(top_up: dict[str, Any]) -> str:
    return str(TopUp.objects.get(pk=top_up["id"]).reference)


def test_without_a_provider_of_payments_no_top_up_is_offered(alice: APIClient) -> None:
    assert_problem(alice.post(f"{V1}/top-ups", {"amount_fen": 50_000, "key": "k"}, format="json"), 404, "not_found")


def test_the_statement_says_what_moved(alice: APIClient, bob: APIClient) -> None:
    statement = alice.get(f"{V1}/statement").json()
    (line,) = statement["lines"]
    assert (line["code"], line["amount_fen"], line["balance_fen"]) == ("top_up", 1_000_000, 1_000_000)
    assert statement["next"] is None
    assert alice.get(f"{V1}/statement", {"before": line["day"]}).json()["lines"] == []
    assert bob.get(f"{V1}/statement", {"account": "payable"}).json()["lines"] == []


def test_presets_and_warning_limits_are_the_persons(alice: APIClient, charlie: APIClient) -> None:
    body = {"name": "night", "query": "compute_class=H800-80G&accelerators=8&start=2026-03-02T10:00"}
    kept = alice.post(f"{V1}/presets", body, format="json").json()
    assert kept["query"] == "compute_class=H800-80G&accelerators=8"
    assert alice.post(f"{V1}/presets", body, format="json").json()["id"] == kept["id"]
    assert charlie.delete(f"{V1}/presets/{kept['id']}").status_code == 404
    assert alice.delete(f"{V1}/presets/{kept['id']}").status_code == 204
    assert alice.get(f"{V1}/presets").json()["results"] == []
    for number in range(20):
        alice.post(f"{V1}/presets", {**body, "name": str(number)}, format="json")
    assert_problem(alice.post(f"{V1}/presets", {**body, "name": "x"}, format="json"), 422, "too_many_presets")
    assert alice.get(f"{V1}/warning-limits").json()["value_fen"] is None
    limits = alice.patch(f"{V1}/warning-limits", {"value_fen": 5_000}, format="json").json()
    assert limits == {"value_fen": 5_000, "accelerator_hours": None, "off_reference_percent": None}


def test_a_file_of_readings_is_checked_and_taken_in_whole(bob: APIClient, alice: APIClient, world: World) -> None:
    head = "site,hour,holder,accelerators,id\n"
    bad = f"{world.site.slug},{moment_of(world.first).isoformat()},alice,-1,a\n"

    def upload(text: str, **more: Any) -> Any:
        body = {"file": SimpleUploadedFile("m.csv", text.encode()), **more}
        return bob.post(f"{V1}/readings/file", body, format="multipart")

    seen = upload(head + bad, preview="true").json()
    assert (seen["readings"], seen["new"], len(seen["faults"])) == (1, 0, 1)
    assert seen["faults"][0].startswith("Line 2: ")
    assert_problem(upload(head + bad), 422, "file_has_faults", "file")
    assert_problem(upload("site\n"), 422, "column_missing", "file")
