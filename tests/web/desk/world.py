"""Last week settled and invoiced, and a market that trades now: Alice buys, Bob provides, Charlie is an outsider who buys too,
Fiona is finance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.test import Client

from billing.clearing import clear
from billing.funds import deposit_funds
from billing.invoicing import issue_invoices
from billing.models import Invoice
from billing.period import HOURS_A_PERIOD, period_of
from billing.settlement import settle_delivered
from marketplace.accounts.models import Membership, User
from marketplace.offers.models import Offer
from marketplace.offers.publish import publish_offer
from marketplace.trading import place_order
from matching.clock import close_gates
from matching.engine.dtypes import Kind
from matching.engine.reference import ReferenceEngine
from matching.hours import hour_of, moment_of
from matching.matcher import Matcher
from matching.models import Market, Order, Participant, Site
from tests.factories import bid, make_market, make_participant, make_site

FUNDS_FEN = 100_000_00
PRICE_FEN = 1000


@dataclass
class World:
    """Who and what the tests talk about."""

    now: datetime
    market: Market
    site: Site
    alice: Participant
    bob: Participant
    charlie: Participant
    matcher: Matcher
    offer: Offer
    first: int  # an hour that trades now, with hours to spare

    @classmethod
    def create(cls, now: datetime) -> World:
        """Play last week and open the market."""
        alice = make_participant("alice")
        bob = make_participant("bob", buys=False, provides=True)
        charlie = make_participant("charlie")
        market = make_market()
        site = make_site(market, bob, accelerators=64, name="Wuhu-1", name_zh="芜湖一号")
        for email, participant in (("alice", alice), ("bob", bob), ("charlie", charlie), ("fiona", None)):
            user = User.objects.create_user(f"{email}@example.com", finance_role="" if participant else "finance")
            if participant is not None:
                Membership.objects.create(user=user, participant=participant)
        week = period_of(hour_of(now))[0] - HOURS_A_PERIOD
        then = moment_of(week - 2)
        for buyer in (alice, charlie):
            deposit_funds(participant_id=buyer.pk, amount_fen=FUNDS_FEN, key=f"first:{buyer.slug}", now=then)
        matcher = Matcher(engine_factory=ReferenceEngine)
        matcher.rebuild()
        world = cls(now, market, site, alice, bob, charlie, matcher, Offer(), hour_of(now) + 3)
        world.offer = world.publish(week, hours=48, now=then)
        world.buy(alice, week + 10, hours=8, now=then)
        world.buy(charlie, week + 12, hours=4, quantity=3, now=then)
        world.run(now)
        settle_delivered(until_hour=hour_of(now), now=now)
        issue_invoices(period_start=week, now=now)
        world.offer = world.publish(world.first, hours=48, now=now)
        world.run(now)
        return world

    def publish(
        self, start: int, *, hours: int, now: datetime, quantity: int = 16, price_fen: int = PRICE_FEN
    ) -> Offer:
        """List some of Bob's capacity."""
        return publish_offer(
            provider_id=self.bob.pk,
            site_id=self.site.pk,
            start=start,
            hours=hours,
            quantity=quantity,
            price_fen=price_fen,
            reference="night",
            now=now,
        )

    def buy(
        self, buyer: Participant, start: int, *, hours: int = 4, quantity: int = 2, price_fen: int = 1200,
        kind: Kind = Kind.BLOCK, now: datetime | None = None,
    ) -> Order:  # fmt: skip
        """Place a bid and let the market take it."""
        request = bid(buyer, self.market, start=start, hours=hours, quantity=quantity, price_fen=price_fen, kind=kind)
        order_id = place_order(request=request, now=now or self.now)
        self.run(now or self.now)
        return Order.objects.get(pk=order_id)

    def run(self, now: datetime) -> None:
        """Let the matcher and billing do what waits for them."""
        close_gates(now=now)
        self.matcher.drain()
        clear(now=now)

    def client(self, name: str) -> Client:
        """A browser in which this person has signed in."""
        client = Client()
        client.force_login(User.objects.get(email=f"{name}@example.com"))
        return client

    def document(self, participant: Participant) -> Invoice:
        """Last week's invoice or statement."""
        return Invoice.objects.exclude(kind=Invoice.Kind.FEE).get(participant=participant)


def hour_text(hour: int) -> str:
    """A delivery hour as the forms send it, in Beijing time."""
    return f"{moment_of(hour) + timedelta(hours=8):%Y-%m-%dT%H:%M}"
