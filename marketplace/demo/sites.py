"""The demo's sites, brought onto the exchange as any provider's are: said step by step, submitted, approved by an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from marketplace.demo.people import FINANCE, PROVIDER, PROVIDER_PERSON
from marketplace.demo.places import A10, A100, ASCEND, IB200, PLACES, ROCE
from marketplace.facts.compute_classes import ensure_compute_class
from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import approve_site, refuse_site, start_site, submit_site
from matching.models import Hub, Market, Site

NODE_ACCELERATORS = 8
NETWORK_GBPS = 200
STORAGE_TB_PER_ACCELERATOR = 6

WAITING: Sequence[tuple[str, dict[str, Any]]] = (
    (
        PROVIDER.slug,
        {
            "name": "Wuhu-3", "name_zh": "芜湖三号", "city": "芜湖 Wuhu", "compute_class": A100, "hub": "yangtze-delta",
            "accelerators": 96, "node_accelerators": 8, "interconnect": IB200, "network_gbps": 400, "storage_tb": 600,
            "power_source": "mixed", "green_share_percent": 52,
        },
    ),
    (
        "demo-basin",
        {
            "name": "Tianfu-2", "name_zh": "天府二号", "city": "成都 Chengdu", "compute_class": ASCEND,
            "hub": "chengdu-chongqing", "accelerators": 64, "node_accelerators": 8, "interconnect": ROCE,
            "network_gbps": 200, "storage_tb": 300, "power_source": "hydro", "green_share_percent": 83,
        },
    ),
    (PROVIDER.slug, {"name": "Hefei-1", "name_zh": "合肥一号", "city": "合肥 Hefei", "compute_class": A10}),
)  # fmt: skip
"""Provider and what it has said of a site so far; what is complete waits for an operator, the rest is a draft."""

REFUSED = {
    "name": "Ma'anshan-1", "name_zh": "马鞍山一号", "city": "马鞍山 Ma'anshan", "compute_class": A100, "hub": "yangtze-delta",
    "accelerators": 32, "node_accelerators": 8, "interconnect": IB200, "network_gbps": 10, "storage_tb": 40,
    "power_source": "grid", "green_share_percent": 31,
}  # fmt: skip
REFUSED_WHY = "10 Gb/s to the outside is too little for 32 accelerators. Submit it again with 100 Gb/s or more."


def ensure_sites(
    *, participants: Mapping[str, int], markets: Mapping[tuple[str, str], int], now: datetime
) -> dict[str, int]:
    """Bring every place of places.py onto the exchange, and put others before the operators; returns the sites' ids by the places' slugs."""
    identifiers = {f"SS-DEMO-{number:05d}": place for number, place in enumerate(PLACES, start=1)}
    known = dict(Site.objects.filter(identifier__in=identifiers).values_list("identifier", "pk"))
    is_new = not known
    by_id = {market.pk: market for market in Market.objects.select_related("compute_class", "hub")}
    for identifier, place in identifiers.items():
        if identifier in known:
            continue
        market = by_id[markets[place.compute_class, place.hub]]
        facts = {
            "name": place.name, "name_zh": place.name_zh, "city": place.city.name, "compute_class": market.compute_class,
            "hub": market.hub, "accelerators": place.accelerators, "node_accelerators": NODE_ACCELERATORS,
            "interconnect": place.interconnect, "network_gbps": NETWORK_GBPS,
            "storage_tb": place.accelerators * STORAGE_TB_PER_ACCELERATOR, "power_source": place.city.power_source,
            "green_share_percent": place.city.green_share_percent, "identifier": identifier,
        }  # fmt: skip
        profile = _submit(participants[place.provider], facts, now)
        known[identifier] = approve_site(profile_id=profile.pk, by=FINANCE, now=now).pk
    if is_new:
        _put_before_operators(participants, now)
    return {place.slug: known[identifier] for identifier, place in identifiers.items()}


def _put_before_operators(participants: Mapping[str, int], now: datetime) -> None:
    for provider, said in WAITING:
        if "green_share_percent" in said:
            _submit(participants[provider], _facts(said), now)
        else:
            start_site(provider_id=participants[provider], by=PROVIDER_PERSON, now=now, **_facts(said))
    refused = _submit(participants[PROVIDER.slug], _facts(REFUSED), now)
    refuse_site(profile_id=refused.pk, reason=REFUSED_WHY, by=FINANCE, now=now)


def _submit(provider_id: int, facts: Mapping[str, Any], now: datetime) -> SiteProfile:
    profile = start_site(provider_id=provider_id, by=PROVIDER_PERSON, now=now, **facts)
    return submit_site(profile_id=profile.pk, provider_id=provider_id, by=PROVIDER_PERSON, now=now)


def _facts(said: Mapping[str, Any]) -> dict[str, Any]:
    facts = {**said, "compute_class": ensure_compute_class(said["compute_class"])}
    return {**facts, "hub": Hub.objects.get(slug=said["hub"])} if "hub" in said else facts
