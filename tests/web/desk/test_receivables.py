"""Finance lends, watches what is open by age, holds dunning and gives a rest up; two people each time, and the buyer sees its credit."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.dunning.levels import write_notices
from billing.models import Account, CreditLimit, InvoiceDue, WriteOff
from billing.period import BEIJING
from marketplace.accounts.models import User
from tests.billing.test_credit import lend
from tests.billing.test_receivables import owe
from tests.billing.world import World
from tests.web.floor import person_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> tuple[World, dict[str, Client]]:
    """A buyer who owes an invoice that was due long ago, and finance of all three roles."""
    world = World.create(deposit_fen=0)
    lend(world, 0, 1_000_000, terms_days=14)
    owe(world, 0)
    world.hour += 24 * 45
    write_notices(now=world.now)
    clients = {}
    for name, role in (("fiona", "finance"), ("greta", "approver"), ("henry", "viewer")):
        user = User.objects.create_user(f"{name}@example.com", finance_role=role)
        clients[name] = Client()
        clients[name].force_login(user)
    return world, clients


def _send(client: Client, address: str, **values: str) -> str:
    return client.post(address, values, follow=True).content.decode()


def test_limit_is_asked_for_and_approved_and_the_buyer_sees_it(desk: tuple[World, dict[str, Client]]) -> None:
    world, clients = desk
    page = reverse("finance_receivables")
    values = {"participant": str(world.buyers[1].pk), "limit_fen": "5000", "terms_days": "30", "language": "en",
              "from_day": str(timezone.now().astimezone(BEIJING).date()), "reason": "Pays on time"}  # fmt: skip
    assert "cannot begin in the past" in _send(clients["fiona"], page, **{**values, "from_day": "2020-01-01"})
    assert "Somebody else in finance has to approve it" in _send(clients["fiona"], page, **values)
    assert clients["henry"].post(page, values).status_code == 403
    limit = CreditLimit.objects.get(state="asked")
    decide = reverse("finance_limit_decide", args=[limit.pk])
    assert clients["fiona"].post(decide, {"do": "approve"}).status_code == 403
    assert "Credit of ¥5,000.00 for Buyer-1" in clients["greta"].get(page).content.decode()
    assert "Decided." in _send(clients["greta"], decide, do="approve")
    lent = Client()
    lent.force_login(person_for(world.buyers[1]))
    assert "¥0.00 of ¥5,000.00 credit used" in lent.get(reverse("wallet")).content.decode()


def test_drill_down_from_the_chart_to_a_write_off_by_two_people(desk: tuple[World, dict[str, Client]]) -> None:
    _world, clients = desk
    due = InvoiceDue.objects.select_related("invoice").get()
    number, shown = due.invoice.number, f"¥{due.open_fen / 100:,.2f}"
    page = clients["henry"].get(reverse("finance_receivables"), {"age": "31-60"}).content.decode()
    assert "ageing-chart" in page
    assert shown in page
    address = reverse("finance_receivable", args=[number])
    assert address in page or address in clients["henry"].get(reverse("finance_receivables")).content.decode()
    assert "This field is required" in _send(clients["fiona"], address, do="hold")
    assert "on hold" in _send(clients["fiona"], address, **{"do": "hold", "hold-reason": "Contested"})
    assert "Dunning goes on." in _send(clients["fiona"], address, do="release")
    too_much = _send(clients["fiona"], address, **{"do": "write_off", "off-amount_fen": "99999", "off-reason": "Gone"})
    assert "is open. Give up that much or less." in too_much
    _send(
        clients["fiona"],
        address,
        **{"do": "write_off", "off-amount_fen": f"{due.open_fen / 100:.2f}", "off-reason": "Gone"},
    )
    decide = reverse("finance_write_off_decide", args=[WriteOff.objects.get().pk])
    assert clients["fiona"].post(decide, {"do": "approve"}).status_code == 403
    assert "given up" in _send(clients["greta"], decide, do="approve")
    assert Account.objects.get(kind="bad_debt").debits_posted == due.open_fen
    assert "Nothing is open." in clients["fiona"].get(reverse("finance_receivables")).content.decode()
