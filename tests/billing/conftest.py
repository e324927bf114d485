from __future__ import annotations

import pytest

from tests.billing.world import World


@pytest.fixture
def world(db: None) -> World:
    """Two markets, two funded buyers."""
    return World.create()
