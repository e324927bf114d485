"""While the matcher does not keep up, a person's order comes back with a button that sends it again."""

from __future__ import annotations

import re

from django.test import Client
from pytest_django import Settings

from billing.funds import available_fen
from matching.models import Order
from tests.web.floor import Floor
from tests.web.test_ticket import preview, sending


def test_a_bid_that_meets_a_full_inbox_can_be_sent_again(alice: Client, floor: Floor, settings: Settings) -> None:
    fields = sending(preview(alice, floor))
    assert alice.post("/buy/", fields).status_code == 302
    funds_fen = available_fen(floor.alice.pk)
    settings.INBOX_MAX = 0
    other = {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}
    other["client_order_id"] = "another"
    page = alice.post("/buy/", other)
    assert page.status_code == 503
    assert int(page["Retry-After"]) > 0
    html = page.content.decode()
    assert "Nothing was placed" in html
    held = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert {name: held[name].replace("&amp;", "&") for name in other} == other
    assert (Order.objects.filter(participant=floor.alice).count(), available_fen(floor.alice.pk)) == (1, funds_fen)
    settings.INBOX_MAX = 10_000
    assert alice.post("/buy/", held).status_code == 302
    assert Order.objects.filter(participant=floor.alice).count() == 2
