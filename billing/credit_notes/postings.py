"""The money of allowances: transfers under the note's number, and the buyer's VAT period."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from billing.funds import exchange_account_id
from billing.ledger import NewTransfer, post_transfers
from billing.models import Account, Invoice, Transfer, VatPeriod


class Movement(NamedTuple):
    """Money from one kind of account to another; the participant's own where it has such, else the exchange's."""

    debit_kind: str
    credit_kind: str
    amount_fen: int


PARTICIPANTS_KINDS = (Account.Kind.FUNDS, Account.Kind.PAYABLE, Account.Kind.RECEIVABLE)


def credit_movements(*, document: Invoice, compute_fen: int, fee_fen: int, vat_fen: int) -> list[Movement]:
    """Return where a credit note's money comes from and goes: to a buyer's balance, or what is owed to a provider.

    What a provider's statement is credited by is taken from what we owe it, and beyond that becomes its debt.
    """
    kinds = Account.Kind
    if document.kind == Invoice.Kind.STATEMENT:
        payable = Account.objects.filter(participant_id=document.participant_id, kind=kinds.PAYABLE).first()
        owed_fen = min(compute_fen, 0 if payable is None else payable.available_fen)
        movements = [
            Movement(kinds.PAYABLE, kinds.ALLOWANCES, owed_fen),
            Movement(kinds.RECEIVABLE, kinds.ALLOWANCES, compute_fen - owed_fen),
        ]
    elif document.kind == Invoice.Kind.FEE:
        movements = [Movement(kinds.FEES, kinds.PAYABLE, fee_fen)]
    else:
        movements = [
            Movement(kinds.ALLOWANCES, kinds.FUNDS, compute_fen),
            Movement(kinds.FEES, kinds.FUNDS, fee_fen),
            Movement(kinds.VAT, kinds.FUNDS, vat_fen),
        ]
    return [movement for movement in movements if movement.amount_fen]


def reclaim_movements(*, compute_fen: int, fee_fen: int, vat_fen: int) -> list[Movement]:
    """Return what a debit note takes back from a buyer: its debt, which its balance pays at once as far as it can."""
    kinds = Account.Kind
    movements = [
        Movement(kinds.RECEIVABLE, kinds.ALLOWANCES, compute_fen),
        Movement(kinds.RECEIVABLE, kinds.FEES, fee_fen),
        Movement(kinds.RECEIVABLE, kinds.VAT, vat_fen),
    ]
    return [movement for movement in movements if movement.amount_fen]


def post_movements(*, note: Invoice, movements: list[Movement], now: datetime) -> None:
    """Post a note's money under its number, once; errors as in `post_transfers`."""
    kinds = {kind for movement in movements for kind in (movement.debit_kind, movement.credit_kind)}
    accounts = {kind: _account_id(note, kind) for kind in kinds}
    transfers = [
        NewTransfer(
            debit_account_id=accounts[movement.debit_kind],
            credit_account_id=accounts[movement.credit_kind],
            amount_fen=movement.amount_fen,
            code=Transfer.Code.CREDIT_NOTE,
            participant_id=note.participant_id,
            run_id=None,
            key=f"{note.number}:{movement.debit_kind}:{movement.credit_kind}",
        )
        for movement in movements
    ]
    post_transfers(transfers=transfers, now=now)


def _account_id(note: Invoice, kind: str) -> int:
    if kind not in PARTICIPANTS_KINDS:
        return exchange_account_id(Account.Kind(kind))
    return Account.objects.get_or_create(participant_id=note.participant_id, kind=kind)[0].pk


def change_vat_base(*, period: VatPeriod, base_fen: int, vat_fen: int) -> None:
    """Change a buyer's VAT base of an invoiced period by `base_fen`, and what is posted by `vat_fen`; both may be negative."""
    period.settled_base_fen += base_fen
    period.posted_fen += vat_fen
    period.save(update_fields=["settled_base_fen", "posted_fen"])
