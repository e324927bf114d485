"""A bank line booked: into the ledger once, or set aside as none of our participants'."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.bank.suggesting import BookAs
from billing.funds import deposit_funds
from billing.ledger import TransferKeyReused
from billing.models import BankLine, InvoiceDue, Payout
from billing.payouts.answers import confirm_payout, return_payout
from billing.payouts.refusal import UnableToPayOut
from matching.changes import record_change
from matching.models import Participant


class UnableToBookLine(Exception):
    """A bank line that cannot be booked like this; the text says why and what to do."""

    code = "unable_to_book_line"
    field: str | None = None


class LineNotOpen(UnableToBookLine):
    """Somebody has dealt with the line."""

    code = "line_not_open"


class LineFitsNot(UnableToBookLine):
    """The line goes the other way, or has another amount."""

    code, field = "line_fits_not", "target"


class BookedByHand(UnableToBookLine):
    """The bank's number was booked by hand with another amount or participant."""

    code = "booked_by_hand"


class NoteMissing(UnableToBookLine):
    """A line set aside says what it is."""

    code, field = "note_missing", "note"


@transaction.atomic
def book_line(*, line_id: int, book_as: BookAs, target_id: int, by: str, now: datetime) -> BankLine:
    """Book an open line as what it is, in one transaction with the ledger; raises an UnableToBookLine.

    A deposit booked by hand under the same number of the bank's is found, and not booked again.
    """
    line = _open_line(line_id)
    if book_as == BookAs.DEPOSIT:
        line.transfer_id = _deposit(line, target_id, now)
    elif book_as == BookAs.INVOICE:
        line.transfer_id = _payment(line, target_id, now)
    else:
        line.payout = _answer(line, book_as, target_id, by, now)
    return _close(line, BankLine.State.BOOKED, by, now)


@transaction.atomic
def set_line_aside(*, line_id: int, note: str, by: str, now: datetime) -> BankLine:
    """Set a line aside that is none of our participants', saying what it is; raises LineNotOpen, NoteMissing."""
    if not note.strip():
        raise NoteMissing(_("Say what this line is, such as bank charges."))
    line = _open_line(line_id)
    line.note = note.strip()[:300]
    return _close(line, BankLine.State.SET_ASIDE, by, now)


@transaction.atomic
def take_line_back(*, line_id: int, by: str, now: datetime) -> BankLine:
    """Open a line again that was set aside; raises LineNotOpen."""
    line = BankLine.objects.select_for_update().filter(pk=line_id, state=BankLine.State.SET_ASIDE).first()
    if line is None:
        raise LineNotOpen(_("Only a line that was set aside can be taken back."))
    return _close(line, BankLine.State.OPEN, by, now)


def _open_line(line_id: int) -> BankLine:
    line = BankLine.objects.select_for_update().filter(pk=line_id, state=BankLine.State.OPEN).first()
    if line is None:
        raise LineNotOpen(_("Somebody has dealt with this line meanwhile. Look at it again."))
    return line


def _close(line: BankLine, state: BankLine.State, by: str, now: datetime) -> BankLine:
    before = {"state": BankLine.State(line.state).value}
    line.state, line.handled_by, line.handled_at = state, by, now
    line.save()
    after = {
        "state": state.value,
        "amount_fen": line.amount_fen,
        "transfer_id": line.transfer_id,
        "payout_id": line.payout_id,
    }
    record_change(who=by, what=f"bank_line.{state.value}", on=line, before=before, after=after, why=line.note, now=now)
    return line


def _payment(line: BankLine, invoice_id: int, now: datetime) -> int:
    due = InvoiceDue.objects.filter(pk=invoice_id).first()
    if due is None:
        raise LineFitsNot(_("This invoice has no terms of payment. Book the line as its buyer's deposit."))
    return _deposit(line, due.participant_id, now, invoice_id=due.pk)


def _deposit(line: BankLine, participant_id: int, now: datetime, *, invoice_id: int | None = None) -> int:
    if line.amount_fen < 0 or not Participant.objects.filter(pk=participant_id).exists():
        raise LineFitsNot(_("Only money that came in can be a participant's deposit. Choose who paid it."))
    try:
        return deposit_funds(
            participant_id=participant_id,
            amount_fen=line.amount_fen,
            key=f"bank:{line.reference}",
            now=now,
            invoice_id=invoice_id,
        )
    except TransferKeyReused as error:
        raise BookedByHand(
            _("The bank's number %s was booked by hand, with another amount or participant. Look it up in the ledger.")
            % line.reference
        ) from error


def _answer(line: BankLine, book_as: BookAs, payout_id: int, by: str, now: datetime) -> Payout:
    payout = Payout.objects.filter(pk=payout_id).first()
    sign = -1 if book_as == BookAs.PAYOUT_PAID else 1
    if payout is None or line.amount_fen != sign * payout.amount_fen:
        raise LineFitsNot(_("The line's amount is not that of the payout."))
    try:
        if book_as == BookAs.PAYOUT_PAID:
            return confirm_payout(payout_id=payout_id, bank_reference=line.reference, by=by, now=now)
        reason = line.text or _("Returned by the bank")
        return return_payout(payout_id=payout_id, reason=reason, by=by, now=now)
    except UnableToPayOut as error:
        raise LineFitsNot(str(error)) from error
