"""The order ticket: the verdict and the numbers before sending, what is sent, and why not."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.funds import available_fen, deposit_funds
from marketplace.trading import place_order
from matching.engine.dtypes import Kind, TimeInForce
from matching.models import ComputeClass, Order, Participant
from tests.factories import bid, make_market, make_participant, make_site
from tests.web.floor import Floor


def preview(client: Client, floor: Floor, **fields: object) -> str:
    """The ticket for 8 accelerators over 4 hours from the first hour on offer."""
    values = {
        "compute_class": "H800-80G",
        "hub": "yangtze-delta",
        "accelerators": 8,
        "hours": 4,
        "start": floor.first,
        "placement": "one_site",
        "price": "best",
        **fields,
    }
    response = client.get(f"/buy/?{urlencode(values)}")
    assert response.status_code == 200
    return str(response.content.decode())


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def sending(html: str) -> dict[str, str]:
    """The hidden fields of the button."""
    form = html.split('id="send-form"')[1].split("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return {name: value.replace("&amp;", "&") for name, value in fields.items()}


def test_best_now_says_where_when_and_what_it_costs(client: Client, floor: Floor) -> None:
    found = text(preview(client, floor))
    assert "Fills now" in found
    assert "8 accelerators × 4 h, all at Wuhu-1" in found
    # 32 acc-h at 10.00, fee 0.60 %, VAT 6 % on both
    for number in ("32 × ¥10.00", "320.00", "1.92", "19.32", "¥341.24"):
        assert number in found
    assert "Sign in to place this bid" in found


def test_what_was_previewed_is_what_is_sent(alice: Client, floor: Floor) -> None:
    before = available_fen(floor.alice.pk)
    html = preview(alice, floor)
    held = re.search(r"Place bid, hold ¥([\d.,]+)", html)
    assert held is not None
    response = alice.post("/buy/", sending(html))
    order = Order.objects.get(participant=floor.alice)
    assert response.status_code == 302
    assert response["Location"] == f"/compute/orders/{order.pk}/"
    assert (order.kind, order.quantity, order.hours, order.price_fen) == (Kind.BLOCK, 8, 4, 1000)
    assert order.time_in_force == TimeInForce.FOK
    assert order.one_site
    assert before - available_fen(floor.alice.pk) == round(float(held.group(1).replace(",", "")) * 100)
    floor.matcher.drain()
    order.refresh_from_db()
    assert order.state == "filled"
    assert order.filled_value_fen == 32_000


def test_a_second_click_places_nothing_twice(alice: Client, floor: Floor) -> None:
    fields = sending(preview(alice, floor))
    first, second = alice.post("/buy/", fields), alice.post("/buy/", fields)
    assert first["Location"] == second["Location"]
    assert Order.objects.filter(participant=floor.alice).count() == 1


def test_a_price_that_would_fill_is_rounded_up(client: Client, alice: Client, floor: Floor) -> None:
    floor.list_offer(floor.north, price_fen=1001, quantity=8)
    html = preview(alice, floor, accelerators=16, hours=1)
    assert "¥10.01" in html  # the average is 10.005
    assert sending(html)["price_fen"] == "1001"


def test_a_limit_too_low_says_by_how_much_and_offers_the_limit_that_fills(client: Client, floor: Floor) -> None:
    html = preview(client, floor, price="limit", limit="9.00")
    found = text(html)
    assert "the limit is ¥1.00 too low" in found
    assert "Wuhu-1 averages ¥10.00 at best; your limit is ¥9.00." in found
    assert "At most" in found
    assert "Raise the limit to ¥10.00" in found
    link = re.search(r'href="(/buy/\?[^"]*limit=10\.00[^"]*)"', html)
    assert link is not None
    assert "Fills now" in client.get(link.group(1).replace("&amp;", "&")).content.decode()


def test_a_waiting_bid_holds_its_worst_case(alice: Client, floor: Floor) -> None:
    html = preview(alice, floor, price="limit", limit="9.00")
    assert "Bid and wait, hold" in html
    alice.post("/buy/", sending(html))
    floor.matcher.drain()
    order = Order.objects.get(participant=floor.alice)
    assert (order.state, order.price_fen, order.time_in_force) == ("open", 900, TimeInForce.GTC)


def test_too_little_at_one_site_offers_any_site(client: Client, floor: Floor) -> None:
    html = preview(client, floor, accelerators=12)
    found = text(html)
    assert "too little is on offer" in found
    assert "4 hours short" in found
    assert "8 of 12 accelerators" in found
    assert "Allow any site" in found
    assert "Take 8 accelerators" in found
    assert "Nothing to pay" in found
    assert "Fills now" in preview(client, floor, accelerators=12, placement="any_site")


def test_hourly_orders_fill_in_part_and_the_rest_waits(alice: Client, floor: Floor) -> None:
    html = preview(alice, floor, kind="hourly", accelerators=10, price="limit", limit="11.00")
    assert "32 of 40 acc-h at ¥10.00 on average; 8 wait in the book at ¥11.00." in html
    alice.post("/buy/", sending(html))
    floor.matcher.drain()
    order = Order.objects.get(participant=floor.alice)
    assert (order.kind, order.open) == (Kind.HOURLY, [2, 2, 2, 2])


def test_a_part_may_be_shown_of_an_hourly_bid_that_waits(alice: Client, floor: Floor) -> None:
    html = preview(alice, floor, kind="hourly", price="limit", limit="9.00", display=3)
    fields = sending(html)
    assert fields["display_quantity"] == "3"
    alice.post("/buy/", fields)
    order = Order.objects.get(participant=floor.alice)
    assert (order.quantity, order.display_quantity) == (8, 3)
    assert sending(preview(alice, floor, price="limit", limit="9.00", display=3))["display_quantity"] == "", (
        "a whole job"
    )
    assert "must be between" in text(preview(alice, floor, kind="hourly", price="limit", limit="9.00", display=9))


def test_more_than_the_wallet_holds_cannot_be_sent(alice: Client, floor: Floor) -> None:
    html = preview(alice, floor, hours=48, placement="any_site", accelerators=16, price="limit", limit="99.00")
    assert "Top up" in html
    assert "Fills now" in html
    assert re.search(r"<button class=\"btn btn-wide[^>]*disabled", html)
    assert re.search(r'class="dock">.*<a [^>]*href="/wallet/">Pay in</a>', html, re.DOTALL), "the phone's next step"
    response = alice.post("/buy/", sending(html), follow=True)
    assert "Top up" in response.content.decode()
    assert not Order.objects.filter(participant=floor.alice).exists()


def test_a_closed_start_is_moved_and_said(client: Client, floor: Floor) -> None:
    assert "has closed. The earliest you can buy" in preview(client, floor, start=floor.first - 100)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"accelerators": "x"}, "Enter a whole number"),
        ({"accelerators": 0}, "greater than or equal to 1"),
        ({"hours": 5000}, "less than or equal to 1024"),
        ({"price": "limit", "limit": "abc"}, "Enter a number"),
        ({"flexibility": 900}, "less than or equal to 168"),
        ({"start": "soon"}, "Enter a whole number"),
        ({"price": "limit", "limit": "10.001"}, "Amounts step by 0.01"),
        ({"start": 10_000_000}, "Orders may reach up to"),
    ],
)
def test_bad_input_is_named_and_loses_nothing(
    client: Client, floor: Floor, fields: dict[str, object], sentence: str
) -> None:
    html = preview(client, floor, **fields)
    assert sentence in html
    assert 'id="send-form"' not in html


def test_the_form_survives_signing_in(client: Client, floor: Floor) -> None:
    html = preview(client, floor, accelerators=7)
    link = re.search(r'href="/accounts/login/\?next=([^"]+)"[^>]*>Sign in to place', html)
    assert link is not None
    assert "accelerators%3D7" in link.group(1)


def test_a_visitor_cannot_send(client: Client, alice: Client, floor: Floor) -> None:
    fields = sending(preview(alice, floor))
    response = client.post("/buy/", fields)
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]
    assert not Order.objects.filter(participant=floor.alice).exists()


def test_a_mangled_order_goes_back_to_the_form(alice: Client, floor: Floor) -> None:
    fields = {**sending(preview(alice, floor)), "hours": "many"}
    response = alice.post("/buy/", fields, follow=True)
    assert "was not sent" in response.content.decode()
    assert not Order.objects.filter(participant=floor.alice).exists()


def test_htmx_gets_the_preview_and_the_fields_that_depend_on_others(client: Client, floor: Floor) -> None:
    response = client.get(f"/buy/?start={floor.first}&accelerators=4&hours=2", HTTP_HX_REQUEST="true")
    html = response.content.decode()
    assert "<html" not in html
    assert 'id="preview"' in html
    assert html.count('hx-swap-oob="true"') == 4


def test_queries_do_not_grow_with_the_offers(client: Client, floor: Floor) -> None:
    preview(client, floor)
    with CaptureQueriesContext(connection) as few:
        preview(client, floor)
    for price_fen in range(1300, 1320):
        floor.list_offer(floor.north, price_fen=price_fen, quantity=1, hours=3)
    with CaptureQueriesContext(connection) as many:
        preview(client, floor)
    assert len(many) == len(few)


def test_each_start_says_how_much_more_it_costs(client: Client, floor: Floor) -> None:
    floor.list_offer(floor.north, price_fen=700, start=floor.first + 2, hours=4)
    found = text(preview(client, floor, flexibility=3))
    # From hours 0 to 3, four hours at one site: 2, 3, 4 and 3 of them at 7.00, the others at 10.00; 8 accelerators.
    assert re.search(r"Total by start hour .* \+48 \d\d:00 \+24 \d\d:00 lowest \d\d:00 \+24 \d\d:00", found)
    assert "average price ¥7.00" in found.lower()


def test_a_start_without_enough_is_marked(client: Client, floor: Floor) -> None:
    found = text(preview(client, floor, start=floor.first + 43, flexibility=3))
    assert re.search(r"Total by start hour .* lowest \d\d:00 0 \d\d:00 — \d\d:00 — \d\d:00", found)


def test_cheaper_ways_fill_for_what_they_say_at_one_click(alice: Client, floor: Floor) -> None:
    floor.list_offer(floor.north, price_fen=700, start=floor.first + 10, hours=8)
    other = make_market("H800-80G", "inner-mongolia", reference_price_fen=1000)
    away = make_site(other, floor.bob, accelerators=64, name="Wulan-1", name_zh="乌兰一号")
    floor.list_offer(away, price_fen=600)
    light = make_market("A100-SXM4-80G", "yangtze-delta", reference_price_fen=400)
    ComputeClass.objects.filter(slug="H800-80G").update(bf16_tflops=989, memory_gb=80)
    ComputeClass.objects.filter(slug="A100-SXM4-80G").update(bf16_tflops=312, memory_gb=80)
    floor.list_offer(make_site(light, floor.bob, accelerators=64), price_fen=200, quantity=32)
    html = preview(alice, floor)
    address = re.search(r'hx-get="(/buy/cheaper[^"]+)"', html)
    assert address is not None
    found = alice.get(address[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    ways = re.findall(r"<h3>([^<]+)</h3>.*?Saves ¥([\d.,]+).*?href=\"([^\"]+)\"", found, flags=re.DOTALL)
    assert [title for title, _saves, _url in ways] == ["In Inner Mongolia", "26 × A100-SXM4-80G", "Up to 24 h later"]
    savings = [round(float(saves.replace(",", "")) * 100) for _title, saves, _url in ways]
    assert savings == sorted(savings, reverse=True)
    for (_title, _saves, url), saving_fen in zip(ways, savings, strict=True):
        after = alice.get(url.replace("&amp;", "&")).content.decode()
        assert "Fills now" in after
        assert total_fen(html) - total_fen(after) == saving_fen


def test_a_book_that_moved_against_the_buyer_is_said_before_anything_is_sent(alice: Client, floor: Floor) -> None:
    fields = sending(preview(alice, floor, price="limit", limit="13.00"))
    place_order(
        request=bid(make_buyer(), floor.market, start=floor.first, hours=4, quantity=8, price_fen=1000),
        now=timezone.now(),
    )
    floor.matcher.drain()
    html = alice.post("/buy/", fields, follow=True).content.decode()
    assert "The book has moved: the average is ¥12.00 now, not ¥10.00." in html
    assert not Order.objects.filter(participant=floor.alice).exists()
    alice.post("/buy/", sending(html))
    assert Order.objects.get(participant=floor.alice).price_fen == 1300


def test_only_what_was_previewed_is_sent(alice: Client, floor: Floor) -> None:
    fields = {**sending(preview(alice, floor)), "quantity": "4"}
    assert "is not the one that was previewed" in alice.post("/buy/", fields, follow=True).content.decode()
    assert not Order.objects.filter(participant=floor.alice).exists()


def total_fen(html: str) -> int:
    found = re.search(r'class="receipt-total">.*?<dd>¥([\d.,]+)', html, flags=re.DOTALL)
    assert found is not None
    return round(float(found[1].replace(",", "")) * 100)


def make_buyer() -> Participant:
    buyer = make_participant()
    deposit_funds(participant_id=buyer.pk, amount_fen=1_000_000, key=f"test:{buyer.pk}", now=timezone.now())
    return buyer


def test_hours_bought_one_by_one_name_the_limit_that_would_fill_them(alice: Client, floor: Floor) -> None:
    html = preview(alice, floor, kind="hourly", price="limit", limit="9.00", accelerators=12)
    assert "Raise the limit to ¥12.00" in html
    url = re.search(r'href="(/buy/[^"]+)">Set this limit', html)
    assert url is not None
    assert "Fills now" in alice.get(url[1].replace("&amp;", "&")).content.decode()
