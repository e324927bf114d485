"""Finance pays providers out: prepared by Fiona, approved by Greta, answered by the bank; a viewer only looks."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Account, Payout, PayoutBatch
from marketplace.accounts.models import User
from tests.web.desk.world import World


@pytest.fixture
def bank_known(world: World) -> World:
    """Bob has a bank account; Greta approves, Henry looks."""
    world.bob.bank_account = "6222 0000 1111"
    world.bob.save()
    for name, role in (("greta", "approver"), ("henry", "viewer")):
        User.objects.create_user(f"{name}@example.com", finance_role=role)
    return world


def _text(client: Client, name: str, *args: int) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def _send(client: Client, name: str, *args: int, **values: str) -> str:
    answer = client.post(reverse(name, args=args), values, follow=True)
    return answer.content.decode()


def test_two_people_pay_a_provider(bank_known: World) -> None:
    owed_fen = Account.objects.get(participant=bank_known.bob, kind="payable").available_fen
    fiona, greta = bank_known.client("fiona"), bank_known.client("greta")
    shown = f"¥{owed_fen / 100:,.2f}"
    assert shown in _text(fiona, "finance_payouts")
    assert "Somebody else has to approve it" in _send(fiona, "finance_payouts", minimum_fen="1.00")
    batch = PayoutBatch.objects.get()
    assert f"Approve {shown}" in _text(greta, "finance_payout_batch", batch.pk)
    assert "The file for the bank is ready" in _send(greta, "finance_payout_approve", batch.pk)
    file = b"".join(fiona.get(reverse("finance_payout_file", args=[batch.pk])).streaming_content)  # type: ignore[attr-defined]
    assert f"{owed_fen / 100:.2f}" in file.decode()
    _send(fiona, "finance_payout_send", batch.pk)
    payout = Payout.objects.get()
    answer = _send(fiona, "finance_payout_answer", batch.pk, payout.pk, answer="paid", text="B-1")
    assert "B-1" in answer
    assert "Answered" in answer
    assert "Paid out to your bank" in bank_known.client("bob").get(
        reverse("wallet_statement"), {"account": "sales"}
    ).content.decode()  # fmt: skip
    assert "difference 0.00" in _text(fiona, "finance_ledger")


def test_who_may_not_is_told_who_may(bank_known: World) -> None:
    fiona, henry = bank_known.client("fiona"), bank_known.client("henry")
    _send(fiona, "finance_payouts", minimum_fen="1.00")
    batch = PayoutBatch.objects.get()
    page = _text(henry, "finance_payouts")
    assert "Prepare a batch" not in page
    assert str(batch.pk) in page
    for client, name, sentence in (
        (fiona, "finance_payout_approve", "Only finance staff who approve"),
        (henry, "finance_payout_approve", "lets you look at everything"),
        (henry, "finance_payout_drop", "lets you look at everything"),
        (bank_known.client("bob"), "finance_payout_approve", "Only the exchange"),
    ):
        answer = client.post(reverse(name, args=[batch.pk]))
        assert (answer.status_code, sentence in answer.content.decode()) == (403, True), (name, sentence)
    User.objects.filter(email="fiona@example.com").update(finance_role="approver")
    assert "You prepared this batch" in _send(fiona, "finance_payout_approve", batch.pk)
    batch.refresh_from_db()
    assert batch.state == "draft"


def test_a_wrong_answer_says_what_to_do(bank_known: World) -> None:
    fiona = bank_known.client("fiona")
    assert "Nobody with a bank account is owed" in _send(fiona, "finance_payouts", minimum_fen="9999999.00")
    _send(fiona, "finance_payouts", minimum_fen="1.00")
    batch, payout = PayoutBatch.objects.get(), Payout.objects.get()
    assert "is not out at the bank" in _send(
        fiona, "finance_payout_answer", batch.pk, payout.pk, answer="paid", text="B-1"
    )
    assert "Choose what the bank answered" in _send(fiona, "finance_payout_answer", batch.pk, payout.pk, answer="x")
