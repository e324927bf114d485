"""Who sees and does what: keys of one organisation, reading keys, finance, revoked keys, and the browser's session."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.accounts.keys import UnableToMakeKey, create_api_key, revoke_api_key
from marketplace.accounts.models import ApiKey, Membership, User
from tests.api.conftest import World
from tests.api.test_problems import assert_problem

OWN = ("orders", "trades", "holdings", "balance")
DOCUMENTS = ("invoices", "settlement-lines")


@pytest.mark.parametrize("path", OWN + DOCUMENTS)
def test_own_data_needs_a_key(anyone: APIClient, path: str) -> None:
    assert_problem(anyone.get(f"/api/v1/{path}"), 401, "not_authenticated")


@pytest.mark.parametrize("path", OWN)
def test_finance_has_no_orders_of_its_own(fay: APIClient, path: str) -> None:
    assert_problem(fay.get(f"/api/v1/{path}"), 403, "participant_required")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_finance_reads_documents(fay: APIClient, path: str) -> None:
    assert fay.get(f"/api/v1/{path}").status_code == 200


def test_orders_of_others_are_not_there(alice: APIClient, charlie: APIClient, world: World) -> None:
    number = alice.post("/api/v1/orders", world.bid(kind="hourly", price_fen=900), format="json").json()["id"]
    world.matcher.drain()
    assert charlie.get("/api/v1/orders").json()["results"] == []
    assert_problem(charlie.get(f"/api/v1/orders/{number}"), 404, "order_not_found")
    assert_problem(charlie.delete(f"/api/v1/orders/{number}"), 404, "order_not_found")
    assert_problem(charlie.patch(f"/api/v1/orders/{number}", {"quantity": 1}, format="json"), 404, "order_not_found")
    world.matcher.drain()
    assert alice.get(f"/api/v1/orders/{number}").json()["state"] == "open"


def test_trades_and_holdings_are_the_callers(alice: APIClient, charlie: APIClient, world: World) -> None:
    alice.post("/api/v1/orders", world.bid(), format="json")
    world.matcher.drain()
    assert len(alice.get("/api/v1/trades").json()["results"]) == 1
    assert charlie.get("/api/v1/trades").json()["results"] == []
    assert charlie.get("/api/v1/holdings").json()["holdings"] == []


def test_a_site_of_another_provider_cannot_be_listed(alice: APIClient, world: World) -> None:
    body = {"site": world.site.slug, "start": world.first, "hours": 1, "quantity": 1, "price_fen": 1000}
    assert_problem(alice.post("/api/v1/offers", body, format="json"), 422, "site_not_yours", "site")


def test_a_reading_key_reads(alice_reading: APIClient, world: World) -> None:
    assert alice_reading.get("/api/v1/orders").status_code == 200
    assert_problem(alice_reading.post("/api/v1/orders", world.bid(), format="json"), 403, "read_only_key")
    assert_problem(alice_reading.post("/api/v1/orders/cancel", {}, format="json"), 403, "read_only_key")


def test_a_key_ends_with_what_it_rests_on(alice: APIClient, world: World) -> None:
    key = ApiKey.objects.get(user__email="alice@example.com")
    membership = Membership.objects.get(user=key.user)
    membership.delete()
    assert_problem(alice.get("/api/v1/orders"), 401, "unknown_key")
    membership.save()
    assert alice.get("/api/v1/orders").status_code == 200
    User.objects.filter(pk=key.user_id).update(is_active=False)
    assert_problem(alice.get("/api/v1/orders"), 401, "unknown_key")
    User.objects.filter(pk=key.user_id).update(is_active=True)
    revoke_api_key(key=key, now=timezone.now())
    assert_problem(alice.get("/api/v1/orders"), 401, "unknown_key")


def test_the_token_is_not_stored(alice: APIClient) -> None:
    key = ApiKey.objects.get(user__email="alice@example.com")
    assert key.prefix.startswith("sk_")
    assert len(key.prefix) == 12
    assert len(key.digest) == 64


def test_keys_are_made_for_what_one_may_do(alice: APIClient, world: World) -> None:
    user = User.objects.get(email="alice@example.com")
    with pytest.raises(UnableToMakeKey):
        create_api_key(user=user, participant=world.bob, name="bob's", now=timezone.now())
    with pytest.raises(UnableToMakeKey):
        create_api_key(user=user, acts_for="finance", may="read", name="finance", now=timezone.now())


def test_the_browsers_session_acts_as_chosen_and_needs_a_csrf_token(alice: APIClient, world: World) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(email="alice@example.com"))
    assert browser.get("/api/v1/balance").json()["funds_fen"] == 1_000_000
    assert_problem(browser.post("/api/v1/orders", world.bid(), format="json"), 403, "permission_denied")


def test_an_operator_makes_a_key_on_the_command_line(alice: APIClient, world: World) -> None:
    said = StringIO()
    call_command("make_api_key", "alice@example.com", "--participant", "alice", stdout=said)
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {said.getvalue().strip()}")
    assert program.get("/api/v1/balance").status_code == 200
    with pytest.raises(CommandError, match="is not a member of Bob"):
        call_command("make_api_key", "alice@example.com", "--participant", "bob")
