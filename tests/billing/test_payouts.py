"""Payouts: two people, one bank file, and the bank's answers, with every fen where the books say."""

from __future__ import annotations

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections, transaction

from billing.ledger import NewTransfer, post_transfers
from billing.models import Account, Payout, PayoutBatch, Transfer
from billing.payouts.answers import (
    BankReasonMissing,
    BankReferenceMissing,
    BankReferenceUsed,
    PayoutNotOut,
    confirm_payout,
    fail_payout,
    return_payout,
)
from billing.payouts.bank_file import bank_file
from billing.payouts.batches import (
    BatchNotInState,
    NothingToPayOut,
    SecondPersonNeeded,
    approve_batch,
    drop_batch,
    owed_accounts,
    prepare_payouts,
    send_batch,
)
from billing.verify import find_differences
from matching.models import Change
from tests.billing.world import World

ANN, BEN = "ann@exchange.test", "ben@exchange.test"


@pytest.fixture
def owed(world: World) -> World:
    """Two providers are owed 500.00 and 80.00."""
    make_owed(world)
    return world


def make_owed(world: World) -> None:
    """Let the exchange owe the providers, as settlement leaves it."""
    clearing = Account.objects.get(participant=None, kind="clearing").pk
    obligations = Account.objects.get(participant=world.buyers[0], kind="obligations").pk
    funds = Account.objects.get(participant=world.buyers[0], kind="funds").pk
    for provider, amount_fen in zip(world.providers, (50_000, 8_000), strict=True):
        provider.bank_account = f"6222 0000 {provider.pk}"
        provider.save()
        payable = Account.objects.get(participant=provider, kind="payable").pk
        moves = (
            (funds, obligations, "trade"),
            (obligations, clearing, "settlement"),
            (clearing, payable, "settlement"),
        )
        for debit, credit, code in moves:
            move = NewTransfer(debit_account_id=debit, credit_account_id=credit, amount_fen=amount_fen, code=code)
            post_transfers(transfers=[move], now=world.now)


def payable(world: World, provider: int) -> Account:
    return Account.objects.get(participant=world.providers[provider], kind="payable")


def sent(world: World, *, minimum_fen: int = 1) -> list[Payout]:
    """A batch that is at the bank."""
    batch = prepare_payouts(minimum_fen=minimum_fen, by=ANN, now=world.now)
    approve_batch(batch_id=batch.pk, by=BEN, now=world.now)
    send_batch(batch_id=batch.pk, by=ANN, now=world.now)
    return list(batch.payouts.all())


def payout_differences() -> list[str]:
    """What `verify` says of payouts; the trades behind `owed` are not there."""
    return [line for line in find_differences() if "payout" in line or "pays out" in line or "holds" in line]


def test_from_what_is_owed_to_the_bank(owed: World) -> None:
    batch = prepare_payouts(minimum_fen=10_000, by=ANN, now=owed.now)
    assert [(p.participant, p.amount_fen) for p in batch.payouts.all()] == [(owed.providers[0], 50_000)]
    assert payable(owed, 0).available_fen == 0  # reserved, so no second batch takes it
    assert [account.pk for account in owed_accounts()] == [payable(owed, 1).pk]
    approve_batch(batch_id=batch.pk, by=BEN, now=owed.now)
    rows = list(csv.reader("".join(bank_file(batch)).lstrip("\ufeff").splitlines()))
    assert (rows[1][2].strip(), rows[1][3]) == (owed.providers[0].bank_account, "500.00")
    send_batch(batch_id=batch.pk, by=ANN, now=owed.now)
    confirm_payout(payout_id=batch.payouts.get().pk, bank_reference="B-1", by=BEN, now=owed.now)
    assert (payable(owed, 0).debits_posted, payable(owed, 0).debits_pending) == (50_000, 0)
    assert payout_differences() == []


def test_nobody_approves_what_they_prepared(owed: World) -> None:
    batch = prepare_payouts(minimum_fen=1, by=ANN, now=owed.now)
    with pytest.raises(SecondPersonNeeded):
        approve_batch(batch_id=batch.pk, by=ANN.upper(), now=owed.now)
    with pytest.raises(IntegrityError), transaction.atomic():  # whoever writes it
        PayoutBatch.objects.update(state="approved", approved_by=ANN, approved_at=owed.now)


def test_a_step_is_taken_once_and_in_its_turn(owed: World) -> None:
    batch = prepare_payouts(minimum_fen=1, by=ANN, now=owed.now)
    payout = batch.payouts.first()
    assert payout is not None
    with pytest.raises(BatchNotInState):
        send_batch(batch_id=batch.pk, by=ANN, now=owed.now)
    with pytest.raises(PayoutNotOut):
        confirm_payout(payout_id=payout.pk, bank_reference="B-1", by=BEN, now=owed.now)
    approve_batch(batch_id=batch.pk, by=BEN, now=owed.now)
    late: list[Callable[[], object]] = [
        lambda: approve_batch(batch_id=batch.pk, by=BEN, now=owed.now),
        lambda: drop_batch(batch_id=batch.pk, by=BEN, now=owed.now),
    ]
    for step in late:
        with pytest.raises(BatchNotInState):
            step()


def test_what_the_bank_refuses_or_sends_back_is_owed_again(owed: World) -> None:
    first, second = sent(owed)
    with pytest.raises(BankReferenceMissing):
        confirm_payout(payout_id=first.pk, bank_reference=" ", by=BEN, now=owed.now)
    with pytest.raises(BankReasonMissing):
        fail_payout(payout_id=first.pk, reason="", by=BEN, now=owed.now)
    confirm_payout(payout_id=first.pk, bank_reference="B-1", by=BEN, now=owed.now)
    with pytest.raises(BankReferenceUsed):
        confirm_payout(payout_id=second.pk, bank_reference="B-1", by=BEN, now=owed.now)
    fail_payout(payout_id=second.pk, reason="account closed", by=BEN, now=owed.now)
    return_payout(payout_id=first.pk, reason="name differs", by=BEN, now=owed.now)
    assert [payable(owed, provider).available_fen for provider in (0, 1)] == [50_000, 8_000]
    back = Transfer.objects.get(corrects__isnull=False)
    assert (back.corrects.pending_id, back.amount_fen) == (first.pending_id, 50_000)  # type: ignore[union-attr]
    for again in (first, second):
        with pytest.raises(PayoutNotOut):
            return_payout(payout_id=again.pk, reason="again", by=BEN, now=owed.now)
    assert payout_differences() == []
    assert [payout.amount_fen for payout in sent(owed)] == [50_000, 8_000]


def test_a_draft_given_up_frees_its_money(owed: World) -> None:
    batch = prepare_payouts(minimum_fen=1, by=ANN, now=owed.now)
    with pytest.raises(NothingToPayOut):
        prepare_payouts(minimum_fen=1, by=ANN, now=owed.now)
    drop_batch(batch_id=batch.pk, by=BEN, now=owed.now)
    assert payable(owed, 0).available_fen == 50_000
    assert payout_differences() == []


def test_who_has_no_bank_account_waits(owed: World) -> None:
    for provider in owed.providers:
        provider.bank_account = ""
        provider.save()
    with pytest.raises(NothingToPayOut):
        prepare_payouts(minimum_fen=1, by=ANN, now=owed.now)


def test_verify_finds_a_payout_that_the_ledger_does_not_know(owed: World) -> None:
    payout = sent(owed)[0]
    Payout.objects.filter(pk=payout.pk).update(state="paid", bank_reference="B-9")
    assert any(f"billing_payout {payout.pk}" in line for line in payout_differences())


@pytest.mark.django_db(transaction=True)
def test_eight_who_prepare_at_once_reserve_once() -> None:
    world = World.create()
    make_owed(world)

    def prepare(_: int) -> int:
        try:
            return prepare_payouts(minimum_fen=1, by=ANN, now=world.now).payouts.count()
        except NothingToPayOut:
            return 0
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(prepare, range(8))) == [0] * 7 + [2]


def test_each_step_by_a_person_is_in_the_audit_trail(owed: World) -> None:
    payout = sent(owed, minimum_fen=1)[0]
    confirm_payout(payout_id=payout.pk, bank_reference="B-1", by=BEN, now=owed.now)
    trail = [(change.who, change.what, change.before.get("state"), change.after.get("state")) for change in Change.objects.order_by("id")]  # fmt: skip
    assert trail == [
        (ANN, "payout_batch.prepare", None, "draft"),
        (BEN, "payout_batch.approve", "draft", "approved"),
        (ANN, "payout_batch.send", "approved", "sent"),
        (BEN, "payout.paid", "reserved", "paid"),
    ]
