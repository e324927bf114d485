"""A market's page: the curve, the book of the chosen hour, the tape, and what of it is one's own."""

from __future__ import annotations

import html as html_text
import json
import re
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.trading import place_order
from matching.engine.dtypes import Kind
from tests.factories import bid, make_market
from tests.web.floor import Floor

URL = "/markets/H800-80G.yangtze-delta/"


def read(client: Client, query: str = "", headers: dict[str, str] | None = None) -> str:
    response = client.get(f"{URL}{query}", headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def chart(html: str, name: str) -> dict[str, Any]:
    match = re.search(rf'id="{name}" data-json="([^"]*)"', html)
    assert match is not None
    data: dict[str, Any] = json.loads(html_text.unescape(match.group(1)))
    return data


def ladder(html: str) -> str:
    table = html.split('class="ladder"')[1].split("</table>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", table))


def test_the_curve_has_the_best_ask_of_each_hour(client: Client, floor: Floor) -> None:
    data = chart(read(client), "curve-data")
    at = data["hours"].index(floor.first)
    assert (data["ask"][at], data["bid"][at], data["offered"][at]) == (10.0, None, 16)
    assert len(data["hours"]) == 72
    assert len(chart(read(client, "?span=24"), "curve-data")["hours"]) == 24


def test_the_book_has_cumulative_sizes_best_in_the_middle(client: Client, floor: Floor) -> None:
    place_order(
        request=bid(floor.alice, floor.market, kind=Kind.HOURLY, start=floor.first, quantity=3, price_fen=900),
        now=timezone.now(),
    )
    floor.matcher.drain()
    text = ladder(read(client, f"?hour={floor.first}"))
    assert "16 8 12.00 8 8 10.00 9.50 mid" in text
    assert "spread 1.00 · 10.5%" in text
    assert "3 3 9.00" in text


def test_own_orders_are_marked_for_oneself_only(client: Client, alice: Client, floor: Floor) -> None:
    place_order(
        request=bid(floor.alice, floor.market, kind=Kind.HOURLY, start=floor.first, quantity=3, price_fen=900),
        now=timezone.now(),
    )
    floor.matcher.drain()
    query = f"?hour={floor.first}"
    assert 'class="own-dot"' in read(alice, query)
    assert 'class="own-dot"' not in read(client, query)
    assert chart(read(alice, query), "curve-data")["orders"]
    assert not chart(read(client, query), "curve-data")["orders"]


def test_trades_and_waiting_blocks_show(alice: Client, floor: Floor) -> None:
    now = timezone.now()
    place_order(request=bid(floor.alice, floor.market, start=floor.first, quantity=2, price_fen=1200), now=now)
    place_order(request=bid(floor.alice, floor.market, start=floor.first, quantity=5, price_fen=800), now=now)
    floor.matcher.drain()
    html = read(alice, f"?hour={floor.first}")
    tape = html.split('id="market-tape"')[1]
    assert "10.00" in tape
    assert 'class="mine"' in tape
    assert "5 accelerators, highest average ¥8.00" in html


def test_htmx_gets_only_what_moves(client: Client, floor: Floor) -> None:
    html = read(client, headers={"HX-Request": "true"})
    assert "<html" not in html
    assert html.count('hx-swap-oob="true"') == 6
    assert 'id="live-data"' in html


def test_a_closed_or_distant_hour_is_moved_into_the_open_ones(client: Client, floor: Floor) -> None:
    assert chart(read(client, "?hour=1"), "curve-data")["chosen"] == 0
    assert chart(read(client, "?hour=99999999&span=x"), "curve-data")["chosen"] is None
    assert client.get("/markets/nothing.nowhere/").status_code == 404


def test_a_market_in_which_nobody_sells_has_a_page(client: Client, db: None) -> None:
    make_market()
    assert "Nobody sells this hour yet." in read(client)


def test_queries_do_not_grow_with_the_book(client: Client, floor: Floor) -> None:
    read(client)
    with CaptureQueriesContext(connection) as few:
        read(client)
    for price_fen in range(1300, 1320):
        floor.list_offer(floor.north, price_fen=price_fen, quantity=1, hours=3)
    with CaptureQueriesContext(connection) as many:
        read(client)
    assert len(many) == len(few) <= 14


def test_the_heat_map_has_every_market_and_marks_the_lowest_hour(client: Client, floor: Floor) -> None:
    floor.list_offer(floor.north, price_fen=700, quantity=1, start=floor.first + 3, hours=1)
    html = client.get("/markets/").content.decode()
    lowest = re.findall(r'class="cell heat-\d is-lowest"[^>]*data-hour="(\d+)"', html)
    assert lowest == [str(floor.first + 3)]
    assert html.count('class="cell') == 48
