"""What the bank made of a payout: paid, not taken, or sent back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.ledger import NewTransfer, post_transfers
from billing.models import Payout, PayoutBatch, Transfer
from billing.payouts.batches import resolution
from billing.payouts.refusal import UnableToPayOut
from matching.changes import record_change


class PayoutNotOut(UnableToPayOut):
    """The payout has not been sent, or the bank has answered already."""

    code = "payout_not_out"


class BankReferenceMissing(UnableToPayOut):
    """A payment is known by the bank's number."""

    code, field = "bank_reference_missing", "text"


class BankReferenceUsed(UnableToPayOut):
    """The bank's number stands at another payout."""

    code, field = "bank_reference_used", "text"


class BankReasonMissing(UnableToPayOut):
    """A failure or a return has a reason."""

    code, field = "bank_reason_missing", "text"


class Answer(StrEnum):
    """What the bank made of a payout."""

    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"


def answer_payout(*, payout_id: int, answer: Answer, text: str, by: str, now: datetime) -> Payout:
    """Book the bank's answer, `text` being its number of the payment, or its reason; raises what the verb of the answer does."""
    if answer == Answer.PAID:
        return confirm_payout(payout_id=payout_id, bank_reference=text, by=by, now=now)
    verb = fail_payout if answer == Answer.FAILED else return_payout
    return verb(payout_id=payout_id, reason=text, by=by, now=now)


@transaction.atomic
def confirm_payout(*, payout_id: int, bank_reference: str, by: str, now: datetime) -> Payout:
    """Book a payout that has left the bank; raises PayoutNotOut, BankReferenceMissing, BankReferenceUsed."""
    reference = bank_reference.strip()
    if not reference:
        raise BankReferenceMissing(_("Enter the bank's number of the payment."))
    payout = _locked(payout_id, Payout.State.RESERVED)
    post_transfers(transfers=[resolution(payout, Transfer.Phase.POST)], now=now)
    payout.state, payout.bank_reference, payout.ended_at = Payout.State.PAID, reference, now
    try:
        with transaction.atomic():
            payout.save(update_fields=["state", "bank_reference", "ended_at"])
    except IntegrityError as error:
        raise BankReferenceUsed(
            _("The bank's number %(number)s stands at another payout. Check the statement.") % {"number": reference}
        ) from error
    _record(payout, Payout.State.RESERVED, by, now)
    return payout


@transaction.atomic
def fail_payout(*, payout_id: int, reason: str, by: str, now: datetime) -> Payout:
    """Free the money of a payout that the bank did not take: it is owed again; raises PayoutNotOut, BankReasonMissing."""
    _check_reason(reason)
    payout = _locked(payout_id, Payout.State.RESERVED)
    post_transfers(transfers=[resolution(payout, Transfer.Phase.VOID)], now=now)
    return _end(payout, Payout.State.FAILED, reason, by, now)


@transaction.atomic
def return_payout(*, payout_id: int, reason: str, by: str, now: datetime) -> Payout:
    """Take back a payment that came back from the provider's bank: it is owed again; raises PayoutNotOut, BankReasonMissing."""
    _check_reason(reason)
    payout = _locked(payout_id, Payout.State.PAID)
    paid = Transfer.objects.get(pending_id=payout.pending_id)
    back = NewTransfer(
        debit_account_id=paid.credit_account_id,
        credit_account_id=paid.debit_account_id,
        amount_fen=paid.amount_fen,
        code=Transfer.Code.PAYOUT,
        participant_id=payout.participant_id,
        corrects_id=paid.pk,
        key=f"payout-return:{payout.pk}",
    )
    post_transfers(transfers=[back], now=now)
    return _end(payout, Payout.State.RETURNED, reason, by, now)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BankReasonMissing(_("Enter the reason that the bank gave."))


def _locked(payout_id: int, state: Payout.State) -> Payout:
    payout = (
        Payout.objects.select_for_update(of=("self",)).select_related("pending", "batch").filter(pk=payout_id).first()
    )
    if payout is None or payout.state != state or payout.batch.state != PayoutBatch.State.SENT:
        raise PayoutNotOut(_("This payout is not out at the bank, or has been answered already. Look at it again."))
    return payout


def _end(payout: Payout, state: Payout.State, reason: str, by: str, now: datetime) -> Payout:
    before = Payout.State(payout.state)
    payout.state, payout.reason, payout.ended_at = state, reason.strip()[:300], now
    payout.save(update_fields=["state", "reason", "ended_at"])
    _record(payout, before, by, now)
    return payout


def _record(payout: Payout, before: Payout.State, by: str, now: datetime) -> None:
    state = Payout.State(payout.state).value
    record_change(
        who=by,
        what=f"payout.{state}",
        on=payout,
        before={"state": before.value},
        after={"state": state, "amount_fen": payout.amount_fen, "bank_reference": payout.bank_reference},
        participant_id=payout.participant_id,
        why=payout.reason,
        now=now,
    )
