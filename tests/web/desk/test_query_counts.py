"""No page's statements grow with its rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from matching.engine.dtypes import Kind
from tests.web.desk.world import World

PAGES = {
    "alice": ("compute", "orders", "trades", "wallet", "wallet_statement", "wallet_documents"),
    "bob": ("capacity", "provider_offers", "earnings"),
    "fiona": ("finance_settlement", "finance_lines", "finance_runs", "finance_invoices", "finance_ledger"),
}
STATEMENTS_MAX = 22


def _count(client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(reverse(page)).status_code == 200
    return len(captured)


def _rows(world: World) -> None:
    world.publish(world.first + 60, hours=3, quantity=1, now=world.now)
    world.buy(world.alice, world.first, hours=1, quantity=1)
    world.buy(world.alice, world.first, hours=2, quantity=1, price_fen=500)
    world.buy(world.alice, world.first, hours=2, quantity=1, price_fen=600, kind=Kind.HOURLY)


@pytest.mark.parametrize("name", PAGES)
def test_statements_do_not_grow_with_rows(world: World, name: str) -> None:
    client = world.client(name)
    _rows(world)
    few = {page: _count(client, page) for page in PAGES[name]}
    for _ in range(4):
        _rows(world)
    many = {page: _count(client, page) for page in PAGES[name]}
    assert many == few
    assert max(few.values()) <= STATEMENTS_MAX, few
