"""Statements of every page: as many with many rows as with few, and not more than query_counts.json says.

A page that needs more, or a new one, is recorded by `UPDATE_QUERY_COUNTS=1 python -m pytest tests/web/test_query_counts.py`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.funds import deposit_funds
from marketplace.accounts.models import User
from matching.engine.dtypes import Kind
from tests.web.desk.world import World
from tests.web.walk import addresses, visitors

BASELINE = Path(__file__).with_name("query_counts.json")

Counts = dict[str, dict[str, int]]


@pytest.fixture
def world(db: None) -> World:
    """A settled week behind, an open market ahead."""
    return World.create(timezone.now())


def test_no_page_needs_more_statements_than_its_baseline_however_many_rows(world: World) -> None:
    User.objects.filter(email="fiona@example.com").update(is_staff=True)
    clients = visitors(world)
    _add_rows(world, 0)
    _counts(clients)  # warms what is kept for an hour
    _add_rows(world, 1)
    few = _counts(clients)
    for number in range(2, 6):
        _add_rows(world, number)
    many = _counts(clients)
    grown = {f"{person or 'anyone'} {page}: {count} with few rows, {many[person][page]} with many"
             for person, pages in few.items() for page, count in pages.items() if many[person][page] != count}  # fmt: skip
    assert not grown, sorted(grown)
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(many, indent=1) + "\n", encoding="utf-8")
    baseline: Counts = json.loads(BASELINE.read_text(encoding="utf-8"))
    above = {f"{person or 'anyone'} {page}: {count} statements, baseline {baseline.get(person, {}).get(page)}"
             for person, pages in many.items() for page, count in pages.items()
             if count > baseline.get(person, {}).get(page, -1)}  # fmt: skip
    assert not above, sorted(above)


def _counts(clients: dict[str, Client]) -> Counts:
    return {
        person: {name: _statements(client, address) for name, address in addresses(person, client)}
        for person, client in clients.items()
    }


def _statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200, address
    return len(captured)


def _add_rows(world: World, number: int) -> None:
    """A listing, orders that fill and wait, and a deposit."""
    world.publish(world.first + 60, hours=3, quantity=1, now=world.now)
    world.buy(world.alice, world.first, hours=1, quantity=1)
    world.buy(world.alice, world.first, hours=2, quantity=1, price_fen=500)
    world.buy(world.alice, world.first, hours=2, quantity=1, price_fen=600, kind=Kind.HOURLY)
    deposit_funds(participant_id=world.alice.pk, amount_fen=100, key=f"rows:{number}", now=world.now)
