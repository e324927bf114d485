"""What people set for themselves: limits beyond which an order asks first, and jobs saved under a name."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from django.test import Client
from django.utils import timezone

from matching.engine.dtypes import TimeInForce
from matching.models import Order
from tests.web.floor import Floor
from tests.web.test_ticket import preview, sending, text


def test_an_order_beyond_ones_own_limits_is_sent_only_after_a_tick(alice: Client, floor: Floor) -> None:
    assert "Beyond your own limits" not in preview(alice, floor)
    limits = {"value_fen": "300", "accelerator_hours": "31", "off_reference_percent": "20"}
    assert alice.post("/accounts/warnings/", limits).status_code == 302
    html = preview(alice, floor, price="limit", limit="13.00")
    for sentence in (
        "¥416.00 at its limit is more than ¥300.00.",
        "32 acc-h are more than 31.",
        "¥13.00 is 30% from the reference price ¥10.00.",
    ):
        assert sentence in text(html)
    fields = sending(html)
    assert "nothing was sent" in alice.post("/buy/", fields, follow=True).content.decode()
    assert not Order.objects.filter(participant=floor.alice).exists()
    alice.post("/buy/", {**fields, "heeded": "on"})
    assert Order.objects.filter(participant=floor.alice).count() == 1


def test_limits_left_empty_are_not_looked_at_and_wrong_ones_are_named(alice: Client, floor: Floor) -> None:
    alice.post("/accounts/warnings/", {"value_fen": "", "accelerator_hours": "1000", "off_reference_percent": ""})
    assert "Beyond your own limits" not in preview(alice, floor)
    refused = alice.post("/accounts/warnings/", {"value_fen": "much"})
    assert refused.status_code == 422
    assert "Enter a number" in refused.content.decode()


def test_a_job_saved_under_a_name_opens_in_one_click_and_can_be_deleted(alice: Client, floor: Floor) -> None:
    back = f"compute_class=H800-80G&hub=yangtze-delta&accelerators=6&hours=5&start={floor.first}&price=limit&limit=9.50"
    html = alice.post("/buy/presets", {"name": "Nightly & small", "back": back}, follow=True).content.decode()
    assert "Saved as Nightly &amp; small." in html
    link = re.search(r'class="menu-item" href="(/buy/\?[^"]+)">Nightly &amp; small<', html)
    assert link is not None
    assert "start=" not in link[1]
    opened = alice.get(unescape(link[1])).content.decode()
    for field in ('name="accelerators" id="id_accelerators" min="1"', 'value="6"', 'value="5"', 'value="9.50"'):
        assert field in opened
    preset = re.search(r"/buy/presets/(\d+)/delete", html)
    assert preset is not None
    assert Client().post(preset[0]).status_code == 302
    assert "Nightly" in alice.get("/buy/").content.decode()
    alice.post(preset[0], {"back": back}, follow=True)
    assert "Nightly" not in alice.get("/buy/").content.decode()
    assert "Nightly" not in alice.post("/buy/presets", {"name": "", "back": back}, follow=True).content.decode()


def test_the_traders_ticket_waits_till_a_time_and_asks_first_too(alice: Client, floor: Floor) -> None:
    fields: dict[str, str | int] = {"side": "buy", "kind": "hourly", "lasts": "till", "start": floor.first, "hours": 1, "accelerators": 8, "limit": "8.00",
              "display": 2, "client_order_id": "till-1"}  # fmt: skip
    address = f"/markets/{floor.market.symbol}/ticket"
    said = alice.get(address, fields, headers={"HX-Request": "true"}).content.decode()
    assert "Enter until when the order waits." in said
    until = (timezone.now() + timedelta(minutes=30)).replace(second=0, microsecond=0)
    fields["until"] = f"{until + timedelta(hours=8):%Y-%m-%dT%H:%M}"  # Alice's zone is Beijing's
    alice.post("/accounts/warnings/", {"accelerator_hours": "7"})
    asked = alice.post(address, fields, headers={"HX-Request": "true"}).content.decode()
    assert "Tick this first" in asked
    alice.post(address, {**fields, "heeded": "on"}, headers={"HX-Request": "true"})
    order = Order.objects.get(participant=floor.alice)
    assert (order.time_in_force, order.display_quantity) == (TimeInForce.GTD, 2)
    assert order.expires_at == until
