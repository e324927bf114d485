"""Finance credits a document, whole or by lines and amounts: first what it would do, then the note with its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.credit_notes.net_lines import Left, creditable_lines, left_fen
from billing.credit_notes.notes import new_note, vat_between
from billing.credit_notes.postings import Movement, change_vat_base, credit_movements, post_movements
from billing.documents.lines import allowance_line
from billing.documents.storing import store_documents
from billing.ledger import AccountLimitExceeded
from billing.models import Invoice, VatPeriod
from billing.money import yuan
from billing.serial import wait_for_turn
from billing.vouchers.returning import find_return, keep_return
from matching.changes import record_change

REASON_MAX = 500


class UnableToCredit(Exception):
    """A credit note that cannot be issued; `code` is stable, `field` the input at fault."""

    code = "unable_to_credit"
    field: str | None = None


class NotCreditable(UnableToCredit):
    """A note is not credited itself."""

    code = "not_creditable"


class NothingToCredit(UnableToCredit):
    """No amount is given, or nothing is left of the document."""

    code, field = "nothing_to_credit", "lines"


class LineUnknown(UnableToCredit):
    """The document has no such line, or one that is no charge."""

    code, field = "line_unknown", "lines"


class AmountNotPositive(UnableToCredit):
    """An amount below nothing."""

    code, field = "amount_not_positive", "lines"


class MoreThanLeft(UnableToCredit):
    """A line would be credited beyond what is left of it."""

    code, field = "more_than_left", "lines"


class CreditReasonMissing(UnableToCredit):
    """A credit note needs a reason, which the other side reads."""

    code, field = "reason_missing", "reason"


class CauseUnknown(UnableToCredit):
    """None of the causes of the tax platform."""

    code, field = "cause_unknown", "cause"


class DocumentChanged(UnableToCredit):
    """Something has been credited since the preview."""

    code, field = "document_changed", "left_fen"


@dataclass(frozen=True, slots=True)
class CreditPlan:
    """What a credit note would do; amounts in fen."""

    document: Invoice
    lines: Sequence[tuple[Left, int]]  # a line and what is credited of it, before VAT
    vat_fen: int
    left_fen: int  # of the document before it, with VAT
    movements: Sequence[Movement]

    @property
    def net_fen(self) -> int:
        """What is credited before VAT."""
        return sum(amount_fen for _left, amount_fen in self.lines)

    @property
    def total_fen(self) -> int:
        """What is credited with VAT."""
        return self.net_fen + self.vat_fen

    @property
    def left_after_fen(self) -> int:
        """What the document then comes to, with VAT."""
        return self.left_fen - self.total_fen


def plan_credit(*, document: Invoice, amounts_fen: Mapping[int, int] | None) -> CreditPlan:
    """Say what crediting a document would do; `amounts_fen` by line position before VAT, None for all that is left.

    Raises NotCreditable, LineUnknown, AmountNotPositive, MoreThanLeft, NothingToCredit.
    """
    if document.is_note:
        raise NotCreditable(_("%(number)s is a note itself. Credit the document that it corrects.") % _named(document))
    by_position = {left.line.position: left for left in creditable_lines(document)}
    if amounts_fen is None:
        amounts_fen = _all_that_is_left(document, by_position)
    chosen = [
        (_checked(by_position, document, position, fen), fen) for position, fen in sorted(amounts_fen.items()) if fen
    ]
    if not chosen:
        raise NothingToCredit(_("Nothing of %(number)s is credited. Enter an amount.") % _named(document))
    compute_fen = sum(fen for left, fen in chosen if left.line.is_compute)
    fee_fen = sum(fen for left, fen in chosen if not left.line.is_compute)
    period = _vat_period(document)
    vat_fen = 0
    if period is not None:
        base_fen = period.settled_base_fen
        vat_fen = vat_between(rate_bps=period.rate_bps, upper_fen=base_fen, lower_fen=base_fen - compute_fen - fee_fen)
    rest_fen = left_fen(document)
    if compute_fen + fee_fen + vat_fen > rest_fen:
        raise MoreThanLeft(
            _("%(left)s is left of %(number)s, so no more can be credited.")
            % {"left": yuan(rest_fen), **_named(document)}
        )
    movements = credit_movements(document=document, compute_fen=compute_fen, fee_fen=fee_fen, vat_fen=vat_fen)
    return CreditPlan(document, chosen, vat_fen, rest_fen, movements)


@transaction.atomic
def issue_credit_note(
    *,
    number: str,
    amounts_fen: Mapping[int, int] | None,
    cause: str,
    reason: str,
    by: str,
    now: datetime,
    left_fen: int | None = None,
) -> Invoice:
    """Issue a credit note on a document and move its money, in one transaction; arguments as in `plan_credit`.

    `left_fen` is what the preview said was left: where that has changed, DocumentChanged is raised, so a form sent twice
    credits once. Raises CreditReasonMissing, CauseUnknown, DocumentChanged, and what `plan_credit` raises.
    """
    if not reason.strip():
        raise CreditReasonMissing(_("Say why it is credited. The other side reads it on the note."))
    if cause not in Invoice.Cause.values:
        raise CauseUnknown(_("Choose a cause: %(causes)s.") % {"causes": ", ".join(Invoice.Cause.values)})
    wait_for_turn()
    document = Invoice.objects.get(number=number)
    plan = plan_credit(document=document, amounts_fen=amounts_fen)
    if left_fen is not None and left_fen != plan.left_fen:
        raise DocumentChanged(
            _("%(left)s is left of %(number)s now, which is not what you saw. Look at it again.")
            % {"left": yuan(plan.left_fen), **_named(document)}
        )
    credited = {left.line.market_id: fen for left, fen in plan.lines if left.line.market_id is not None}
    returned = find_return(document=document, credited_fen=credited)
    note, lines = new_note(
        document=document,
        kind=Invoice.Kind.CREDIT,
        lines=[allowance_line(line=left.line, amount_fen=fen) for left, fen in plan.lines],
        vat_fen=plan.vat_fen,
        cause=Invoice.Cause(cause),
        reason=reason.strip()[:REASON_MAX],
        by=by,
    )
    note.voucher_fen = -sum(use.amount_fen for use in returned.uses)
    (note,) = store_documents([(note, lines)], now=now)
    try:
        post_movements(note=note, movements=list(plan.movements), now=now)
    except AccountLimitExceeded as error:  # a payout has taken what the plan counted on
        raise DocumentChanged(_("The provider's account has just moved. Look at it again and retry.")) from error
    keep_return(changes=returned, note=note, now=now)
    period = _vat_period(document)
    if period is not None:
        change_vat_base(period=period, base_fen=-plan.net_fen, vat_fen=-plan.vat_fen)
    record_change(
        who=by,
        what="credit_note.issue",
        on=note,
        before={"left_fen": plan.left_fen},
        after={"left_fen": plan.left_after_fen, "corrects": document.number, "total_fen": note.total_fen},
        participant_id=note.participant_id,
        why=note.reason,
        now=now,
    )
    return note


def _all_that_is_left(document: Invoice, by_position: Mapping[int, Left]) -> dict[int, int]:
    """Return every line's rest; of a statement no more than it pays, since its fee and shortfalls are taken off already."""
    rest_fen = left_fen(document) if document.kind == Invoice.Kind.STATEMENT else None
    amounts = {}
    for position, left in by_position.items():
        amounts[position] = left.amount_fen if rest_fen is None else max(0, min(left.amount_fen, rest_fen))
        rest_fen = None if rest_fen is None else rest_fen - amounts[position]
    return amounts


def _checked(by_position: Mapping[int, Left], document: Invoice, position: int, fen: int) -> Left:
    left = by_position.get(position)
    if left is None:
        raise LineUnknown(
            _("%(number)s has no line %(line)s that can be credited.") % {"line": position, **_named(document)}
        )
    if fen < 0:
        raise AmountNotPositive(_("Line %(line)s: an amount cannot be below 0.") % {"line": position})
    if fen > left.amount_fen:
        raise MoreThanLeft(
            _("Line %(line)s: %(left)s is left of it, so no more can be credited.")
            % {"line": position, "left": yuan(left.amount_fen)}
        )
    return left


def _vat_period(document: Invoice) -> VatPeriod | None:
    if document.kind != Invoice.Kind.INVOICE:
        return None
    return VatPeriod.objects.get(participant_id=document.participant_id, start=document.start)


def _named(document: Invoice) -> dict[str, str]:
    return {"number": document.number}
