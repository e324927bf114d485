"""A market with one offer, and four callers: Alice buys, Bob provides, Charlie also buys, Fay is finance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from billing.funds import deposit_funds
from marketplace.accounts.keys import create_api_key
from marketplace.accounts.models import Membership, User
from marketplace.offers.publish import publish_offer
from matching.hours import hour_of
from matching.matcher import Matcher
from matching.models import Market, Participant, Site
from tests.factories import make_market, make_participant, make_site


@dataclass(frozen=True)
class World:
    """What the tests talk about. `first` is the first hour that trades at the test's beginning, with an hour to spare."""

    market: Market
    site: Site
    alice: Participant
    bob: Participant
    charlie: Participant
    first: int
    matcher: Matcher

    def bid(self, **fields: Any) -> dict[str, Any]:
        """Build a bid's body: two accelerators for two hours at 15 yuan, filled by the offer at 10 yuan."""
        return {
            "market": self.market.symbol,
            "side": "bid",
            "kind": "block",
            "start": self.first,
            "hours": 2,
            "quantity": 2,
            "price_fen": 1500,
            **fields,
        }


def make_person(email: str, participant: Participant | None, finance_role: str = "finance") -> User:
    user = User.objects.create_user(email, finance_role="" if participant else finance_role)
    if participant is not None:
        Membership.objects.create(user=user, participant=participant)
    return user


def _client(email: str, participant: Participant | None, *, may: str = "change") -> APIClient:
    user = User.objects.filter(email=email).first() or make_person(email, participant)
    return program_of(user, participant, may=may)


def program_of(user: User, participant: Participant | None = None, *, acts_for: str = "", may: str) -> APIClient:
    """Make a program with a key of `user`: for an organisation, or else for finance unless it says otherwise."""
    role = acts_for or ("organisation" if participant else "finance")
    _, token = create_api_key(
        user=user, participant=participant, acts_for=role, may=may, name="test", now=timezone.now()
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def world(db: None) -> World:
    """One market, eight of Bob's accelerators on offer for two days, 10,000 yuan with Alice and with Charlie."""
    now = timezone.now()
    market = make_market()
    bob = make_participant("bob", buys=False, provides=True)
    site = make_site(market, bob, accelerators=8)
    alice, charlie = make_participant("alice"), make_participant("charlie")
    for buyer in (alice, charlie):
        deposit_funds(participant_id=buyer.pk, amount_fen=1_000_000, key=f"test:{buyer.slug}", now=now)
    first = hour_of(now + timedelta(minutes=1)) + 2
    publish_offer(
        provider_id=bob.pk, site_id=site.pk, start=first, hours=48, quantity=8, price_fen=1000, reference="o1", now=now
    )
    matcher = Matcher()
    matcher.drain()
    return World(market, site, alice, bob, charlie, first, matcher)


@pytest.fixture
def anyone(world: World) -> APIClient:
    """A caller without a key."""
    return APIClient()


@pytest.fixture
def alice(world: World) -> APIClient:
    """Alice's program, which may trade."""
    return _client("alice@example.com", world.alice)


@pytest.fixture
def alice_reading(world: World) -> APIClient:
    """Alice's program, which may only read."""
    return _client("alice@example.com", world.alice, may="read")


@pytest.fixture
def bob(world: World) -> APIClient:
    """Bob's program."""
    return _client("bob@example.com", world.bob)


@pytest.fixture
def charlie(world: World) -> APIClient:
    """Charlie's program."""
    return _client("charlie@example.com", world.charlie)


@pytest.fixture
def fay(world: World) -> APIClient:
    """Finance's program."""
    return _client("fay@example.com", None)
