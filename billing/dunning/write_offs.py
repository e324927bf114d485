"""An open rest given up: one person asks, another agrees, and the ledger books a bad debt against the buyer's funds."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.credit.due import pay_invoices
from billing.funds import exchange_account_id
from billing.ledger import NewTransfer, post_transfers
from billing.models import Account, InvoiceDue, InvoicePayment, Transfer, WriteOff
from billing.money import yuan
from matching.changes import record_change


class UnableToWriteOff(Exception):
    """A write-off that cannot be asked for or decided; the text says why and what to do."""

    code = "unable_to_write_off"
    field: str | None = None


class MoreThanOpen(UnableToWriteOff):
    """Nothing, or more than is open, would be given up."""

    code = "more_than_open"
    field = "amount_fen"


class WriteOffReasonMissing(UnableToWriteOff):
    """Whoever agrees has to know why."""

    code = "write_off_reason_missing"
    field = "reason"


class WriteOffAskedAlready(UnableToWriteOff):
    """Another write-off of the invoice waits to be decided."""

    code = "write_off_asked_already"


class WriteOffDecided(UnableToWriteOff):
    """Somebody has decided about it, or there is no such write-off."""

    code = "write_off_decided"


class WriteOffNeedsSecondPerson(UnableToWriteOff):
    """Who asked for a write-off cannot agree to it."""

    code = "second_person_needed"


@transaction.atomic
def ask_for_write_off(*, invoice_id: int, amount_fen: int, reason: str, by: str, now: datetime) -> WriteOff:
    """Ask to give up `amount_fen` of what is open of an invoice; raises WriteOffReasonMissing, MoreThanOpen, WriteOffAskedAlready."""
    if not reason.strip():
        raise WriteOffReasonMissing(_("Say why: whoever agrees decides by that."))
    due = _locked(invoice_id)
    open_fen = due.open_fen if due else 0
    if due is None or not 0 < amount_fen <= open_fen:
        raise MoreThanOpen(_("%s is open. Give up that much or less.") % yuan(open_fen))
    if due.write_offs.filter(state=WriteOff.State.ASKED).exists():
        raise WriteOffAskedAlready(_("A write-off of this invoice waits for a decision. Decide about that one first."))
    asked = WriteOff.objects.create(
        due=due, amount_fen=amount_fen, reason=reason.strip()[:500], asked_by=by, asked_at=now
    )
    _record(asked, "write_off.ask", by, now)
    return asked


@transaction.atomic
def approve_write_off(*, write_off_id: int, by: str, now: datetime) -> WriteOff:
    """Give up what somebody else asked for and book it; raises WriteOffDecided, WriteOffNeedsSecondPerson, MoreThanOpen."""
    write_off = _asked(write_off_id)
    if write_off.asked_by.casefold() == by.casefold():
        raise WriteOffNeedsSecondPerson(_("You asked for this write-off. Somebody else has to agree to it."))
    due = write_off.due
    pay_invoices(participant_id=due.participant_id, now=now)
    due = _locked(due.pk) or due
    if write_off.amount_fen > due.open_fen:
        raise MoreThanOpen(_("Only %s is still open. Refuse this and ask for less.") % yuan(due.open_fen))
    write_off.transfer_id = _post(write_off, due, now)
    pay_invoices(
        participant_id=due.participant_id,
        now=now,
        kind=InvoicePayment.Kind.WRITE_OFF,
        transfer_id=write_off.transfer_id,
        first_id=due.pk,
    )
    return _decide(write_off, WriteOff.State.APPROVED, by, now)


@transaction.atomic
def refuse_write_off(*, write_off_id: int, by: str, now: datetime) -> WriteOff:
    """Refuse a write-off, or take back one's own; raises WriteOffDecided."""
    return _decide(_asked(write_off_id), WriteOff.State.REFUSED, by, now)


def _locked(invoice_id: int) -> InvoiceDue | None:
    return InvoiceDue.objects.select_for_update(no_key=True).filter(pk=invoice_id).first()


def _asked(write_off_id: int) -> WriteOff:
    write_off = (
        WriteOff.objects.select_for_update(of=("self",))
        .select_related("due__invoice")
        .filter(pk=write_off_id, state=WriteOff.State.ASKED)
        .first()
    )
    if write_off is None:
        raise WriteOffDecided(_("Somebody has decided about this write-off meanwhile. Look at it again."))
    return write_off


def _post(write_off: WriteOff, due: InvoiceDue, now: datetime) -> int:
    (transfer_id,) = post_transfers(
        transfers=[
            NewTransfer(
                debit_account_id=exchange_account_id(Account.Kind.BAD_DEBT),
                credit_account_id=Account.objects.get(participant_id=due.participant_id, kind=Account.Kind.FUNDS).pk,
                amount_fen=write_off.amount_fen,
                code=Transfer.Code.WRITE_OFF,
                participant_id=due.participant_id,
                key=f"write-off:{write_off.pk}",
            )
        ],
        now=now,
    )
    return transfer_id


def _decide(write_off: WriteOff, state: WriteOff.State, by: str, now: datetime) -> WriteOff:
    write_off.state, write_off.decided_by, write_off.decided_at = state, by, now
    write_off.save(update_fields=["state", "decided_by", "decided_at", "transfer"])
    _record(write_off, f"write_off.{'approve' if state == WriteOff.State.APPROVED else 'refuse'}", by, now)
    return write_off


def _record(write_off: WriteOff, what: str, by: str, now: datetime) -> None:
    record_change(
        who=by,
        what=what,
        on=write_off.due.invoice,
        now=now,
        after={"amount_fen": write_off.amount_fen},
        participant_id=write_off.due.participant_id,
        why=write_off.reason,
    )
