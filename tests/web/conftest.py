"""Fixtures of the page tests."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web.floor import Floor, open_floor, person_for


@pytest.fixture
def floor(db: None) -> Floor:
    """A market with two sites on offer, and Alice with 10,000 yuan."""
    return open_floor()


@pytest.fixture
def alice(floor: Floor) -> Client:
    """Alice's browser, signed in."""
    client = Client()
    client.force_login(person_for(floor.alice))
    return client
