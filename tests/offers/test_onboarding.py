"""A site comes onto the exchange: drafted, submitted, refused with a reason, mended, approved, and only then listed."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import (
    IdentifierTaken,
    MarketMissing,
    SiteIncomplete,
    SiteNotOpen,
    SiteNotSubmitted,
    approve_site,
    recall_site,
    refuse_site,
    save_site,
    start_site,
    submit_site,
)
from marketplace.offers.refusal import NotYours
from matching.models import Change, Hub, Market, Participant, Site
from tests.factories import NOW, make_market, make_participant, make_site

BY: dict[str, Any] = {"by": "bob@example.com", "now": NOW}
OPERATOR: dict[str, Any] = {"by": "olga@example.com", "now": NOW}


def _facts(market: Market, **facts: Any) -> dict[str, Any]:
    return {
        "name": "Wuhu-9", "city": "Wuhu", "compute_class": market.compute_class, "hub": market.hub, "accelerators": 32,
        "interconnect": "IB NDR 400", "network_gbps": 100, "power_source": "wind", "green_share_percent": 80,
        "identifier": "CN-0086-WUHU-9", **facts,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_site_trades_from_its_approval_on_and_every_step_is_kept() -> None:
    market, bob = make_market(), make_participant("bob")
    profile = start_site(provider_id=bob.pk, name="Wuhu-9", **BY)
    own: dict[str, Any] = {"profile_id": profile.pk, "provider_id": bob.pk, **BY}
    with pytest.raises(SiteIncomplete, match="compute class"):
        submit_site(**own)
    save_site(**own, **_facts(market))
    submit_site(**own)
    with pytest.raises(SiteNotOpen):
        save_site(**own, accelerators=64)
    refuse_site(profile_id=profile.pk, reason="The certificate of the wind farm is missing.", **OPERATOR)
    assert SiteProfile.objects.get().reason.startswith("The certificate")
    assert not Site.objects.exists()
    save_site(**own, green_share_percent=0, power_source="grid")
    submit_site(**own)
    site = approve_site(profile_id=profile.pk, **OPERATOR)
    assert (site.provider_id, site.market_id, site.accelerators, site.identifier) == (
        bob.pk, market.pk, 32, "CN-0086-WUHU-9",
    )  # fmt: skip
    assert Participant.objects.get(pk=bob.pk).provides
    assert site.profile.state == SiteProfile.State.ACTIVE
    with pytest.raises(SiteNotSubmitted):
        approve_site(profile_id=profile.pk, **OPERATOR)
    assert list(Change.objects.order_by("id").values_list("what", "who")) == [
        ("site_profile.start", "bob@example.com"), ("site_profile.save", "bob@example.com"),
        ("site_profile.submit", "bob@example.com"), ("site_profile.refuse", "olga@example.com"),
        ("site_profile.save", "bob@example.com"), ("site_profile.submit", "bob@example.com"),
        ("site_profile.approve", "olga@example.com"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_what_stands_in_the_way_of_an_approval_is_said() -> None:
    market, bob, eve = make_market(), make_participant("bob"), make_participant("eve")
    make_site(market, identifier="CN-0086-WUHU-9")
    elsewhere = Hub.objects.create(slug="ningxia", name="Ningxia", name_zh="宁夏")
    profile = start_site(provider_id=bob.pk, **_facts(market, hub=elsewhere), **BY)
    own: dict[str, Any] = {"profile_id": profile.pk, "provider_id": bob.pk, **BY}
    with pytest.raises(IdentifierTaken, match="CN-0086-WUHU-9"):
        submit_site(**own)
    with pytest.raises(NotYours):
        save_site(**{**own, "provider_id": eve.pk}, name="Mine")
    save_site(**own, identifier="")
    submit_site(**own)
    with pytest.raises(MarketMissing, match="Ningxia"):
        approve_site(profile_id=profile.pk, **OPERATOR)
    recall_site(**own)
    assert SiteProfile.objects.get(pk=profile.pk).is_open
