"""What the database itself refuses, keys that mean one payload, corrections, and balances as of any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from billing.balances import Balances, balances_as_of
from billing.funds import available_fen, exchange_account_id
from billing.ledger import (
    AccountsNotAllowed,
    CorrectionMisfit,
    NewTransfer,
    TransferKeyReused,
    post_transfers,
)
from billing.models import Account, Transfer, TransferRule
from billing.seed import ALLOWED_PAIRS
from billing.verify import find_differences
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.threads import in_threads
from tests.billing.world import MONDAY, World

Code = Transfer.Code


def top_up(world: World, amount_fen: int, **fields: object) -> NewTransfer:
    transfer = NewTransfer(
        debit_account_id=exchange_account_id(Account.Kind.BANK),
        credit_account_id=Account.objects.get(participant=world.buyers[0], kind="funds").pk,
        amount_fen=amount_fen,
        code=Code.TOP_UP,
    )
    return replace(transfer, **fields)  # type: ignore[arg-type]


def test_every_code_has_its_pairs_of_accounts(world: World) -> None:
    assert {code for code, _debit, _credit in ALLOWED_PAIRS} == set(Code)
    assert set(TransferRule.objects.values_list("code", "debit_kind", "credit_kind")) == {
        (str(code), str(debit), str(credit)) for code, debit, credit in ALLOWED_PAIRS
    }


def test_a_code_moves_money_between_its_accounts_only(world: World) -> None:
    clearing = exchange_account_id(Account.Kind.CLEARING)
    for wrong in (
        top_up(world, 100, code=Code.PAYOUT),
        top_up(world, 100, credit_account_id=clearing),
        top_up(world, 100, code="gift"),
    ):
        with pytest.raises(AccountsNotAllowed, match="moves no money from bank"), transaction.atomic():
            post_transfers(transfers=[top_up(world, 7), wrong], now=world.now)
    assert available_fen(world.buyers[0].pk) == 100_000_000


def test_the_same_key_and_payload_is_the_first_transfer_and_any_other_payload_a_conflict(world: World) -> None:
    first = top_up(world, 500, key="k")
    (transfer_id,) = post_transfers(transfers=[first], now=world.now)
    later = world.now + timedelta(days=1)
    assert post_transfers(transfers=[first], now=later) == [transfer_id]
    ids = post_transfers(transfers=[top_up(world, 1), first, top_up(world, 2, key="m"), top_up(world, 3)], now=later)
    assert ids[1] == transfer_id
    assert [Transfer.objects.get(pk=pk).amount_fen for pk in ids] == [1, 500, 2, 3]
    for other in (
        {"amount_fen": 501},
        {"participant_id": world.buyers[0].pk},
        {"credit_account_id": Account.objects.get(participant=world.buyers[1], kind="funds").pk},
        {"corrects_id": transfer_id},
    ):
        with pytest.raises(TransferKeyReused), transaction.atomic():
            post_transfers(transfers=[replace(first, **other)], now=later)  # type: ignore[arg-type]


def test_the_same_key_twice_in_one_call_moves_once(world: World) -> None:
    same = top_up(world, 500, key="k")
    first, second = post_transfers(transfers=[same, same], now=world.now)
    assert first == second
    with pytest.raises(TransferKeyReused), transaction.atomic():
        post_transfers(transfers=[top_up(world, 1, key="n"), top_up(world, 2, key="n")], now=world.now)
    assert available_fen(world.buyers[0].pk) == 100_000_500


def test_a_correction_names_what_it_takes_back(world: World) -> None:
    wrong = top_up(world, 9000)
    (wrong_id,) = post_transfers(transfers=[wrong], now=world.now)
    back = replace(
        wrong, debit_account_id=wrong.credit_account_id, credit_account_id=wrong.debit_account_id, corrects_id=wrong_id
    )
    (first_id,) = post_transfers(transfers=[replace(back, amount_fen=8000)], now=world.now)
    assert available_fen(world.buyers[0].pk) == 100_001_000
    refused = [
        replace(back, amount_fen=1001),  # more than is left of it
        replace(back, amount_fen=1, corrects_id=first_id),  # a correction of a correction
        replace(back, amount_fen=1, corrects_id=first_id + 1_000_000),  # of nothing
        replace(back, amount_fen=1, credit_account_id=exchange_account_id(Account.Kind.FEES)),
        replace(wrong, amount_fen=1, corrects_id=wrong_id, phase=Transfer.Phase.PENDING),
    ]
    for transfer in refused:
        with pytest.raises((CorrectionMisfit, AccountsNotAllowed)), transaction.atomic():
            post_transfers(transfers=[transfer], now=world.now)
    post_transfers(transfers=[replace(back, amount_fen=1000), replace(wrong, amount_fen=5, corrects_id=wrong_id)], now=world.now)  # fmt: skip
    assert available_fen(world.buyers[0].pk) == 100_000_005
    assert Transfer.objects.get(pk=wrong_id).corrections.count() == 3
    assert list(find_differences()) == []


def test_without_a_correction_a_code_never_runs_backwards(world: World) -> None:
    wrong = top_up(world, 1)
    with pytest.raises(AccountsNotAllowed), transaction.atomic():
        post_transfers(
            transfers=[replace(wrong, debit_account_id=wrong.credit_account_id, credit_account_id=wrong.debit_account_id)],
            now=world.now,
        )  # fmt: skip


def test_balances_as_of_any_time_are_what_they_were_then(world: World) -> None:
    seen = {}
    for step in (lambda: trade_a_week(world), lambda: world.settle(MONDAY + 30), lambda: world.settle(MONDAY + WEEK)):
        world.hour += 1
        step()
        seen[world.now] = {
            a.pk: Balances(
                debits_pending=a.debits_pending,
                debits_posted=a.debits_posted,
                credits_pending=a.credits_pending,
                credits_posted=a.credits_posted,
            )
            for a in Account.objects.all()
        }
    accounts = list(seen[world.now])
    for at, balances in seen.items():
        assert balances_as_of(at=at) == balances
        assert balances_as_of(at=at, account_ids=accounts[:2]) == {pk: balances[pk] for pk in accounts[:2]}
    nothing = balances_as_of(at=min(seen) - timedelta(days=300))
    assert all(b == Balances(debits_pending=0, debits_posted=0, credits_pending=0, credits_posted=0) for b in nothing.values())  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_eight_threads_with_one_key_move_it_once() -> None:
    world = World.create()
    transfer = top_up(world, 500, key="once")
    ids: list[int] = []

    def post(row: int) -> None:
        with transaction.atomic():
            ids.extend(post_transfers(transfers=[transfer], now=world.now))

    assert in_threads(8, post) == []
    assert len(set(ids)) == 1
    assert available_fen(world.buyers[0].pk) == 100_000_500


@pytest.mark.django_db(transaction=True)
def test_many_corrections_at_once_never_take_back_more_than_was_moved() -> None:
    world = World.create()
    wrong = top_up(world, 1000)
    (wrong_id,) = post_transfers(transfers=[wrong], now=world.now)
    back = replace(
        wrong, debit_account_id=wrong.credit_account_id, credit_account_id=wrong.debit_account_id, corrects_id=wrong_id, amount_fen=300,
    )  # fmt: skip

    def correct(row: int) -> None:
        with transaction.atomic():
            post_transfers(transfers=[back], now=world.now)

    failures = in_threads(8, correct)
    assert len(failures) == 5
    assert all(isinstance(failure, CorrectionMisfit) for failure in failures)
    assert available_fen(world.buyers[0].pk) == 100_000_100
