"""Last week settled and invoiced; programs of finance: Fiona books, Greta approves, Henry only looks; and of Alice and Bob."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.accounts.models import User
from tests.api.conftest import program_of
from tests.web.desk.world import World

V1 = "/api/v1"


@dataclass(frozen=True)
class Program:
    """A program with somebody's key."""

    client: APIClient

    def get(self, path: str, **query: Any) -> Any:
        """Read what is there; it must be."""
        answer = self.client.get(f"{V1}/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def rows(self, path: str, **query: Any) -> list[Any]:
        """Read a list's first page."""
        return list(self.get(path, **query)["results"])

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """Send a body; returns the status and the answer, of a problem its code."""
        answer = self.client.post(f"{V1}/{path}", body, format="json")
        said = answer.json()
        return answer.status_code, said["code"] if answer.status_code >= 400 else said

    def upload(self, path: str, name: str, text: str, **more: Any) -> tuple[int, Any]:
        """Send a file."""
        body = {"file": SimpleUploadedFile(name, text.encode()), **more}
        answer = self.client.post(f"{V1}/{path}", body, format="multipart")
        return answer.status_code, answer.json()


@pytest.fixture
def world(db: None) -> World:
    """A settled week behind, an open market ahead."""
    return World.create(timezone.now())


def staff(name: str, role: str, *, may: str) -> Program:
    """A program of somebody in finance."""
    user, _is_new = User.objects.update_or_create(email=f"{name}@example.com", defaults={"finance_role": role})
    return Program(program_of(user, may=may))


@pytest.fixture
def fiona(world: World) -> Program:
    """She books."""
    return staff("fiona", "finance", may="change")


@pytest.fixture
def greta(world: World) -> Program:
    """She approves."""
    return staff("greta", "approver", may="approve")


@pytest.fixture
def henry(world: World) -> Program:
    """He looks."""
    return staff("henry", "viewer", may="read")


@pytest.fixture
def alice(world: World) -> Program:
    """She buys."""
    return Program(program_of(User.objects.get(email="alice@example.com"), world.alice, may="change"))


@pytest.fixture
def bob(world: World) -> Program:
    """He provides."""
    return Program(program_of(User.objects.get(email="bob@example.com"), world.bob, may="change"))
