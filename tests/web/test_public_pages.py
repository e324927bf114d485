"""Classes, hubs, rules and the search: what anyone may look up."""

from __future__ import annotations

import html as html_text
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from marketplace.offers.onboarding import approve_site, start_site, submit_site
from marketplace.trading import place_order
from marketplace.web.public.use import use_by_class
from matching.clock import close_gates
from matching.engine.dtypes import Kind
from matching.hours import moment_of
from tests.factories import bid, make_participant
from tests.web.floor import Floor, person_for

CLASS = "/classes/H800-80G/"


def read(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers or None)
    assert response.status_code == 200
    return str(response.content.decode())


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", html_text.unescape(re.sub(r"<[^>]+>", " ", html)))


def chart(html: str, name: str) -> dict[str, Any]:
    match = re.search(rf'id="{name}" data-json="([^"]*)"', html)
    assert match is not None
    data: dict[str, Any] = json.loads(html_text.unescape(match.group(1)))
    return data


@pytest.fixture
def traded(floor: Floor) -> Floor:
    """Alice has bought 8 accelerators at 10.00 and 4 at 12.00, all of the first hour."""
    request = bid(floor.alice, floor.market, kind=Kind.HOURLY, start=floor.first, hours=1, quantity=12, price_fen=1200)
    place_order(request=request, now=timezone.now())
    floor.matcher.drain()
    return floor


def test_the_index_of_a_class_is_its_volume_weighted_average(client: Client, traded: Floor) -> None:
    page = read(client, CLASS)
    assert "¥10.67" in text_of(page)  # (8 x 10.00 + 4 x 12.00) / 12
    data = chart(page, "history-data")
    assert (data["index"], data["low"], data["high"], data["volume"]) == ([10.67], [10.0], [12.0], [12])
    assert chart(read(client, f"{CLASS}?span=2y"), "history-data")["index"] == [10.67]
    assert "10.67" in text_of(read(client, "/classes/"))


def test_a_class_without_trades_or_facts_says_so(client: Client, floor: Floor) -> None:
    floor.market.compute_class.bf16_tflops = None
    floor.market.compute_class.save()
    text = text_of(read(client, CLASS))
    assert "Nothing of this class has traded in this time." in text
    assert "not published" in text
    assert client.get("/classes/no-such/").status_code == 404


def test_use_counts_what_was_sold_when_the_hour_began(client: Client, traded: Floor) -> None:
    floor = traded
    cache.clear()
    after = moment_of(floor.first + 1) + timedelta(minutes=1)
    close_gates(now=after)
    floor.matcher.drain()
    use = use_by_class(now=after)[floor.market.compute_class_id]
    assert use.installed == 128
    assert use.sold[-1] == 12  # of the 16 that were on offer
    cache.clear()


def test_a_hub_has_its_markets_and_sites(client: Client, floor: Floor) -> None:
    text = text_of(read(client, f"/hubs/{floor.market.hub.slug}/"))
    assert "Wuhu-1" in text
    assert "Qingpu-1" in text
    assert "H800-80G — 10.00" in text
    assert client.get("/hubs/nowhere/").status_code == 404


def test_a_sites_power_is_told_as_its_provider_stated_it(client: Client, floor: Floor) -> None:
    facts = {"compute_class": floor.market.compute_class, "hub": floor.market.hub, "name": "Tianfu-1", "city": "Chengdu",
             "accelerators": 8, "interconnect": "RoCE", "network_gbps": 100, "power_source": "hydro", "green_share_percent": 80}  # fmt: skip
    profile = start_site(provider_id=floor.bob.pk, by="bob", now=timezone.now(), **facts)
    submit_site(profile_id=profile.pk, provider_id=floor.bob.pk, by="bob", now=timezone.now())
    approve_site(profile_id=profile.pk, by="olga", now=timezone.now())
    assert "Tianfu-1 H800-80G Bob 8 RoCE Hydro 80%" in text_of(read(client, f"/hubs/{floor.market.hub.slug}/"))


def test_the_rules_are_in_the_language_of_the_page(client: Client, db: None) -> None:
    english, chinese = read(client, "/rules/"), read(client, "/rules/", accept_language="zh-CN")
    assert "Whole jobs" in english
    assert "整段任务" in chinese
    for part in re.findall(r'<h2 id="(\w+)">', english):
        assert f'href="#{part}"' in english
        assert f'<h2 id="{part}">' in chinese


def test_the_search_finds_by_any_word_and_own_orders_by_number(client: Client, alice: Client, traded: Floor) -> None:
    number = place_order(
        request=bid(traded.alice, traded.market, kind=Kind.HOURLY, start=traded.first, quantity=1, price_fen=100),
        now=timezone.now(),
    )
    assert f"/compute/orders/{number}/" in read(alice, f"/search/?q=%23{number}", hx_request="true")
    assert f"/compute/orders/{number}/" not in read(client, f"/search/?q={number}")
    other = Client()
    other.force_login(person_for(make_participant("carol")))
    assert f"/compute/orders/{number}/" not in read(other, f"/search/?q={number}")
    assert "/markets/H800-80G.yangtze-delta/" in read(client, "/search/?q=h800+yangtze")
    assert "芜湖一号" in read(client, "/search/?q=芜湖", accept_language="zh-CN", hx_request="true")
    assert "Nothing is called" in read(client, "/search/?q=%00%F0%9F%A6%84zz")
    assert "Nothing is called" not in read(client, "/search/")


def test_the_overview_tells_use_and_what_moved(client: Client, traded: Floor) -> None:
    page = read(client, "/markets/")
    assert chart(page, "index-data")["series"][0]["values"] == [10.67]
    assert "Two days of trading are needed" in page
    assert chart(page, "use-data")["series"][0]["name"] == "H800-80G"
