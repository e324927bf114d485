from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from billing.funds import AmountNotPositive, available_fen, deposit_funds, exchange_account_id
from billing.ledger import (
    AccountLimitExceeded,
    NewTransfer,
    PendingAlreadyResolved,
    ResolutionMismatch,
    TransferKeyReused,
    UnknownAccount,
    post_transfers,
)
from billing.models import Account, Transfer
from tests.billing.world import World

Phase = Transfer.Phase


@pytest.fixture
def accounts(world: World) -> tuple[int, int]:
    """A buyer's funds and obligations accounts; 100,000,000 fen are in the first."""
    funds, obligations = (
        Account.objects.get(participant=world.buyers[0], kind=kind).pk for kind in ("funds", "obligations")
    )
    return funds, obligations


def move(accounts: tuple[int, int], amount_fen: int, phase: str, pending_id: int | None = None) -> NewTransfer:
    return NewTransfer(
        debit_account_id=accounts[0],
        credit_account_id=accounts[1],
        amount_fen=amount_fen,
        code=Transfer.Code.TRADE,
        phase=phase,
        pending_id=pending_id,
    )


def test_the_same_deposit_twice_arrives_once(world: World) -> None:
    buyer = world.buyers[0].pk
    before = available_fen(buyer)
    first = deposit_funds(participant_id=buyer, amount_fen=500, key="bank-1", now=world.now)
    assert deposit_funds(participant_id=buyer, amount_fen=500, key="bank-1", now=world.now) == first
    assert available_fen(buyer) == before + 500
    with pytest.raises(TransferKeyReused):
        deposit_funds(participant_id=buyer, amount_fen=501, key="bank-1", now=world.now)
    with pytest.raises(AmountNotPositive):
        deposit_funds(participant_id=buyer, amount_fen=0, key="bank-2", now=world.now)


def test_a_part_is_posted_and_the_rest_freed(world: World, accounts: tuple[int, int]) -> None:
    (pending,) = post_transfers(transfers=[move(accounts, 100, Phase.PENDING)], now=world.now)
    assert Account.objects.get(pk=accounts[0]).debits_pending == 100
    post_transfers(transfers=[move(accounts, 60, Phase.POST, pending)], now=world.now)
    funds = Account.objects.get(pk=accounts[0])
    assert (funds.debits_pending, funds.debits_posted) == (0, 60)


def test_ids_come_back_in_the_order_given(world: World, accounts: tuple[int, int]) -> None:
    amounts = [7, 3, 11, 1, 5]
    ids = post_transfers(transfers=[move(accounts, a, Phase.PENDING) for a in amounts], now=world.now)
    assert [Transfer.objects.get(pk=pk).amount_fen for pk in ids] == amounts


def test_what_the_ledger_refuses(world: World, accounts: tuple[int, int]) -> None:
    (pending,) = post_transfers(transfers=[move(accounts, 100, Phase.PENDING)], now=world.now)
    refused = [
        (UnknownAccount, move((accounts[0], 0), 1, Phase.PENDING)),
        (AccountLimitExceeded, move(accounts, 100_000_000, Phase.PENDING)),
        (AccountLimitExceeded, move(accounts, 100_000_000, Phase.POSTED)),
        (ResolutionMismatch, move(accounts, 101, Phase.POST, pending)),
        (ResolutionMismatch, move(accounts, 99, Phase.VOID, pending)),
        (ResolutionMismatch, move((accounts[1], accounts[0]), 100, Phase.VOID, pending)),
    ]
    for error, transfer in refused:
        with pytest.raises(error), transaction.atomic():
            post_transfers(transfers=[transfer], now=world.now)
    with pytest.raises(PendingAlreadyResolved), transaction.atomic():
        post_transfers(transfers=[move(accounts, 50, Phase.POST, pending)] * 2, now=world.now)
    post_transfers(transfers=[move(accounts, 100, Phase.VOID, pending)], now=world.now)
    with pytest.raises(PendingAlreadyResolved), transaction.atomic():
        post_transfers(transfers=[move(accounts, 100, Phase.POST, pending)], now=world.now)


def test_a_transfer_is_never_changed_or_deleted(world: World) -> None:
    for statement in (
        "UPDATE billing_transfer SET amount_fen = 1",
        "DELETE FROM billing_transfer",
        "DELETE FROM billing_account",
    ):
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_seeding_again_changes_nothing(world: World) -> None:
    assert exchange_account_id(Account.Kind.BANK) == Account.objects.get(kind="bank").pk
    assert Account.objects.filter(participant=None).count() == 9
