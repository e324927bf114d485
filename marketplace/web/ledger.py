"""The ledger as finance reads it: a trial balance by kind of account, and booking of bank transfers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.db.models import Count, F, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.funds import UnableToDeposit, book_deposit
from billing.models import Account
from marketplace.web.fields import YuanField
from matching.models import Participant

SHOWN = 200


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """All accounts of one kind; amounts in fen."""

    kind: str
    accounts: int
    debits_fen: int
    credits_fen: int
    debits_pending_fen: int
    credits_pending_fen: int

    @property
    def name(self) -> str:
        """What the kind is, in words."""
        names = {
            Account.Kind.FUNDS: _("Participants' funds"),
            Account.Kind.OBLIGATIONS: _("Buyers' obligations"),
            Account.Kind.PAYABLE: _("Owed to providers"),
            Account.Kind.RECEIVABLE: _("Owed by participants"),
            Account.Kind.DISPUTED: _("Disputed deliveries"),
            Account.Kind.CLEARING: _("Clearing"),
            Account.Kind.FEES: _("Fees earned"),
            Account.Kind.ALLOWANCES: _("Allowances by credit notes"),
            Account.Kind.VAT: _("VAT owed"),
            Account.Kind.SUBSIDY: _("Voucher subsidy"),
            Account.Kind.BANK: _("Bank"),
            Account.Kind.PROCESSOR: _("At processors of payments"),
            Account.Kind.BAD_DEBT: _("Written off as not paid"),
        }
        return names.get(Account.Kind(self.kind), Account.Kind(self.kind).label)

    @property
    def has_participants(self) -> bool:
        return self.kind in (
            Account.Kind.FUNDS,
            Account.Kind.OBLIGATIONS,
            Account.Kind.PAYABLE,
            Account.Kind.RECEIVABLE,
        )

    @property
    def balance_fen(self) -> int:
        """Debits less credits: a debit balance is positive."""
        return self.debits_fen - self.credits_fen


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every kind, and the two sums that must be equal."""

    lines: tuple[LedgerLine, ...]

    @property
    def debits_fen(self) -> int:
        return sum(line.debits_fen for line in self.lines)

    @property
    def credits_fen(self) -> int:
        return sum(line.credits_fen for line in self.lines)

    @property
    def difference_fen(self) -> int:
        return self.debits_fen - self.credits_fen


def trial_balance() -> TrialBalance:
    """Sum the accounts by kind; one statement."""
    sums = {
        row["kind"]: row
        for row in Account.objects.values("kind").annotate(
            accounts=Count("pk"),
            debits_posted_sum=Sum("debits_posted"),
            credits_posted_sum=Sum("credits_posted"),
            debits_pending_sum=Sum("debits_pending"),
            credits_pending_sum=Sum("credits_pending"),
        )
    }
    return TrialBalance(
        tuple(
            LedgerLine(
                kind,
                sums[kind]["accounts"],
                sums[kind]["debits_posted_sum"],
                sums[kind]["credits_posted_sum"],
                sums[kind]["debits_pending_sum"],
                sums[kind]["credits_pending_sum"],
            )
            for kind in Account.Kind.values
            if kind in sums
        )
    )


def participants_of_kind(kind: str) -> list[Account]:
    """The largest accounts of a kind with their participants."""
    accounts = Account.objects.filter(kind=kind, participant__isnull=False).select_related("participant")
    moved = accounts.exclude(credits_posted=0, debits_posted=0, debits_pending=0, credits_pending=0)
    return list(moved.order_by((F("credits_posted") - F("debits_posted")).desc(), "participant_id")[:SHOWN])


class DepositForm(forms.Form):
    """A transfer as the bank statement shows it."""

    participant = forms.ModelChoiceField(Participant.objects.order_by("name"), label=gettext_lazy("Participant"))
    amount_fen = YuanField(label=gettext_lazy("Amount, ¥"))
    reference = forms.CharField(
        label=gettext_lazy("Bank reference"),
        max_length=100,
        help_text=gettext_lazy("The bank's own number of the transfer. It can be booked once."),
    )

    def book(self, *, by: str, now: datetime) -> bool:
        """Deposit it; where that cannot be done, the form says why and False is returned."""
        data = self.cleaned_data
        try:
            book_deposit(
                participant_id=data["participant"].pk,
                amount_fen=data["amount_fen"],
                reference=data["reference"],
                by=by,
                now=now,
            )
        except UnableToDeposit as error:
            self.add_error(error.field, str(error))
            return False
        return True
