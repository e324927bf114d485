"""What a bank line probably is, with the reason: a deposit, the payment of an invoice, a payout that left, or one that came back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from billing.models import BankLine, InvoiceDue, Payout, PayoutBatch
from matching.models import Participant

WORD = re.compile(r"[A-Z0-9][A-Z0-9-]*")
INVOICE_NUMBER = re.compile(r"SS-\d{4}-[A-Z]{1,4}-\d{6}")
PAYOUT_NUMBER = re.compile(r"\bP(\d{1,18})\b")


class BookAs(StrEnum):
    """What a line can be booked as."""

    DEPOSIT = "deposit"  # target: a participant
    INVOICE = "invoice"  # target: an invoice with terms of payment
    PAYOUT_PAID = "payout_paid"  # target: a payout
    PAYOUT_RETURNED = "payout_returned"  # target: a payout


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """What to book a line as, and why we think so."""

    book_as: BookAs
    target_id: int
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What lines are compared with."""

    by_reference: dict[str, Participant]
    by_account: dict[str, Participant]
    by_name: dict[str, Participant]
    out: list[Payout]
    paid: list[Payout]
    due: list[InvoiceDue]


def suggest(lines: Sequence[BankLine]) -> dict[int, Suggestion]:
    """Return the likeliest booking of each open line that has one, by the line's id; four statements however many."""
    known = _known()
    found = ((line.pk, _suggestion(line, known)) for line in lines if line.state == BankLine.State.OPEN)
    return {pk: suggestion for pk, suggestion in found if suggestion is not None}


def _known() -> _Known:
    participants = list(Participant.objects.order_by("id"))
    payouts = Payout.objects.select_related("participant").filter(batch__state=PayoutBatch.State.SENT)
    return _Known(
        by_reference={p.slug.upper(): p for p in participants},
        by_account=_unambiguous((_digits(p.bank_account), p) for p in participants),
        by_name=_unambiguous((p.legal_name, p) for p in participants),
        out=list(payouts.filter(state=Payout.State.RESERVED)),
        paid=list(payouts.filter(state=Payout.State.PAID, bank_lines__isnull=False).distinct()),
        due=list(InvoiceDue.objects.filter(open_fen__gt=0).select_related("invoice", "participant")),
    )


def _unambiguous(pairs: Iterable[tuple[str, Participant]]) -> dict[str, Participant]:
    """Keep what only one participant has."""
    found: dict[str, list[Participant]] = {}
    for key, participant in pairs:
        found.setdefault(key, []).append(participant)
    return {key: owners[0] for key, owners in found.items() if key and len(owners) == 1}


def _suggestion(line: BankLine, known: _Known) -> Suggestion | None:
    if line.amount_fen < 0:
        return _payout(line, known.out, BookAs.PAYOUT_PAID)
    return _payout(line, known.paid, BookAs.PAYOUT_RETURNED, only_numbered=True) or _invoice_or_deposit(line, known)


def _payout(
    line: BankLine, payouts: Sequence[Payout], book_as: BookAs, *, only_numbered: bool = False
) -> Suggestion | None:
    """Find the payout of this amount that the line names, or the only one to this account."""
    same = [payout for payout in payouts if payout.amount_fen == abs(line.amount_fen)]
    numbers = {int(number) for number in PAYOUT_NUMBER.findall(line.text.upper())}
    numbered = [payout for payout in same if payout.pk in numbers]
    account = _digits(line.counterparty_account)
    there = [payout for payout in same if account and _digits(payout.bank_account) == account]
    if numbered:
        return _of_payout(numbered[0], book_as, _("the text names it"))
    if len(there) == 1 and not only_numbered:
        return _of_payout(there[0], book_as, _("same amount and account"))
    return None


def _of_payout(payout: Payout, book_as: BookAs, why: str) -> Suggestion:
    return Suggestion(book_as=book_as, target_id=payout.pk, target=f"P{payout.pk} · {payout.payee}", why=why)


def _invoice_or_deposit(line: BankLine, known: _Known) -> Suggestion | None:
    """Find the open invoice that the text names, or the only one of this amount of who pays; else a deposit."""
    numbers = set(INVOICE_NUMBER.findall(line.text.upper()))
    named = [due for due in known.due if due.invoice.number in numbers]
    if len(named) == 1:
        return _of_invoice(named[0], _("the text names it"))
    deposit = _deposit(line, known)
    if deposit is None:
        return None
    same = [due for due in known.due if (due.participant_id, due.open_fen) == (deposit.target_id, line.amount_fen)]
    return _of_invoice(same[0], _("same amount, and %s") % deposit.why) if len(same) == 1 and not named else deposit


def _of_invoice(due: InvoiceDue, why: str) -> Suggestion:
    target = f"{due.invoice.number} · {due.participant.name}"
    return Suggestion(book_as=BookAs.INVOICE, target_id=due.pk, target=target, why=why)


def _deposit(line: BankLine, known: _Known) -> Suggestion | None:
    named = {known.by_reference[word] for word in WORD.findall(line.text.upper()) if word in known.by_reference}
    if len(named) == 1:
        return _of_participant(named.pop(), _("the text has its reference"))
    participant = known.by_account.get(_digits(line.counterparty_account))
    if participant is not None and not named:
        return _of_participant(participant, _("it comes from its account"))
    participant = known.by_name.get(line.counterparty)
    if participant is not None and not named:
        return _of_participant(participant, _("it comes from its legal name"))
    return None


def _of_participant(participant: Participant, why: str) -> Suggestion:
    return Suggestion(book_as=BookAs.DEPOSIT, target_id=participant.pk, target=participant.name, why=why)


def _digits(account: str) -> str:
    """Return an account's digits, which are all that two banks write alike; nothing where they are too few to tell."""
    digits = re.sub(r"\D", "", account)
    return digits if len(digits) >= 8 else ""
