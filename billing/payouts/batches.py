"""Batches of payouts: what is owed is reserved when one person prepares them, and leaves once another has approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing.funds import exchange_account_id
from billing.ledger import NewTransfer, lock_accounts, post_transfers
from billing.models import Account, Payout, PayoutBatch, Transfer
from billing.money import yuan
from billing.payouts.refusal import UnableToPayOut
from billing.serial import wait_for_turn
from matching.changes import record_change

MINIMUM_FEN = 10_000
"""Below this a provider waits for the next batch, as a bank's fee would eat the payment; whoever prepares may choose another."""


class NothingToPayOut(UnableToPayOut):
    """Nobody with a bank account is owed the minimum."""

    code, field = "nothing_to_pay_out", "minimum_fen"


class BatchNotInState(UnableToPayOut):
    """The batch has gone on, or has not come so far."""

    code = "batch_not_in_state"


class SecondPersonNeeded(UnableToPayOut):
    """Who prepared a batch cannot approve it."""

    code = "second_person_needed"


def owed_accounts(*, minimum_fen: int = 1) -> QuerySet[Account]:
    """Return the payable accounts of those who are owed `minimum_fen` or more, beyond what is reserved already; largest first."""
    free = F("credits_posted") - F("debits_posted") - F("debits_pending")
    owed = Account.objects.filter(kind=Account.Kind.PAYABLE).annotate(owed_fen=free).filter(owed_fen__gte=minimum_fen)
    return owed.select_related("participant").order_by("-owed_fen", "pk")


@transaction.atomic
def prepare_payouts(*, minimum_fen: int, by: str, now: datetime) -> PayoutBatch:
    """Reserve what each provider with a bank account is owed, all sales and charges netted, and return the draft batch.

    Raises NothingToPayOut. What comes in later is left for the next batch.
    """
    wait_for_turn()
    ready = owed_accounts(minimum_fen=max(minimum_fen, 1)).exclude(participant__bank_account="")
    lock_accounts(account_ids=sorted({exchange_account_id(Account.Kind.BANK), *ready.values_list("pk", flat=True)}))
    accounts = list(ready)
    if not accounts:
        raise NothingToPayOut(
            _("Nobody with a bank account is owed %(minimum)s or more. Lower the minimum, or wait for settlement.")
            % {"minimum": yuan(max(minimum_fen, 1))}
        )
    batch = PayoutBatch.objects.create(minimum_fen=minimum_fen, prepared_by=by, prepared_at=now)
    pending_ids = post_transfers(transfers=[_reservation(batch, account) for account in accounts], now=now)
    Payout.objects.bulk_create(
        Payout(
            batch=batch,
            participant=participant,
            amount_fen=account.owed_fen,  # type: ignore[attr-defined]  # annotated
            payee=participant.legal_name or participant.name,
            bank_account=participant.bank_account,
            pending_id=pending_id,
        )
        for account, pending_id in zip(accounts, pending_ids, strict=True)
        if (participant := account.participant) is not None
    )
    total_fen = sum(account.owed_fen for account in accounts)  # type: ignore[attr-defined]  # annotated
    after = {"state": batch.state, "minimum_fen": minimum_fen, "payouts": len(accounts), "amount_fen": total_fen}
    record_change(who=by, what="payout_batch.prepare", on=batch, after=after, now=now)
    return batch


def _reservation(batch: PayoutBatch, account: Account) -> NewTransfer:
    return NewTransfer(
        debit_account_id=account.pk,
        credit_account_id=exchange_account_id(Account.Kind.BANK),
        amount_fen=account.owed_fen,  # type: ignore[attr-defined]  # annotated
        code=Transfer.Code.PAYOUT,
        phase=Transfer.Phase.PENDING,
        participant_id=account.participant_id,
        key=f"payout:{batch.pk}:{account.participant_id}",
    )


@transaction.atomic
def approve_batch(*, batch_id: int, by: str, now: datetime) -> PayoutBatch:
    """Approve a draft that somebody else has prepared; raises BatchNotInState, SecondPersonNeeded."""
    batch = locked_batch(batch_id, PayoutBatch.State.DRAFT)
    if batch.prepared_by.casefold() == by.casefold():
        raise SecondPersonNeeded(_("You prepared this batch. Somebody else has to approve it."))
    batch.state, batch.approved_by, batch.approved_at = PayoutBatch.State.APPROVED, by, now
    batch.save(update_fields=["state", "approved_by", "approved_at"])
    _record(batch, "approve", PayoutBatch.State.DRAFT, by, now)
    return batch


@transaction.atomic
def send_batch(*, batch_id: int, by: str, now: datetime) -> PayoutBatch:
    """Note that the bank has been given an approved batch; raises BatchNotInState."""
    batch = locked_batch(batch_id, PayoutBatch.State.APPROVED)
    batch.state, batch.sent_by, batch.sent_at = PayoutBatch.State.SENT, by, now
    batch.save(update_fields=["state", "sent_by", "sent_at"])
    _record(batch, "send", PayoutBatch.State.APPROVED, by, now)
    return batch


@transaction.atomic
def drop_batch(*, batch_id: int, by: str, now: datetime) -> PayoutBatch:
    """Give up a draft: what it reserved is owed again; raises BatchNotInState."""
    batch = locked_batch(batch_id, PayoutBatch.State.DRAFT)
    payouts = list(batch.payouts.select_related("pending"))
    post_transfers(transfers=[resolution(payout, Transfer.Phase.VOID) for payout in payouts], now=now)
    batch.payouts.update(state=Payout.State.DROPPED, ended_at=now)
    batch.state = PayoutBatch.State.DROPPED
    batch.save(update_fields=["state"])
    _record(batch, "drop", PayoutBatch.State.DRAFT, by, now)
    return batch


def _record(batch: PayoutBatch, verb: str, before: PayoutBatch.State, by: str, now: datetime) -> None:
    record_change(
        who=by,
        what=f"payout_batch.{verb}",
        on=batch,
        before={"state": before.value},
        after={"state": PayoutBatch.State(batch.state).value},
        now=now,
    )


def locked_batch(batch_id: int, *states: PayoutBatch.State) -> PayoutBatch:
    """Return a batch that stands at one of `states`, locked; raises BatchNotInState."""
    batch = PayoutBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None or batch.state not in states:
        raise BatchNotInState(_("This batch has been dealt with meanwhile. Look at it again."))
    return batch


def resolution(payout: Payout, phase: Transfer.Phase) -> NewTransfer:
    """Return the transfer that ends a payout's reservation: POST when paid, VOID when not."""
    pending = payout.pending
    return NewTransfer(
        debit_account_id=pending.debit_account_id,
        credit_account_id=pending.credit_account_id,
        amount_fen=pending.amount_fen,
        code=Transfer.Code.PAYOUT,
        phase=phase,
        pending_id=pending.pk,
        participant_id=payout.participant_id,
    )


def batches_with_sums() -> QuerySet[PayoutBatch]:
    """Return every batch, newest first, with `count`, `amount_fen`, `paid_fen`, `back_fen` and how many are `unanswered`."""
    paid = Q(payouts__state=Payout.State.PAID)
    back = Q(payouts__state__in=[Payout.State.FAILED, Payout.State.RETURNED])
    return PayoutBatch.objects.annotate(
        count=Count("payouts"),
        amount_fen=Sum("payouts__amount_fen"),
        paid_fen=Sum("payouts__amount_fen", filter=paid, default=0),
        back_fen=Sum("payouts__amount_fen", filter=back, default=0),
        unanswered=Count("payouts", filter=Q(payouts__state=Payout.State.RESERVED)),
    ).order_by("-pk")


def payouts_of(batch_ids: Sequence[int]) -> QuerySet[Payout]:
    """Return the payouts of batches, with their participants."""
    return Payout.objects.filter(batch_id__in=batch_ids).select_related("participant", "batch")
