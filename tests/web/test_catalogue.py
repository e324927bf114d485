"""The front page: what is on offer, filters that live in the address, and the way to the ticket."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from marketplace.trading import place_order
from marketplace.web.largest_block import largest_block
from matching.engine.dtypes import Kind
from matching.models import ComputeClass
from tests.factories import bid, make_market, make_site
from tests.web.floor import Floor


def rows(html: str) -> list[str]:
    """The offer rows of a page, as text without tags."""
    found = re.findall(r"<tr>\s*<td class=\"offer-class\">.*?</tr>", html, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in found]


def page(client: Client, query: str = "", headers: dict[str, str] | None = None) -> str:
    response = client.get(f"/{query}", headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_visitor_reads_what_is_on_offer(client: Client, floor: Floor) -> None:
    found = rows(page(client))
    assert len(found) == 2
    assert "H800-80G" in found[0]
    assert "Wuhu-1" in found[0]
    assert "10.00" in found[0]
    assert "8 accelerators · 384 acc-h" in found[0]
    assert "Qingpu-1" in found[1]
    assert "12.00" in found[1]


def test_what_is_left_of_an_offer_is_bought_by_one_click(client: Client, floor: Floor) -> None:
    start = floor.first + 1
    request = bid(floor.alice, floor.market, kind=Kind.HOURLY, start=start, hours=2, quantity=3, price_fen=1000)
    place_order(request=request, now=timezone.now())
    floor.matcher.drain()
    buy = re.search(r'offer-buy"><a class="btn btn-small" href="([^"]+)"', page(client))
    assert buy is not None
    address = unescape(buy[1])
    query = parse_qs(urlsplit(address).query)
    assert (query["accelerators"], query["start"], query["hours"]) == (["8"], [str(start + 2)], ["45"])
    assert "verdict-good" in client.get(address).content.decode()


@given(st.lists(st.integers(0, 4), max_size=8))
def test_the_largest_block_is_the_largest_of_all(left: list[int]) -> None:
    spans = [(first, end) for first in range(len(left)) for end in range(first + 1, len(left) + 1)]
    block = largest_block(left)
    assert block.hours * block.accelerators == max(((b - a) * min(left[a:b]) for a, b in spans), default=0)
    assert all(each >= block.accelerators for each in left[block.first : block.first + block.hours])


def test_it_is_chinese_for_a_chinese_browser(client: Client, floor: Floor) -> None:
    html = page(client, headers={"Accept-Language": "zh-CN"})
    assert 'lang="zh-hans"' in html
    assert 'data-ud="red-up"' in html
    assert "芜湖一号" in html
    assert "Wuhu-1" not in html


@pytest.mark.parametrize(
    ("query", "sites"),
    [
        ("?compute_class=H800-80G", ["Wuhu-1", "Qingpu-1"]),
        ("?compute_class=A100-80G", ["Tianfu-1"]),
        ("?vendor=NVIDIA", ["Wuhu-1", "Qingpu-1", "Tianfu-1"]),
        ("?hub=chengdu", ["Tianfu-1"]),
        ("?price_max=10", ["Wuhu-1", "Tianfu-1"]),
        ("?accelerators=9", ["Tianfu-1"]),
        ("?sort=price", ["Tianfu-1", "Wuhu-1", "Qingpu-1"]),
        ("?sort=-price", ["Qingpu-1", "Wuhu-1", "Tianfu-1"]),
        ("?sort=left", ["Wuhu-1", "Qingpu-1", "Tianfu-1"]),
        ("?start=2100-01-01T00:00", []),
        ("?start=2000-01-01T00:00&hours=24", []),
        ("?start=2000-01-01T00:00", ["Wuhu-1", "Qingpu-1", "Tianfu-1"]),
        ("?site=wuhu", ["Wuhu-1"]),
        ("?site=芜湖", ["Wuhu-1"]),
        ("?site=%00", ["Wuhu-1", "Qingpu-1", "Tianfu-1"]),
        ("?memory_min=41", ["Wuhu-1", "Qingpu-1"]),
        ("?tflops_min=500", ["Wuhu-1", "Qingpu-1"]),
        ("?pflops_hour_max=10.11", ["Wuhu-1"]),  # 10.00 for 0.989 PFLOPS; the A100's figure is not published here
        ("?sort=pflops", ["Wuhu-1", "Qingpu-1", "Tianfu-1"]),
        ("?sort=-pflops", ["Qingpu-1", "Wuhu-1", "Tianfu-1"]),
    ],
)
def test_filters_live_in_the_address(client: Client, floor: Floor, query: str, sites: list[str]) -> None:
    ComputeClass.objects.filter(slug="H800-80G").update(memory_gb=80, bf16_tflops=989)
    other = make_site(make_market("A100-80G", "chengdu"), floor.bob, name="Tianfu-1", accelerators=16)
    floor.list_offer(other, price_fen=500, quantity=16, hours=2)
    found = [
        next(name for name in ("Wuhu-1", "Qingpu-1", "Tianfu-1") if name in row) for row in rows(page(client, query))
    ]
    assert found == sites if "sort" in query else sorted(found) == sorted(sites)


def test_a_wrong_filter_is_named_and_loses_nothing(client: Client, floor: Floor) -> None:
    html = page(client, "?price_max=abc&accelerators=8")
    assert "Enter a number" in html
    assert 'value="8"' in html
    assert len(rows(html)) == 2


def test_an_offer_opens_the_ticket_prefilled(client: Client, floor: Floor) -> None:
    link = re.search(r'href="(/buy/\?[^"]+)"', page(client).split("offer-buy")[1])
    assert link is not None
    url = link.group(1).replace("&amp;", "&")
    query = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
    assert query == {
        "market": "H800-80G.yangtze-delta",
        "accelerators": "8",
        "hours": "48",
        "start": str(floor.first),
        "price": "limit",
        "limit": "10.00",
    }
    assert "Fills now" in page(client, url.removeprefix("/"))


def test_htmx_gets_the_table_alone(client: Client, floor: Floor) -> None:
    html = page(client, "?sort=price", headers={"HX-Request": "true"})
    assert html.strip().startswith('<div id="offers">')
    assert "<html" not in html
    assert len(rows(html)) == 2


def test_queries_do_not_grow_with_the_offers(client: Client, floor: Floor) -> None:
    page(client)
    floor.list_offer(floor.north, price_fen=1299, quantity=1, hours=3)
    with CaptureQueriesContext(connection) as few:
        page(client)
    with CaptureQueriesContext(connection) as again:
        page(client)
    assert len(again) == 2, "what is rendered once for everybody is taken as it was while nothing has happened"
    for price_fen in range(1300, 1320):
        floor.list_offer(floor.north, price_fen=price_fen, quantity=1, hours=3)
    with CaptureQueriesContext(connection) as many:
        assert len(rows(page(client))) == 23
    assert len(many) == len(few) <= 12


def test_an_empty_exchange_says_what_to_do(client: Client, db: None) -> None:
    html = page(client)
    assert "Nobody lists compute right now" in html
    assert "No market is open yet" in page(client, "buy/")
    assert "No market is open yet" in page(client, "markets/")
