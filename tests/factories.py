"""Small builders for tests of every house: participants, markets, sites, and order requests with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from matching.engine.dtypes import Kind, Side
from matching.hours import hour_of
from matching.models import ComputeClass, Hub, Market, Participant, Site
from matching.rules import OrderRequest

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""The moment at which tests begin, a Monday; pass it, or later ones, as `now`."""

HOUR = hour_of(NOW)
"""The hour of NOW; HOUR + 1 is the first that trades where the lead is 0."""

_numbers = count(1)


def make_participant(slug: str = "", *, buys: bool = True, provides: bool = False, **fields: Any) -> Participant:
    """Store a participant with the legal facts that an invoice needs."""
    slug = slug or f"participant-{next(_numbers)}"
    facts = {
        "name": slug.title(),
        "legal_name": f"{slug.title()} Co., Ltd.",
        "tax_id": "91310000MA1FL0000X",
        "address": "1 Zhangjiang Road, Shanghai",
        "bank_account": "6222 0000 0000 0000",
        "created_at": NOW,
    }
    return Participant.objects.create(slug=slug, buys=buys, provides=provides, **(facts | fields))


def make_market(compute_class: str = "H800-80G", hub: str = "yangtze-delta", **fields: Any) -> Market:
    """Store a market with its class and hub; `fields` are the market's own: lot, tick_fen, lead_hours, ..."""
    class_, _ = ComputeClass.objects.get_or_create(
        slug=compute_class, defaults={"name": compute_class, "vendor": "NVIDIA"}
    )
    hub_, _ = Hub.objects.get_or_create(slug=hub, defaults={"name": hub.replace("-", " ").title(), "name_zh": hub})
    return Market.objects.create(symbol=f"{compute_class}.{hub}", compute_class=class_, hub=hub_, **fields)


def make_site(market: Market, provider: Participant | None = None, *, accelerators: int = 64, **fields: Any) -> Site:
    """Store a site of `market`, with a provider of its own unless one is given."""
    provider = provider or make_participant(buys=False, provides=True)
    number = next(_numbers)
    facts = {
        "slug": f"{provider.slug}-{number}",
        "identifier": f"test-{number}",
        "name": f"Site {number}",
        "name_zh": f"{number}号机房",
        "created_at": NOW,
    }
    return Site.objects.create(market=market, provider=provider, accelerators=accelerators, **(facts | fields))


def ask(
    site: Site, *, participant: Participant | None = None, start: int = HOUR + 1, hours: int = 24, **fields: Any
) -> OrderRequest:
    """Build an hourly ask at `site`, by its provider unless another holder is given."""
    seller = participant or site.provider
    values = {"kind": Kind.HOURLY, "quantity": 8, "price_fen": 1000} | fields
    return OrderRequest(
        participant_id=seller.pk,
        market_id=site.market_id,
        side=Side.ASK,
        site_id=site.pk,
        start=start,
        hours=hours,
        **values,
    )


def bid(buyer: Participant, market: Market, *, start: int = HOUR + 1, hours: int = 4, **fields: Any) -> OrderRequest:
    """Build a block bid of `buyer`; pass `kind=Kind.HOURLY` for an hourly one."""
    values = {"kind": Kind.BLOCK, "quantity": 2, "price_fen": 1200} | fields
    return OrderRequest(participant_id=buyer.pk, market_id=market.pk, side=Side.BID, start=start, hours=hours, **values)
