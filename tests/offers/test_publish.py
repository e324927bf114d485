"""Publishing capacity: each offer owns one ask, all of a series or none, never more than is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from marketplace.offers.models import Offer
from marketplace.offers.publish import Listing, SiteNotYours, publish_offer, publish_offers
from marketplace.offers.register_site import register_site
from matching.capacity import NothingToSell
from matching.models import Command, Holding, Order, Site
from matching.rules import GateClosed
from tests.factories import HOUR, NOW, make_market, make_participant, make_site


def _listing(site: Site, **changes: int | str) -> Listing:
    values: dict[str, int | str] = {
        "provider_id": site.provider_id, "site_id": site.pk, "start": HOUR + 5, "hours": 4, "quantity": 8, "price_fen": 950,
    }  # fmt: skip
    return Listing(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_an_offer_owns_one_ask_with_its_terms() -> None:
    site = make_site(make_market())
    offer = publish_offer(
        provider_id=site.provider_id, site_id=site.pk, start=HOUR + 5, hours=4, quantity=8, price_fen=950,
        reference="night", now=NOW,
    )  # fmt: skip
    order = offer.order
    assert (order.site, order.market, order.side, order.start, order.hours) == (site, site.market, -1, HOUR + 5, 4)
    assert (order.quantity, order.price_fen, offer.reference, offer.published_at) == (8, 950, "night", NOW)
    assert Command.objects.filter(order=order).count() == 1
    assert list(Holding.objects.values_list("committed", flat=True)) == [8] * 4


@pytest.mark.django_db
def test_anothers_site_and_no_site_are_refused() -> None:
    site = make_site(make_market())
    stranger = make_participant(provides=True)
    for changes in ({"provider_id": stranger.pk}, {"site_id": site.pk + 1}):
        with pytest.raises(SiteNotYours, match="not one of yours"):
            publish_offers(listings=[_listing(site, **changes)], now=NOW)
    assert not Offer.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_a_series_with_one_fault_leaves_nothing_behind() -> None:
    site = make_site(make_market(), accelerators=10)
    with pytest.raises(NothingToSell):
        publish_offers(
            listings=[_listing(site), _listing(site, start=HOUR + 40), _listing(site, start=HOUR + 7)], now=NOW
        )
    with pytest.raises(GateClosed):
        publish_offers(listings=[_listing(site), _listing(site, start=HOUR)], now=NOW)
    assert not Offer.objects.exists()
    assert not Order.objects.exists()
    assert not Holding.objects.filter(committed__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_publishing_at_once_never_oversells_a_site() -> None:
    site = make_site(make_market(), accelerators=20)

    def publish(_number: int) -> bool:
        try:
            publish_offers(listings=[_listing(site, quantity=3)], now=NOW)
        except NothingToSell:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        published = list(pool.map(publish, range(12)))
    assert sum(published) == 6
    assert Offer.objects.count() == 6
    assert set(Holding.objects.values_list("committed", flat=True)) == {18}


@pytest.mark.django_db
def test_registering_a_site_makes_its_participant_a_provider_with_an_identifier_of_its_own() -> None:
    market = make_market()
    participant = make_participant(provides=False)
    sites = [
        register_site(
            provider_id=participant.pk, market_id=market.pk, name="芜湖", name_zh="芜湖", accelerators=8, interconnect="",
            now=NOW,
        )
        for _ in range(2)
    ]  # fmt: skip
    participant.refresh_from_db()
    assert participant.provides
    assert len({site.identifier for site in sites}) == len({site.slug for site in sites}) == 2


@pytest.mark.django_db
def test_a_site_is_called_in_files_as_its_provider_calls_it_unless_another_is() -> None:
    market, participant = make_market(), make_participant(provides=False)
    first, second = (
        register_site(
            provider_id=participant.pk, market_id=market.pk, name="Wuhu-1", name_zh="", accelerators=8, interconnect="",
            now=NOW,
        )
        for _ in range(2)
    )  # fmt: skip
    assert first.slug == "wuhu-1"
    assert second.slug.startswith("wuhu-1-")
