"""Voucher programmes: set up by one person, activated by another, given to participants, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.funds import exchange_account_id
from billing.ledger import NewTransfer, TransferKeyReused, post_transfers
from billing.models import Account, Transfer, Voucher, VoucherProgramme, VoucherRate
from billing.money import yuan
from billing.period import day_of
from matching.changes import record_change
from matching.hours import hour_of
from matching.models import Participant


class UnableToSubsidise(Exception):
    """A programme or voucher that cannot be; `code` is stable, `field` the input at fault, the text says what to do."""

    code = "unable_to_subsidise"
    field: str | None = None


class BudgetInvalid(UnableToSubsidise):
    """A budget of nothing, or a cap of nothing or above the budget."""

    code, field = "budget_invalid", "budget_fen"


class ValidityInvalid(UnableToSubsidise):
    """A validity that ends before it starts, or is over."""

    code, field = "validity_invalid", "end"


class ShareInvalid(UnableToSubsidise):
    """No eligible class, or a share that is nothing or more than all."""

    code, field = "share_invalid", "shares"


class NameMissing(UnableToSubsidise):
    """A programme without a name or a sponsor."""

    code, field = "name_missing", "name"


class ProgrammeNotInState(UnableToSubsidise):
    """The programme has gone on, or has not come so far."""

    code = "programme_not_in_state"


class SecondPersonNeeded(UnableToSubsidise):
    """Who set up a programme cannot activate it."""

    code = "second_person_needed"


class LimitInvalid(UnableToSubsidise):
    """A voucher for nothing or above the programme's cap."""

    code, field = "limit_invalid", "limit_fen"


class NotABuyer(UnableToSubsidise):
    """A voucher for somebody who buys nothing."""

    code, field = "not_a_buyer", "participants"


class AmountNotPositive(UnableToSubsidise):
    """A sponsor's payment of nothing or less."""

    code, field = "amount_not_positive", "amount_fen"


class SponsorReferenceBooked(UnableToSubsidise):
    """The bank's number stands at another amount of the programme's sponsor."""

    code, field = "bank_reference_booked", "bank_reference"


@transaction.atomic
def create_programme(
    *,
    name: str,
    name_zh: str = "",
    sponsor: str,
    budget_fen: int,
    cap_fen: int,
    start: int,
    end: int,
    shares_bps: Mapping[int, int],
    by: str,
    now: datetime,
) -> VoucherProgramme:
    """Set up a programme as a draft: delivery hours `[start, end)`, a share by id of each eligible compute class.

    Raises NameMissing, BudgetInvalid, ValidityInvalid, ShareInvalid.
    """
    if not name.strip() or not sponsor.strip():
        raise NameMissing(_("Name the programme and its sponsor."))
    if budget_fen <= 0 or not 0 < cap_fen <= budget_fen:
        raise BudgetInvalid(_("Enter a budget above ¥0.00, and a cap a participant above ¥0.00 and within the budget."))
    if day_of(start)[0] != start or day_of(end)[0] != end or end <= start or end <= hour_of(now):
        raise ValidityInvalid(_("The last day must not be before the first, and not be over."))
    if not shares_bps or any(not 0 < bps <= 10_000 for bps in shares_bps.values()):
        raise ShareInvalid(_("Choose at least one compute class, with a share above 0 and at most 100 %."))
    programme = VoucherProgramme.objects.create(
        name=name.strip(),
        name_zh=name_zh.strip(),
        sponsor=sponsor.strip(),
        budget_fen=budget_fen,
        cap_fen=cap_fen,
        start=start,
        end=end,
        created_by=by,
        created_at=now,
    )
    VoucherRate.objects.bulk_create(
        VoucherRate(programme=programme, compute_class_id=class_id, share_bps=bps)
        for class_id, bps in sorted(shares_bps.items())
    )
    terms = {"budget_fen": budget_fen, "cap_fen": cap_fen, "start": start, "end": end}
    _note(programme, "create", by, now, {**terms, "shares_bps": {str(k): v for k, v in shares_bps.items()}})
    return programme


@transaction.atomic
def activate_programme(*, programme_id: int, by: str, now: datetime) -> VoucherProgramme:
    """Let a draft that somebody else set up pay from now on; raises ProgrammeNotInState, SecondPersonNeeded."""
    programme = _locked(programme_id, VoucherProgramme.State.DRAFT)
    if programme.created_by.casefold() == by.casefold():
        raise SecondPersonNeeded(_("You set this programme up. Somebody else has to activate it."))
    programme.state, programme.activated_by, programme.activated_at = VoucherProgramme.State.ACTIVE, by, now
    programme.save(update_fields=["state", "activated_by", "activated_at"])
    _note(programme, "activate", by, now, {"state": "active"})
    return programme


@transaction.atomic
def end_programme(*, programme_id: int, by: str, now: datetime) -> VoucherProgramme:
    """Let a programme pay nothing for hours that are not settled yet; raises ProgrammeNotInState."""
    programme = _locked(programme_id, VoucherProgramme.State.DRAFT, VoucherProgramme.State.ACTIVE)
    programme.state, programme.ended_by, programme.ended_at = VoucherProgramme.State.ENDED, by, now
    programme.save(update_fields=["state", "ended_by", "ended_at"])
    _note(programme, "end", by, now, {"state": "ended", "left_fen": programme.left_fen})
    return programme


@transaction.atomic
def issue_vouchers(
    *, programme_id: int, participant_ids: Sequence[int], by: str, now: datetime, limit_fen: int | None = None
) -> list[Voucher]:
    """Give participants a voucher each, up to `limit_fen` or the programme's cap; returns the new ones.

    Who has one keeps it as it is. Raises ProgrammeNotInState, LimitInvalid, NotABuyer.
    """
    programme = _locked(programme_id, VoucherProgramme.State.DRAFT, VoucherProgramme.State.ACTIVE)
    limit = programme.cap_fen if limit_fen is None else limit_fen
    if not 0 < limit <= programme.cap_fen:
        raise LimitInvalid(
            _("A voucher is for more than ¥0.00 and at most %(cap)s.") % {"cap": yuan(programme.cap_fen)}
        )
    wanted = set(participant_ids)
    buyers = set(Participant.objects.filter(pk__in=wanted, buys=True).values_list("pk", flat=True))
    if not wanted or buyers != wanted:
        raise NotABuyer(_("Choose participants that buy."))
    has = set(programme.vouchers.filter(participant_id__in=wanted).values_list("participant_id", flat=True))
    issued = Voucher.objects.bulk_create(
        Voucher(programme=programme, participant_id=participant_id, limit_fen=limit, issued_by=by, issued_at=now)
        for participant_id in sorted(wanted - has)
    )
    for voucher in issued:
        record_change(
            who=by,
            what="voucher.issue",
            on=voucher,
            now=now,
            after={"programme_id": programme.pk, "limit_fen": limit},
            participant_id=voucher.participant_id,
        )
    return issued


@transaction.atomic
def book_sponsor_payment(*, programme_id: int, amount_fen: int, bank_reference: str, by: str, now: datetime) -> int:
    """Book what a sponsor has paid to our bank for its vouchers, once a bank's reference; returns the transfer's id.

    Raises AmountNotPositive, SponsorReferenceBooked.
    """
    if amount_fen <= 0:
        raise AmountNotPositive(_("Enter an amount above ¥0.00."))
    programme = VoucherProgramme.objects.select_for_update().get(pk=programme_id)
    transfer = NewTransfer(
        debit_account_id=exchange_account_id(Account.Kind.BANK),
        credit_account_id=exchange_account_id(Account.Kind.SUBSIDY),
        amount_fen=amount_fen,
        code=Transfer.Code.SPONSOR,
        key=f"sponsor:{programme.pk}:{bank_reference.strip()}",
    )
    is_new = not Transfer.objects.filter(key=transfer.key).exists()
    try:
        (transfer_id,) = post_transfers(transfers=[transfer], now=now)
    except TransferKeyReused as error:
        raise SponsorReferenceBooked(
            _("The bank's number has been booked with another amount. Look it up in the ledger.")
        ) from error
    if is_new:
        programme.received_fen += amount_fen
        programme.save(update_fields=["received_fen"])
        _note(programme, "sponsor", by, now, {"amount_fen": amount_fen, "bank_reference": bank_reference})
    return transfer_id


def _locked(programme_id: int, *states: VoucherProgramme.State) -> VoucherProgramme:
    programme = VoucherProgramme.objects.select_for_update().filter(pk=programme_id).first()
    if programme is None or programme.state not in states:
        raise ProgrammeNotInState(_("This programme has been dealt with meanwhile. Look at it again."))
    return programme


def _note(programme: VoucherProgramme, verb: str, by: str, now: datetime, after: Mapping[str, object]) -> None:
    record_change(who=by, what=f"voucher_programme.{verb}", on=programme, now=now, after=after)
