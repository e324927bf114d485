"""A person makes a key on the pages, a program uses it, and the person revokes it."""

from __future__ import annotations

import re

from django.test import Client
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiKey, User
from matching.models import Change
from tests.api.conftest import World, make_person


def signed_in(email: str, world: World) -> Client:
    browser = Client()
    browser.force_login(make_person(email, world.alice if email.startswith("alice") else None))
    return browser


def test_a_key_is_made_shown_once_used_and_revoked(world: World) -> None:
    browser = signed_in("alice@example.com", world)
    page = browser.post("/accounts/keys/", {"name": "night jobs", "scope": "organisation:change"}).content.decode()
    (token,) = re.findall(r"sk_[\w-]{43}", page)
    listed = browser.get("/accounts/keys/").content.decode()
    assert token not in listed
    assert "night jobs" in listed

    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert program.post("/api/v1/orders", world.bid(), format="json").status_code == 201

    key = ApiKey.objects.get()
    assert browser.post(f"/accounts/keys/{key.pk}/revoke").status_code == 302
    assert program.get("/api/v1/orders").status_code == 401
    assert key.prefix not in browser.get("/accounts/keys/").content.decode()


def test_keys_of_others_cannot_be_revoked(world: World, alice: APIClient) -> None:
    fay = signed_in("fay@example.com", world)
    key = ApiKey.objects.get()
    assert fay.post(f"/accounts/keys/{key.pk}/revoke").status_code == 404
    assert alice.get("/api/v1/orders").status_code == 200


def test_finance_makes_keys_up_to_its_own_role(world: World) -> None:
    fay = signed_in("fay@example.com", world)
    assert "read, book and approve" not in fay.get("/accounts/keys/").content.decode()
    assert fay.post("/accounts/keys/", {"name": "all", "scope": "finance:approve"}).status_code == 422
    assert fay.post("/accounts/keys/", {"name": "all", "scope": "operations:read"}).status_code == 422
    assert fay.post("/accounts/keys/", {"name": "all", "scope": "organisation:change"}).status_code == 422
    assert not ApiKey.objects.exists()
    for scope in ("finance:read", "finance:change"):
        assert fay.post("/accounts/keys/", {"name": "reports", "scope": scope}).status_code == 200
    assert [key.scope for key in ApiKey.objects.all()] == [("finance", "change"), ("finance", "read")]
    assert Change.objects.filter(what="api_key.make", who="fay@example.com").count() == 2


def test_an_operator_makes_a_key_of_operations(world: World) -> None:
    olga = User.objects.create_user("olga@example.com", is_staff=True)
    browser = Client()
    browser.force_login(olga)
    assert browser.post("/accounts/keys/", {"name": "gates", "scope": "operations:change"}).status_code == 200
    assert ApiKey.objects.get().scope == ("operations", "change")


def test_a_visitor_signs_in_first(world: World) -> None:
    assert Client().get("/accounts/keys/").headers["Location"].endswith("?next=/accounts/keys/")
