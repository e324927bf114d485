from __future__ import annotations

import pytest
from django.utils import timezone

from tests.web.desk.world import World


@pytest.fixture
def world(db: None) -> World:
    """A settled week behind, an open market ahead."""
    return World.create(timezone.now())
