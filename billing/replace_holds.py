"""The money set aside while a bid's replace is on its way: as much more as the new terms may come to than the old ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.fees.bounds import read_hold_rates
from billing.holds import BiddingStopped, InsufficientFunds, UnableToHold, lock_accounts_of
from billing.ledger import NewTransfer, post_transfers
from billing.models import Hold, ReplaceHold, Transfer
from billing.quote import hold_unit_fen
from matching.replace import OpenRun


class InsufficientFundsToReplace(InsufficientFunds):
    """The new terms hold more than what the participant has free."""

    def sentence(self) -> str:
        """Say what is missing."""
        return _(
            "This change holds %(needed)s more and %(available)s is available. "
            "Top up %(missing)s, or choose a lower price or quantity."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BidReplace:
    """A replace of a bid: its new limit and quantity (None leaves it), and what of the bid is open."""

    participant_id: int
    order_id: int
    price_fen: int | None
    quantity: int | None
    runs: Sequence[OpenRun]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedHold:
    """What a replace needs: how much more is set aside, and the hold of an accelerator-hour if its price changes."""

    replace: BidReplace
    extra_fen: int
    unit_fen: int | None
    fee_bps: int | None = None  # in `unit_fen`
    released_fen: int = 0  # what comes back once it has been done, if nothing trades before


def reserve_replaces(*, replaces: Sequence[BidReplace], now: datetime) -> list[PlannedHold | UnableToHold]:
    """Say for each replace what more it holds, or that it cannot be had, counting those before it; writes no transfer.

    Locks the participants' accounts in id order until the transaction ends. Must run in one.
    """
    if not replaces:
        return []
    accounts = lock_accounts_of({replace.participant_id for replace in replaces})
    all_rates = read_hold_rates(participant_ids=accounts.keys(), now=now)
    free = {participant_id: account.available_fen for participant_id, account in accounts.items()}
    units = units_of([replace.order_id for replace in replaces])
    verdicts: list[PlannedHold | UnableToHold] = []
    for replace in replaces:
        rates = all_rates[replace.participant_id]
        unit_fen = None if replace.price_fen is None else hold_unit_fen(price_fen=replace.price_fen, rates=rates)
        extra_fen = extra_of(replace, units.get(replace.order_id, []), unit_fen)
        available_fen = free[replace.participant_id]
        if extra_fen and accounts[replace.participant_id].is_stopped:
            verdicts.append(BiddingStopped())
        elif extra_fen > available_fen:
            verdicts.append(InsufficientFundsToReplace(needed_fen=extra_fen, available_fen=available_fen))
        else:
            free[replace.participant_id] -= extra_fen
            released_fen = released_by(replace, units.get(replace.order_id, []), unit_fen)
            verdicts.append(
                PlannedHold(
                    replace=replace,
                    extra_fen=extra_fen,
                    unit_fen=unit_fen,
                    fee_bps=None if unit_fen is None else rates.hold_fee_bps,
                    released_fen=released_fen,
                )
            )
    return verdicts


def units_of(order_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return what an accelerator-hour of each bid may hold, now or after a replace that is not yet cleared; none where it is gone."""
    units: dict[int, list[int]] = defaultdict(list)
    for order_id, unit_fen in Hold.objects.filter(order_id__in=order_ids).values_list("order_id", "unit_fen"):
        units[order_id].append(unit_fen)
    waiting = ReplaceHold.objects.filter(order_id__in=list(units), unit_fen__isnull=False)
    for order_id, new_unit_fen in waiting.values_list("order_id", "unit_fen"):
        units[order_id].append(new_unit_fen or 0)
    return units


def extra_of(replace: BidReplace, units_fen: Sequence[int], unit_fen: int | None) -> int:
    """Return the most that obligations and hold together may grow when the matcher does the replace, in fen.

    Until then trades at the old limit cost no more than they free. An hour with n open that is set to q grows from n x old unit to q x new
    unit; the matcher leaves the replace undone where n < q is less than what was open when it was asked for (`low`), and where only
    the price changes, n is at most what was open (`high`).
    """
    if not units_fen:
        return 0
    before_fen, after_fen = min(units_fen), max(units_fen) if unit_fen is None else unit_fen
    quantity = replace.quantity
    if quantity is None:
        return sum(max(0, (after_fen - before_fen) * run.high) * run.hours for run in replace.runs)
    return sum(max(0, after_fen * quantity - before_fen * min(run.low, quantity)) * run.hours for run in replace.runs)


def released_by(replace: BidReplace, units_fen: Sequence[int], unit_fen: int | None) -> int:
    """Return by how much the hold of what is open falls, in fen; 0 where it grows."""
    if not units_fen:
        return 0
    after_fen = max(units_fen) if unit_fen is None else unit_fen
    before = sum(run.high * run.hours for run in replace.runs) * units_fen[0]
    after = sum((replace.quantity or run.high) * run.hours for run in replace.runs) * after_fen
    return max(0, before - after)


@transaction.atomic
def insert_replace_holds(*, planned: Sequence[tuple[PlannedHold, int]], now: datetime) -> None:
    """Set aside what `reserve_replaces` planned in the same transaction, each given with the id of its command."""
    dearer = [plan for plan, _command_id in planned if plan.extra_fen]
    accounts = lock_accounts_of({plan.replace.participant_id for plan in dearer})
    transfer_ids = post_transfers(
        transfers=[
            NewTransfer(
                debit_account_id=accounts[plan.replace.participant_id].funds_id,
                credit_account_id=accounts[plan.replace.participant_id].obligations_id,
                amount_fen=plan.extra_fen,
                code=Transfer.Code.BID_HOLD,
                phase=Transfer.Phase.PENDING,
                order_id=plan.replace.order_id,
                participant_id=plan.replace.participant_id,
            )
            for plan in dearer
        ],
        now=now,
    )
    pending = iter(transfer_ids)
    ReplaceHold.objects.bulk_create(
        ReplaceHold(
            command_id=command_id,
            order_id=plan.replace.order_id,
            pending_id=next(pending) if plan.extra_fen else None,
            unit_fen=plan.unit_fen,
            fee_bps=plan.fee_bps,
        )
        for plan, command_id in planned
        if plan.extra_fen or plan.unit_fen is not None
    )
