"""Every error is a problem: RFC 9457, with the sentence that the pages show."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.api.conftest import World

MEMBERS = {"type", "title", "status", "detail", "code", "field"}


def assert_problem(response: Any, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert response.status_code == status, body
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body.keys() >= MEMBERS
    assert (body["status"], body["code"], body["field"]) == (status, code, field)
    assert body["type"] == f"urn:suanshi:problem:{code}"
    assert body["detail"].endswith((".", "。"))
    return body


@pytest.mark.parametrize(
    ("fields", "status", "code", "field"),
    [
        ({"market": "nowhere"}, 422, "unknown_market", "market"),
        ({"start": 0}, 422, "gate_closed", "start"),
        ({"hours": 0}, 422, "hours_out_of_bounds", "hours"),
        ({"quantity": 0}, 422, "quantity_out_of_bounds", "quantity"),
        ({"price_fen": 0}, 422, "price_out_of_bounds", "price_fen"),
        ({"price_fen": 100_000, "quantity": 8}, 422, "insufficient_funds", None),
        ({"price_fen": None}, 422, "no_reference_price", "price_fen"),
        ({"side": "ask"}, 422, "site_required", "site"),
        ({"kind": "hourly", "one_site": True}, 422, "field_not_allowed", "one_site"),
        ({"side": "sell"}, 400, "invalid", "side"),
        ({"quantity": "2"}, 400, "invalid", "quantity"),
        ({"quantity": 2.5}, 400, "invalid", "quantity"),
        ({"quantity": 2**40}, 400, "invalid", "quantity"),
        ({"start": "tomorrow"}, 400, "invalid", "start"),
        ({"site": "nowhere"}, 400, "invalid", "site"),
        ({"client_order_id": "a\x00"}, 400, "invalid", "client_order_id"),
    ],
)
def test_an_order_that_cannot_be(
    alice: APIClient, world: World, fields: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    assert_problem(alice.post("/api/v1/orders", world.bid(**fields), format="json"), status, code, field)


def test_several_fields_at_fault_are_all_listed(alice: APIClient) -> None:
    body = assert_problem(alice.post("/api/v1/orders", {"side": "bid"}, format="json"), 400, "invalid", "market")
    assert {error["field"] for error in body["errors"]} == {"market", "kind", "start", "hours", "quantity"}


def test_a_body_that_is_not_json(alice: APIClient) -> None:
    answer = alice.post("/api/v1/orders", "{", content_type="application/json")
    assert_problem(answer, 400, "parse_error")
    answer = alice.post("/api/v1/orders", "a=b", content_type="application/x-www-form-urlencoded")
    assert_problem(answer, 415, "unsupported_media_type")


def test_no_key_and_a_wrong_key(anyone: APIClient) -> None:
    answer = anyone.get("/api/v1/orders")
    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    anyone.credentials(HTTP_AUTHORIZATION="Bearer sk_wrong")
    assert_problem(anyone.get("/api/v1/orders"), 401, "unknown_key")
    anyone.credentials(HTTP_AUTHORIZATION="Basic abc")
    assert_problem(anyone.get("/api/v1/orders"), 401, "malformed_key")


def test_what_is_not_there(alice: APIClient, world: World) -> None:
    assert_problem(alice.get("/api/v1/orders/999999999"), 404, "order_not_found")
    assert_problem(alice.delete("/api/v1/orders/999999999"), 404, "order_not_found")
    assert_problem(alice.get("/api/v1/markets/nowhere"), 404, "not_found")
    assert_problem(alice.get("/api/v1/invoices/SS-2025-B-1"), 404, "not_found")
    assert_problem(alice.get("/api/v1/nothing"), 404, "not_found")


def test_a_method_that_is_not_there(alice: APIClient) -> None:
    assert_problem(alice.put("/api/v1/orders", {}, format="json"), 405, "method_not_allowed")


def test_filters_and_spans_that_cannot_be(anyone: APIClient, world: World) -> None:
    assert_problem(anyone.get("/api/v1/offers?price_fen_max=cheap"), 400, "invalid", "price_fen_max")
    contracts = f"/api/v1/markets/{world.market.symbol}/contracts"
    assert_problem(anyone.get(f"{contracts}?hours=0"), 400, "invalid", "hours")
    assert_problem(anyone.get(f"{contracts}?start=soon"), 400, "invalid", "start")
    assert_problem(anyone.get(f"{contracts}/{world.first}/book?depth=0"), 400, "invalid", "depth")


def test_the_sentence_is_in_the_callers_language(alice: APIClient, world: World) -> None:
    said = {
        language: alice.post(
            "/api/v1/orders", world.bid(hours=0), format="json", headers={"Accept-Language": language}
        ).json()["detail"]
        for language in ("en", "zh-hans")
    }
    assert said["en"] == "An order covers between 1 and 1,024 hours."
    assert said["zh-hans"]
