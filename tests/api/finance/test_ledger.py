"""Months, transfers, corrections and deposits by the API: two people each time, the same sentences, and a trace of the key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from billing.funds import available_fen, deposit_funds
from billing.models import MonthClosing, Transfer
from billing.months import closing, open_points
from billing.period import BEIJING
from marketplace.accounts.models import User
from matching.models import Change
from tests.api.conftest import program_of
from tests.api.finance.conftest import Program
from tests.web.desk.world import World


def test_two_people_close_a_month_and_open_it_again(
    world: World, fiona: Program, greta: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().astimezone(BEIJING)
    this, last = f"{now:%Y-%m}", f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    assert fiona.get("months")["months"][0]["month"] == this
    shown = fiona.get(f"months/{last}")
    assert (shown["state"], {"code", "label", "open", "how"}) == ("open", set(shown["points"][0]))
    assert fiona.post(f"months/{this}/ask") == (422, "month_not_over")
    monkeypatch.setattr(closing, "open_points", lambda **asked: [])
    assert greta.post(f"months/{last}/agree") == (422, "close_not_asked")
    assert fiona.post(f"months/{last}/ask")[1]["state"] == "asked"
    assert fiona.post(f"months/{last}/ask") == (409, "close_already_asked")
    assert fiona.post(f"months/{last}/agree") == (403, "approver_required")
    own = Program(program_of(User.objects.get(email="greta@example.com"), may="approve"))
    assert own.post(f"months/{last}/withdraw")[1]["state"] == "open"
    assert own.post(f"months/{last}/ask")[1]["asked_by"] == "greta@example.com"
    assert greta.post(f"months/{last}/agree") == (422, "second_person_needed")  # whichever of her keys asks
    fiona.post(f"months/{last}/withdraw")
    fiona.post(f"months/{last}/ask")
    closed = greta.post(f"months/{last}/agree")[1]
    assert (closed["state"], closed["closing"]["closed_by"]) == ("closed", "greta@example.com")
    assert greta.post(f"months/{last}/ask-reopening", reason=" ") == (400, "invalid")
    assert fiona.post(f"months/{last}/ask-reopening", reason="A deposit is missing")[1]["state"] == "reopening"
    assert greta.post(f"months/{last}/reopen")[1]["was_reopened"] is True
    assert MonthClosing.objects.get().reopened_by == "greta@example.com"
    assert fiona.client.get("/api/v1/months/2025-13").status_code == 404
    made = Change.objects.get(what="month.close")
    assert (made.who, made.by_key[:6]) == ("greta@example.com", "test (")
    assert open_points is not None


def test_a_deposit_is_booked_once_and_taken_back_by_two(world: World, fiona: Program, greta: Program) -> None:
    before = available_fen(world.alice.pk)
    body = {"participant": "alice", "amount_fen": 5_000, "reference": "ICBC-7"}
    status, made = fiona.post("deposits", **body)
    assert (status, made["code"], made["left_fen"]) == (201, "top_up", 5_000)
    assert fiona.post("deposits", **body) == (200, made)
    assert fiona.post("deposits", **{**body, "amount_fen": 6_000}) == (409, "bank_reference_booked")
    assert fiona.post("deposits", **{**body, "participant": "nobody"}) == (404, "not_found")
    assert available_fen(world.alice.pk) == before + 5_000
    assert Change.objects.filter(what="deposit.book").count() == 1

    path = f"transfers/{made['id']}/corrections"
    assert fiona.post(path, amount_fen=5_001, reason="Too much") == (422, "correction_too_large")
    status, asked = fiona.post(path, amount_fen=2_000, reason="Another payer's")
    assert (status, asked["state"]) == (201, "asked")
    assert fiona.post(path, amount_fen=2_000, reason="Again") == (409, "correction_already_asked")
    assert fiona.post(f"corrections/{asked['id']}/approve") == (403, "approver_required")
    assert greta.post(f"corrections/{asked['id']}/approve")[1]["decided_by"] == "greta@example.com"
    assert greta.post(f"corrections/{asked['id']}/refuse") == (409, "correction_decided")
    assert available_fen(world.alice.pk) == before + 3_000
    assert fiona.get(f"transfers/{made['id']}")["left_fen"] == 3_000
    assert [row["id"] for row in fiona.rows("corrections", state="approved")] == [asked["id"]]
    assert greta.post("corrections/999/approve") == (404, "not_found")


def test_transfers_are_narrowed_and_paged(world: World, henry: Program) -> None:
    for number in range(3):
        deposit_funds(participant_id=world.charlie.pk, amount_fen=7, key=f"p{number}", now=datetime.now(UTC))
    page = henry.get("transfers", participant="charlie", code="top_up", limit=2)
    newest = Transfer.objects.latest("pk")
    assert [row["id"] for row in page["results"]] == [newest.pk, newest.pk - 1]
    assert page["results"][0]["credit"] == {"kind": "funds", "participant": "charlie"}
    more = henry.client.get(page["next"]).json()["results"]
    assert len(more) == 2
    settled = henry.rows("transfers", code="settlement")[0]
    assert "Correct those" in henry.get(f"transfers/{settled['id']}")["why_not"]
