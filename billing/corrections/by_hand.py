"""A posted transfer is taken back, whole or in part, by a transfer that names it; two people, a reason, never an edit.

What a run or a document posted is corrected where it came from (readings, disputes, credit notes, the bank's answers), or the
books would no longer say what the documents say. By hand are corrected what people booked by hand.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.credit.due import pay_invoices
from billing.ledger import AccountLimitExceeded, LedgerError, NewTransfer, post_transfers
from billing.models import Account, Correction, Transfer
from billing.money import yuan
from matching.changes import record_change

BY_HAND = {(Transfer.Code.TOP_UP, Account.Kind.BANK)}
"""Codes, and the kinds of account they debit, that people book: deposits at the bank."""

REASON_MAX = 500


class UnableToCorrect(Exception):
    """A correction that cannot be asked for or decided; `code` is stable, `field` the input at fault."""

    code = "unable_to_correct"
    field: str | None = None


class CorrectedElsewhere(UnableToCorrect):
    """The transfer follows from deliveries or documents."""

    code = "corrected_elsewhere"


class NotPosted(UnableToCorrect):
    """The transfer is pending, void, or a correction itself."""

    code = "not_posted"


class CorrectionReasonMissing(UnableToCorrect):
    """A correction needs a reason."""

    code, field = "reason_missing", "reason"


class CorrectionTooLarge(UnableToCorrect):
    """More would be taken back than is left of the transfer, or nothing."""

    code, field = "correction_too_large", "amount_fen"


class CorrectionAlreadyAsked(UnableToCorrect):
    """A correction of this transfer waits to be decided."""

    code = "correction_already_asked"


class CorrectionDecided(UnableToCorrect):
    """It has been decided before."""

    code = "correction_decided"


class CorrectionOwn(UnableToCorrect):
    """Who asked cannot approve."""

    code = "correction_own"


class CorrectionNotCovered(UnableToCorrect):
    """The money is spent or held."""

    code = "correction_not_covered"


class CorrectionRefused(UnableToCorrect):
    """The ledger refuses it; the text says why."""

    code = "correction_refused"


def left_of(transfer: Transfer) -> int:
    """Return what corrections have not taken back of a transfer, in fen."""
    back_fen = 0
    for debit_account_id, fen in transfer.corrections.values_list("debit_account_id").annotate(Sum("amount_fen")):
        back_fen += -fen if debit_account_id == transfer.debit_account_id else fen
    return transfer.amount_fen - back_fen


def why_not(transfer: Transfer) -> UnableToCorrect | None:
    """Say why a transfer cannot be corrected by hand; None where it can."""
    if transfer.phase not in (Transfer.Phase.POSTED, Transfer.Phase.POST) or transfer.corrects_id is not None:
        return NotPosted(_("Only a posted transfer that is no correction itself can be corrected."))
    if (transfer.code, transfer.debit_account.kind) not in BY_HAND:
        return CorrectedElsewhere(
            _(
                "This transfer follows from deliveries or documents. Correct those: by a reading, the decision of a dispute, a "
                "credit note, or the bank's answer."
            )
        )
    return None


@transaction.atomic
def ask_to_correct(*, transfer_id: int, amount_fen: int, reason: str, by: str, now: datetime) -> Correction:
    """Ask for `amount_fen` of a posted transfer to be taken back; somebody else must approve.

    Raises NotPosted, CorrectedElsewhere, CorrectionReasonMissing, CorrectionTooLarge, CorrectionAlreadyAsked.
    """
    transfer = Transfer.objects.select_related("debit_account").get(pk=transfer_id)
    if (error := why_not(transfer)) is not None:
        raise error
    if not reason.strip():
        raise CorrectionReasonMissing(_("Say what was wrong with the transfer."))
    if not 0 < amount_fen <= left_of(transfer):
        raise CorrectionTooLarge(
            _("%(left)s is left of this transfer. Take back that or less.") % {"left": yuan(left_of(transfer))}
        )
    try:
        with transaction.atomic():
            asked = Correction.objects.create(
                transfer=transfer, amount_fen=amount_fen, reason=reason.strip()[:REASON_MAX], asked_by=by, asked_at=now
            )
    except IntegrityError as error:
        raise CorrectionAlreadyAsked(_("A correction of this transfer waits to be decided already.")) from error
    _record(asked, by, "correction.ask", now)
    return asked


@transaction.atomic
def approve_correction(*, correction_id: int, by: str, now: datetime) -> Correction:
    """Post a correction that somebody else asked for. Raises CorrectionDecided, CorrectionOwn, CorrectionTooLarge,
    CorrectionNotCovered, CorrectionRefused (a closed month, say).
    """
    asked = _locked(correction_id)
    if asked.asked_by.casefold() == by.casefold():
        raise CorrectionOwn(_("You asked for this correction. Somebody else has to approve it."))
    transfer = asked.transfer
    if asked.amount_fen > left_of(transfer):
        raise CorrectionTooLarge(
            _("%(left)s is left of this transfer. Take back that or less.") % {"left": yuan(left_of(transfer))}
        )
    back = NewTransfer(
        debit_account_id=transfer.credit_account_id,
        credit_account_id=transfer.debit_account_id,
        amount_fen=asked.amount_fen,
        code=transfer.code,
        participant_id=transfer.participant_id,
        corrects_id=transfer.pk,
        key=f"correction:{asked.pk}",
    )
    try:
        with transaction.atomic():
            (asked.posted_id,) = post_transfers(transfers=[back], now=now)
    except AccountLimitExceeded as error:
        raise CorrectionNotCovered(
            _("The money is spent or held. Take back less, or wait until the account has enough.")
        ) from error
    except LedgerError as error:
        raise CorrectionRefused(str(error)) from error
    if transfer.participant_id is not None:
        pay_invoices(participant_id=transfer.participant_id, now=now)  # what it had paid is open again
    return _decide(asked, Correction.State.APPROVED, by, "correction.approve", now)


@transaction.atomic
def refuse_correction(*, correction_id: int, by: str, now: datetime) -> Correction:
    """Refuse a correction, or take one's own back. Raises CorrectionDecided."""
    return _decide(_locked(correction_id), Correction.State.REFUSED, by, "correction.refuse", now)


def _locked(correction_id: int) -> Correction:
    found = Correction.objects.select_for_update(of=("self",)).select_related("transfer").get(pk=correction_id)
    if found.state != Correction.State.ASKED:
        raise CorrectionDecided(_("This correction has been decided before."))
    return found


def _decide(asked: Correction, state: Correction.State, by: str, what: str, now: datetime) -> Correction:
    asked.state, asked.decided_by, asked.decided_at = state, by, now
    asked.save()
    _record(asked, by, what, now)
    return asked


def _record(asked: Correction, by: str, what: str, now: datetime) -> None:
    record_change(
        who=by,
        what=what,
        on=asked,
        after={"state": asked.state, "transfer_id": asked.transfer_id, "amount_fen": asked.amount_fen},
        participant_id=asked.transfer.participant_id,
        why=asked.reason,
        now=now,
    )
