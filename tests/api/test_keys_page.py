"""A person makes a key on the pages, a program uses it, and the person revokes it."""

from __future__ import annotations

import re

from django.test import Client
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiKey
from tests.api.conftest import World, make_person


def signed_in(email: str, world: World) -> Client:
    browser = Client()
    browser.force_login(make_person(email, world.alice if email.startswith("alice") else None))
    return browser


def test_a_key_is_made_shown_once_used_and_revoked(world: World) -> None:
    browser = signed_in("alice@example.com", world)
    page = browser.post("/accounts/keys/", {"name": "night jobs", "can_trade": "on"}).content.decode()
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


def test_finance_makes_a_key_that_reads(world: World) -> None:
    fay = signed_in("fay@example.com", world)
    fay.post("/accounts/keys/", {"name": "reports", "can_trade": "on"})
    key = ApiKey.objects.get()
    assert (key.participant, key.can_trade) == (None, False)


def test_a_visitor_signs_in_first(world: World) -> None:
    assert Client().get("/accounts/keys/").headers["Location"].endswith("?next=/accounts/keys/")
