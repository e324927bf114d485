"""One small exchange to follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from matching.matcher import Matcher
from tests.factories import make_market, make_participant, make_site
from tests.live.client import LiveClient
from tests.matching.conftest import Exchange


@pytest.fixture(autouse=True)
def clients_hang_up() -> Iterator[None]:
    """Close what a test has connected."""
    yield
    while LiveClient.opened:
        LiveClient.opened.pop().close()


@pytest.fixture
def exchange(transactional_db: None) -> Exchange:
    market = make_market()
    return Exchange(
        market=market,
        north=make_site(market, make_participant("north", buys=False, provides=True)),
        south=make_site(market, make_participant("south", buys=False, provides=True)),
        alice=make_participant("alice"),
        bob=make_participant("bob"),
        matcher=Matcher(),
    )
