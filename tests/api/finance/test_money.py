"""Payouts and the bank by the API: prepared by one, approved by another, and every line booked once."""

from __future__ import annotations

import pytest

from billing.funds import available_fen
from billing.models import Account
from tests.api.finance.conftest import Program
from tests.web.desk.world import World

HEAD = "Date,Reference,Amount,Text\n"


@pytest.fixture
def bank_known(world: World) -> World:
    """Bob has a bank account."""
    world.bob.bank_account = "6222 0000 1111"
    world.bob.save()
    return world


def test_two_people_pay_a_provider(bank_known: World, fiona: Program, greta: Program, henry: Program) -> None:
    owed_fen = Account.objects.get(participant=bank_known.bob, kind="payable").available_fen
    assert henry.rows("payables") == [{"participant": "bob", "owed_fen": owed_fen, "has_bank_account": True}]
    assert henry.post("payout-batches", minimum_fen=1) == (403, "finance_required")
    assert fiona.post("payout-batches", minimum_fen=10**12) == (422, "nothing_to_pay_out")
    status, batch = fiona.post("payout-batches", minimum_fen=1)
    assert (status, batch["state"], batch["amount_fen"], batch["count"]) == (201, "draft", owed_fen, 1)
    assert fiona.post("payout-batches", minimum_fen=1) == (422, "nothing_to_pay_out")  # sent twice, reserved once
    path = f"payout-batches/{batch['id']}"
    assert fiona.post(f"{path}/approve") == (403, "approver_required")
    assert fiona.client.get(f"/api/v1/{path}/bank-file").status_code == 404
    assert greta.post(f"{path}/approve")[1]["approved_by"] == "greta@example.com"
    assert greta.post(f"{path}/approve") == (409, "batch_not_in_state")
    file = b"".join(henry.client.get(f"/api/v1/{path}/bank-file").streaming_content)  # type: ignore[attr-defined]
    assert f"{owed_fen / 100:.2f}" in file.decode()
    (payout,) = henry.rows("payouts", batch=batch["id"])
    answer = f"payouts/{payout['id']}/answer"
    assert fiona.post(answer, answer="paid", text="B-1") == (409, "payout_not_out")
    assert fiona.post(f"{path}/send")[1]["state"] == "sent"
    assert fiona.post(answer, answer="lost", text="B-1") == (400, "invalid")
    assert fiona.post(answer, answer="paid", text="B-1")[1]["bank_reference"] == "B-1"
    assert henry.get(path)["paid_fen"] == owed_fen
    assert fiona.post(answer, answer="returned", text="Account closed")[1]["state"] == "returned"
    assert henry.rows("payables")[0]["owed_fen"] == owed_fen


def test_nobody_approves_their_own_batch_by_whatever_key(bank_known: World, greta: Program) -> None:
    _status, batch = greta.post("payout-batches", minimum_fen=1)
    assert greta.post(f"payout-batches/{batch['id']}/approve") == (422, "second_person_needed")
    assert greta.post(f"payout-batches/{batch['id']}/drop")[1]["state"] == "dropped"


def test_a_statement_is_taken_in_and_its_lines_booked(world: World, fiona: Program, henry: Program) -> None:
    before = available_fen(world.alice.pk)
    rows = "2025-01-02,B-1,500.00,top-up ALICE\n2025-01-03,B-2,-8.00,charges\n"
    assert fiona.upload("bank-statements", "s.csv", HEAD + rows) == (201, {"stored": 2, "known": 0})
    assert fiona.upload("bank-statements", "s.csv", HEAD + rows) == (201, {"stored": 0, "known": 2})
    status, wrong = fiona.upload("bank-statements", "s.csv", HEAD + "2025-01-02,B-3,x,\n")
    assert (status, wrong["code"]) == (422, "file_has_faults")
    assert "Line 2: x is no amount in yuan and fen." in wrong["detail"]
    assert henry.rows("bank-statements")[0]["file_name"] == "s.csv"
    charges, deposit = henry.rows("bank-lines", state="open")
    assert charges["suggestion"] is None
    assert {**deposit["suggestion"], "why": ""} == {
        "book_as": "deposit", "participant": "alice", "invoice": None, "payout": None, "why": ""
    }  # fmt: skip
    path = f"bank-lines/{deposit['id']}"
    assert fiona.post(f"{path}/book", book_as="deposit") == (400, "invalid")
    assert fiona.post(f"{path}/book", book_as="payout_paid", payout=9) == (404, "not_found")
    assert henry.post(f"{path}/book", **deposit["suggestion"]) == (403, "finance_required")
    assert fiona.post(f"{path}/book", **deposit["suggestion"])[1]["state"] == "booked"
    assert fiona.post(f"{path}/book", **deposit["suggestion"]) == (409, "line_not_open")
    assert available_fen(world.alice.pk) == before + 50_000
    aside = f"bank-lines/{charges['id']}"
    assert fiona.post(f"{aside}/set-aside", note="charges")[1]["state"] == "set_aside"
    assert fiona.post(f"{aside}/take-back")[1]["state"] == "open"
