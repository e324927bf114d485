"""The OpenAPI schema describes what the API does: schemathesis sends what it allows and what it forbids."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import URLPattern
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from rest_framework.test import APIClient
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from marketplace.accounts.keys import create_api_key
from marketplace.accounts.models import User
from marketplace.api import finance_urls, operations_urls
from tests.api.conftest import World, make_person

CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
]

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "3"))
"""Requests an operation; there are many operations."""

EVERY_BOUNDARY = "SCHEMA_EVERY_BOUNDARY" in os.environ
"""Also send, to each operation, each boundary of each of its values: some hundred requests each, which `make soak` takes the time for."""

schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))  # type: ignore[no-untyped-call]
schema.app = get_wsgi_application()
schema.config.phases.coverage.enabled = EVERY_BOUNDARY


@pytest.fixture(autouse=True)
def keep_the_connection() -> Iterator[None]:
    """Let requests end without closing the test's connection, as Django's own test client does."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def things_of(patterns: list[URLPattern]) -> set[str]:
    """The first parts of addresses below /api/v1/."""
    return {str(pattern.pattern).lstrip("^").partition("/")[0].rstrip("$") for pattern in patterns}


OPERATIONS, FINANCE = things_of(operations_urls.urlpatterns), things_of(finance_urls.urlpatterns)


@pytest.fixture
def keys(world: World) -> dict[str, str]:
    """Keys of Alice, who may trade, of an approver and of an operator, by whom they act for."""
    people = {
        "organisation": (make_person("alice@example.com", world.alice), "change"),
        "finance": (make_person("greta@example.com", None, "approver"), "approve"),
        "operations": (User.objects.create_user("olga@example.com", is_staff=True), "change"),
    }
    return {
        role: create_api_key(
            user=user,
            participant=world.alice if role == "organisation" else None,
            acts_for=role,
            may=may,
            name="test",
            now=timezone.now(),
        )[1]
        for role, (user, may) in people.items()
    }


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_described(case: Any, keys: dict[str, str]) -> None:
    thing = case.operation.path.removeprefix("/api/v1/").partition("/")[0]
    role = "operations" if thing in OPERATIONS else "finance" if thing in FINANCE else "organisation"
    headers = {"Authorization": f"Bearer {keys[role]}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers, checks=CHECKS)


def test_the_docs_page_and_the_schema_are_served(anyone: APIClient) -> None:
    assert anyone.get("/api/v1/schema").status_code == 200
    page = anyone.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"swagger-ui" in page.content
