"""A small exchange with a past: one market, a provider, a buyer and finance staff, and a delivered, invoiced week."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from billing.clearing import clear
from billing.funds import deposit_funds
from billing.invoicing import issue_invoices
from billing.models import Invoice
from billing.period import period_of
from billing.settlement import settle_delivered
from marketplace.accounts.models import Membership, User
from marketplace.offers.publish import publish_offer
from marketplace.trading import place_order
from matching.clock import close_gates
from matching.hours import hour_of, moment_of
from matching.matcher import Matcher
from matching.models import Market, Order, Participant, Site
from tests.factories import bid, make_market, make_participant, make_site

PASSWORD = "correct horse battery"
FUNDS_FEN = 50_000_000


@dataclass(frozen=True)
class Exchange:
    """Who and what is there; everybody signs in with PASSWORD."""

    market: Market
    site: Site
    buyer: Participant
    provider: Participant
    invoice: Invoice

    buyer_email: str = "alice@example.com"
    provider_email: str = "bob@example.com"
    finance_email: str = "fiona@example.com"


def open_exchange() -> Exchange:
    """Play a past week through the real system and make people who can sign in."""
    market = make_market("A100-SXM4-80G", "yangtze-delta")
    buyer = make_participant("north-bank", name="North Bank Model Lab", name_zh="北岸模型实验室")
    provider = make_participant("wuhu-cloud", name="Wuhu Cloud", name_zh="芜湖云", buys=False, provides=True)
    site = make_site(market, provider, accelerators=64, name="Wuhu-1", name_zh="芜湖一号")
    for email, participant in (("alice@example.com", buyer), ("bob@example.com", provider)):
        Membership.objects.create(user=User.objects.create_user(email, PASSWORD), participant=participant)
    User.objects.create_user("fiona@example.com", PASSWORD, finance_role="finance", is_staff=True)
    invoice = _play_past_week(market=market, site=site, buyer=buyer, now=timezone.now())
    return Exchange(market=market, site=site, buyer=buyer, provider=provider, invoice=invoice)


def _play_past_week(*, market: Market, site: Site, buyer: Participant, now: datetime) -> Invoice:
    start, end = period_of(hour_of(now) - 24 * 7)
    then = moment_of(start) + timedelta(minutes=5)
    deposit_funds(participant_id=buyer.pk, amount_fen=FUNDS_FEN, key="opening", now=then)
    publish_offer(
        provider_id=site.provider_id, site_id=site.pk, start=start + 6, hours=24, quantity=16, price_fen=1150, now=then
    )
    place_order(request=bid(buyer, market, start=start + 8, hours=12, quantity=8, price_fen=1300), now=then)
    matcher = Matcher()
    matcher.drain()
    close_gates(now=moment_of(end))
    matcher.drain()
    clear(now=moment_of(end))
    settle_delivered(until_hour=end, now=moment_of(end))
    documents = issue_invoices(period_start=start, now=moment_of(end) + timedelta(hours=1))
    return next(document for document in documents if document.kind == Invoice.Kind.INVOICE)


def wait_for_state(order_id: int, state: str) -> None:
    """Wait until the matcher has taken an order so far."""
    until = time.monotonic() + 60
    while Order.objects.get(pk=order_id).state != state:
        assert time.monotonic() < until, "The matcher does not read its inbox."
        time.sleep(0.1)
