"""The money set aside for bids: whether it is there, and the holds themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.funds import open_accounts
from billing.ledger import NewTransfer, post_transfers
from billing.models import Account, Hold, Transfer
from billing.money import yuan
from billing.quote import current_rates, hold_unit_fen


class UnableToHold(Exception):
    """Money that cannot be set aside for a bid; `code` is stable, `field` the input at fault, the text for the person."""

    code = "unable_to_hold"
    field: str | None = None


class InsufficientFunds(UnableToHold):
    """The hold is larger than what the participant has free."""

    code = "insufficient_funds"

    def __init__(self, *, needed_fen: int, available_fen: int) -> None:
        """Say how much is missing and what to do."""
        self.needed_fen = needed_fen
        self.available_fen = available_fen
        super().__init__(
            _(
                "This bid holds %(needed)s and %(available)s is available. "
                "Top up %(missing)s, or lower the limit or the quantity."
            )
            % {
                "needed": yuan(needed_fen),
                "available": yuan(available_fen),
                "missing": yuan(needed_fen - available_fen),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldRequest:
    """A bid to be held: its limit in fen per accelerator-hour and its accelerators x hours."""

    participant_id: int
    price_fen: int
    accelerator_hours: int


def reserve_funds(*, holds: Sequence[HoldRequest], now: datetime) -> list[InsufficientFunds | None]:
    """Say for each bid whether its hold can be had, counting those before it in the list; writes no transfer.

    Locks the participants' accounts in id order until the transaction ends, so a verdict of None stays true for
    `insert_holds` in the same transaction. Must run in one.
    """
    rates = current_rates(now=now)
    free = {pid: funds.available_fen for pid, (funds, _obligations) in _locked(holds).items()}
    verdicts: list[InsufficientFunds | None] = []
    for hold in holds:
        needed_fen = hold_unit_fen(price_fen=hold.price_fen, rates=rates) * hold.accelerator_hours
        if needed_fen > free[hold.participant_id]:
            verdicts.append(InsufficientFunds(needed_fen=needed_fen, available_fen=free[hold.participant_id]))
        else:
            free[hold.participant_id] -= needed_fen
            verdicts.append(None)
    return verdicts


@transaction.atomic
def insert_holds(*, holds: Sequence[tuple[HoldRequest, int]], now: datetime) -> None:
    """Set the money of bids aside: a pending transfer and a Hold each, given with the order's id.

    Raises AccountLimitExceeded if the money is not there; `reserve_funds` in the same transaction rules that out.
    """
    if not holds:
        return
    rates = current_rates(now=now)
    accounts = _locked([hold for hold, _order_id in holds])
    units = [hold_unit_fen(price_fen=hold.price_fen, rates=rates) for hold, _order_id in holds]
    transfer_ids = post_transfers(
        transfers=[
            NewTransfer(
                debit_account_id=accounts[hold.participant_id][0].pk,
                credit_account_id=accounts[hold.participant_id][1].pk,
                amount_fen=unit_fen * hold.accelerator_hours,
                code=Transfer.Code.BID_HOLD,
                phase=Transfer.Phase.PENDING,
                order_id=order_id,
                participant_id=hold.participant_id,
            )
            for (hold, order_id), unit_fen in zip(holds, units, strict=True)
        ],
        now=now,
    )
    Hold.objects.bulk_create(
        Hold(order_id=order_id, pending_id=transfer_id, unit_fen=unit_fen, accelerator_hours=hold.accelerator_hours)
        for (hold, order_id), transfer_id, unit_fen in zip(holds, transfer_ids, units, strict=True)
    )


def _locked(holds: Sequence[HoldRequest]) -> dict[int, tuple[Account, Account]]:
    """Lock the funds and obligations accounts of the bids' participants, and open them where there are none."""
    participant_ids = {hold.participant_id for hold in holds}
    accounts = _read(participant_ids)
    missing = participant_ids - accounts.keys()
    if missing:
        open_accounts(*missing)
        accounts = _read(participant_ids)
    return accounts


def _read(participant_ids: set[int]) -> dict[int, tuple[Account, Account]]:
    kinds = (Account.Kind.FUNDS, Account.Kind.OBLIGATIONS)
    rows = Account.objects.filter(participant_id__in=participant_ids, kind__in=kinds)
    locked = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    funds = {a.participant_id: a for a in locked if a.kind == Account.Kind.FUNDS}
    obligations = {a.participant_id: a for a in locked if a.kind == Account.Kind.OBLIGATIONS}
    return {pid: (funds[pid], obligations[pid]) for pid in participant_ids if pid in funds and pid in obligations}
