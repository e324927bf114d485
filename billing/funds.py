"""A participant's accounts: opened, topped up, and how much is free."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.credit.due import pay_invoices
from billing.ledger import NewTransfer, TransferKeyReused, post_transfers
from billing.models import Account, Transfer
from matching.changes import record_change

PARTICIPANT_KINDS = (Account.Kind.FUNDS, Account.Kind.OBLIGATIONS, Account.Kind.PAYABLE)


class UnableToDeposit(Exception):
    """Money that cannot be taken in; the text says why."""

    code = "unable_to_deposit"
    field: str | None = "amount_fen"


class AmountNotPositive(UnableToDeposit):
    """A deposit of nothing or less."""

    code = "amount_not_positive"

    def __init__(self) -> None:
        """Say what to enter instead."""
        super().__init__(_("Enter an amount above ¥0.00."))


class BankReferenceBooked(UnableToDeposit):
    """The bank's number has been booked before, as something else."""

    code, field = "bank_reference_booked", "reference"

    def __init__(self) -> None:
        """Say what is there."""
        super().__init__(_("This reference has been booked already, with another amount or participant."))


def open_accounts(*participant_ids: int) -> None:
    """Open the accounts of participants; existing ones stay as they are."""
    _open(participant_ids)


@transaction.atomic
def deposit_funds(
    *,
    participant_id: int,
    amount_fen: int,
    key: str,
    now: datetime,
    arrived_at: Account.Kind = Account.Kind.BANK,
    invoice_id: int | None = None,
) -> int:
    """Take in `amount_fen` and return the transfer's id; the same `key` again moves nothing and returns the first id.

    A buyer's open invoices are paid by it, `invoice_id` before the others. `arrived_at` is the exchange's account that the money has reached: its bank, or a processor of payments. Raises AmountNotPositive, and TransferKeyReused when the key has moved another amount.
    """
    if amount_fen <= 0:
        raise AmountNotPositive
    open_accounts(participant_id)
    transfer = NewTransfer(
        debit_account_id=exchange_account_id(arrived_at),
        credit_account_id=Account.objects.get(participant_id=participant_id, kind=Account.Kind.FUNDS).pk,
        amount_fen=amount_fen,
        code=Transfer.Code.TOP_UP,
        participant_id=participant_id,
        key=key,
    )
    (transfer_id,) = post_transfers(transfers=[transfer], now=now)
    pay_invoices(participant_id=participant_id, now=now, transfer_id=transfer_id, first_id=invoice_id)
    return transfer_id


@transaction.atomic
def book_deposit(*, participant_id: int, amount_fen: int, reference: str, by: str, now: datetime) -> int:
    """Deposit by hand what arrived at the bank under its number `reference`, as `deposit_funds` does.

    Raises AmountNotPositive, and BankReferenceBooked where the number stands at another amount or participant.
    """
    key = f"bank:{reference}"
    try:
        transfer_id = deposit_funds(participant_id=participant_id, amount_fen=amount_fen, key=key, now=now)
    except TransferKeyReused as error:
        raise BankReferenceBooked from error
    transfer = Transfer.objects.get(pk=transfer_id)
    if transfer.at == now:  # not the same form once more
        after = {"amount_fen": amount_fen, "reference": reference}
        record_change(who=by, what="deposit.book", on=transfer, after=after, participant_id=participant_id, now=now)
    return transfer_id


def available_fen(participant_id: int) -> int:
    """Return what a participant may still hold or spend, its credit included; 0 before its first deposit."""
    account = Account.objects.filter(participant_id=participant_id, kind=Account.Kind.FUNDS).first()
    return account.available_fen if account else 0


def money_for_bids(participant_id: int) -> tuple[int, bool]:
    """Return what is available as `available_fen` does, and whether a final notice has stopped new bids."""
    account = Account.objects.filter(participant_id=participant_id, kind=Account.Kind.FUNDS).first()
    return (0, False) if account is None else (account.available_fen, account.bids_stopped_at is not None)


def exchange_account_id(kind: Account.Kind) -> int:
    """Return the id of one of the exchange's own accounts."""
    return Account.objects.values_list("pk", flat=True).get(participant=None, kind=kind)


def _open(participant_ids: Iterable[int]) -> None:
    Account.objects.bulk_create(
        [Account(participant_id=pid, kind=kind) for pid in sorted(set(participant_ids)) for kind in PARTICIPANT_KINDS],
        ignore_conflicts=True,
    )
