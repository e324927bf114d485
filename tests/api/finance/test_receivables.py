"""Credit, dunning and write-offs by the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.dunning.levels import write_notices
from billing.models import Account
from billing.period import BEIJING
from tests.api.finance.conftest import Program, staff
from tests.billing.test_credit import lend
from tests.billing.test_receivables import owe
from tests.billing.world import World

Desk = tuple[World, Program, Program, Program]


@pytest.fixture
def owed(db: None) -> Desk:
    """A buyer who owes an invoice that was due long ago, and finance of all three roles."""
    world = World.create(deposit_fen=0)
    lend(world, 0, 1_000_000, terms_days=14)
    owe(world, 0)
    world.hour += 24 * 45
    write_notices(now=world.now)
    return (
        world,
        staff("fiona", "finance", may="change"),
        staff("greta", "approver", may="approve"),
        staff("henry", "viewer", may="read"),
    )


def test_a_limit_is_asked_for_and_approved_by_another(owed: Desk) -> None:
    world, fiona, greta, henry = owed
    today = timezone.now().astimezone(BEIJING).date()
    body = {
        "participant": world.buyers[1].slug, "limit_fen": 500_000, "terms_days": 30, "from_day": today.isoformat(),
        "reason": "Pays on time",
    }  # fmt: skip
    assert fiona.post("credit-limits", **{**body, "from_day": (today - timedelta(days=1)).isoformat()}) == (
        422,
        "day_gone",
    )
    status, limit = fiona.post("credit-limits", **body)
    assert (status, limit["state"]) == (201, "asked")
    assert fiona.post("credit-limits", **body) == (409, "limit_asked_already")
    assert fiona.post(f"credit-limits/{limit['id']}/approve") == (403, "approver_required")
    assert greta.post(f"credit-limits/{limit['id']}/approve")[1]["state"] == "approved"
    assert greta.post(f"credit-limits/{limit['id']}/refuse") == (409, "limit_decided")
    account = Account.objects.get(participant=world.buyers[1], kind="funds")
    assert account.credit_fen == 500_000
    assert {row["participant"] for row in henry.rows("credit-accounts")} == {b.slug for b in world.buyers[:2]}
    _status, own = greta.post("credit-limits", **{**body, "limit_fen": 0})
    assert greta.post(f"credit-limits/{own['id']}/approve") == (422, "second_person_needed")


def test_from_the_ageing_to_a_write_off_by_two_people(owed: Desk) -> None:
    _world, fiona, greta, henry = owed
    (due,) = henry.rows("receivables", is_open="true")
    buckets = henry.get("ageing")["buckets"]
    assert sum(bucket["open_fen"] for bucket in buckets) == due["open_fen"]
    path = f"receivables/{due['invoice']}"
    assert len(henry.get(path)["notices"]) == 1
    assert fiona.post(f"{path}/release") == (409, "nothing_to_dun")
    assert fiona.post(f"{path}/hold", reason="Contested")[1]["held_reason"] == "Contested"
    assert fiona.post(f"{path}/release")[1]["held_at"] is None
    too_much = due["open_fen"] + 1
    assert fiona.post(f"{path}/write-offs", amount_fen=too_much, reason="Gone") == (422, "more_than_open")
    _status, asked = fiona.post(f"{path}/write-offs", amount_fen=due["open_fen"], reason="Gone")
    assert henry.post(f"write-offs/{asked['id']}/approve") == (403, "approver_required")
    assert greta.post(f"write-offs/{asked['id']}/approve")[1]["state"] == "approved"
    assert henry.get(path)["open_fen"] == 0
    assert henry.rows("write-offs", state="asked") == []
