"""A small living market for the page tests: Bob lists at two sites, Alice has money, and a matcher plays what is placed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from billing.funds import deposit_funds
from marketplace.accounts.models import Membership, User
from marketplace.offers.models import Offer
from marketplace.offers.publish import publish_offer
from matching.hours import hour_of
from matching.matcher import Matcher
from matching.models import Market, Participant, Site
from tests.factories import make_market, make_participant, make_site

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Floor:
    """What the tests talk about. `first` is the first hour on offer; it stays open for the length of a test."""

    market: Market
    north: Site  # 8 accelerators at 10.00
    south: Site  # 8 accelerators at 12.00
    alice: Participant
    bob: Participant
    first: int
    matcher: Matcher

    def list_offer(
        self, site: Site, *, price_fen: int, quantity: int = 8, start: int | None = None, hours: int = 48
    ) -> Offer:
        """List capacity of a site and let the matcher take it."""
        offer = publish_offer(
            provider_id=site.provider_id,
            site_id=site.pk,
            start=self.first if start is None else start,
            hours=hours,
            quantity=quantity,
            price_fen=price_fen,
            reference="",
            now=timezone.now(),
        )
        self.matcher.drain()
        return offer


def open_floor() -> Floor:
    """A market with two sites on offer, and Alice with 10,000 yuan."""
    now = timezone.now()
    market = make_market(reference_price_fen=1000)
    bob = make_participant("bob", buys=False, provides=True)
    north = make_site(market, bob, accelerators=64, name="Wuhu-1", name_zh="芜湖一号")
    south = make_site(market, bob, accelerators=64, name="Qingpu-1", name_zh="青浦一号")
    alice = make_participant("alice", name="Alice Lab", name_zh="爱丽丝实验室")
    deposit_funds(participant_id=alice.pk, amount_fen=1_000_000, key="test:alice", now=now)
    floor = Floor(market, north, south, alice, bob, hour_of(now + timedelta(minutes=1)) + 2, Matcher())
    floor.list_offer(north, price_fen=1000)
    floor.list_offer(south, price_fen=1200)
    return floor


def person_for(participant: Participant | None, *, finance_role: str = "") -> User:
    """A person who can sign in and acts for `participant`."""
    name = participant.slug if participant else "nobody"
    user = User.objects.create_user(f"{name}@example.com", PASSWORD, finance_role=finance_role)
    if participant is not None:
        Membership.objects.create(user=user, participant=participant)
    return user
