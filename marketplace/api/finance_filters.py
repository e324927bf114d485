"""What finance's lists can be narrowed to."""

from __future__ import annotations

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.credit.ageing import BUCKETS, bucket_case
from billing.models import (
    Account,
    Adjustment,
    BankLine,
    Correction,
    CreditLimit,
    FeeSchedule,
    InvoiceDue,
    Obligation,
    Payout,
    PayoutBatch,
    Rate,
    SettlementRun,
    TaxStatus,
    Transfer,
    Version,
    VoucherProgramme,
    WriteOff,
)
from billing.period import BEIJING
from marketplace.api.filters import TrueOrFalseFilter, WholeNumberFilter


class TransferFilter(filters.FilterSet):
    """By code, phase, whom it concerns, and what it was for."""

    code = filters.ChoiceFilter(choices=Transfer.Code.choices)
    phase = filters.ChoiceFilter(choices=Transfer.Phase.choices)
    participant = filters.CharFilter("participant__slug")
    trade = WholeNumberFilter(method="of_trade", label="What moved for this trade alone")
    run = WholeNumberFilter("run_id")

    class Meta:
        model = Transfer
        fields = ()

    def of_trade(self, transfers: QuerySet[Transfer], name: str, trade: int) -> QuerySet[Transfer]:
        """Keep what moved for a trade, by the index of its buyer's account."""
        found = Obligation.objects.filter(pk=trade).first()
        if found is None:
            return transfers.none()
        account = Account.objects.filter(participant=found.buyer_id, kind=Account.Kind.OBLIGATIONS)
        return transfers.filter(credit_account__in=account, at__gte=found.traded_at, trade_id=trade)


class CorrectionFilter(filters.FilterSet):
    """By state and transfer."""

    state = filters.ChoiceFilter(choices=Correction.State.choices)
    transfer = WholeNumberFilter("transfer_id")

    class Meta:
        model = Correction
        fields = ()


class PayoutBatchFilter(filters.FilterSet):
    """By state."""

    state = filters.ChoiceFilter(choices=PayoutBatch.State.choices)

    class Meta:
        model = PayoutBatch
        fields = ()


class PayoutFilter(filters.FilterSet):
    """By batch, state and participant."""

    batch = WholeNumberFilter("batch_id")
    state = filters.ChoiceFilter(choices=Payout.State.choices)
    participant = filters.CharFilter("participant__slug")

    class Meta:
        model = Payout
        fields = ()


class BankLineFilter(filters.FilterSet):
    """By state, statement and the bank's number."""

    state = filters.ChoiceFilter(choices=BankLine.State.choices)
    statement = WholeNumberFilter("statement_id")
    reference = filters.CharFilter("reference")

    class Meta:
        model = BankLine
        fields = ()


class CreditLimitFilter(filters.FilterSet):
    """By state and buyer."""

    state = filters.ChoiceFilter(choices=CreditLimit.State.choices)
    participant = filters.CharFilter("participant__slug")

    class Meta:
        model = CreditLimit
        fields = ()


class ReceivableFilter(filters.FilterSet):
    """By buyer, age in days overdue, and whether anything is open."""

    participant = filters.CharFilter("participant__slug")
    age = filters.ChoiceFilter(method="of_age", choices=[(name, name) for name, _last in BUCKETS])
    is_open = TrueOrFalseFilter(method="still_open")

    class Meta:
        model = InvoiceDue
        fields = ()

    def of_age(self, dues: QuerySet[InvoiceDue], name: str, bucket: str) -> QuerySet[InvoiceDue]:
        """Keep what is open in a bucket of the ageing today."""
        today = timezone.now().astimezone(BEIJING).date()
        return dues.filter(open_fen__gt=0).alias(bucket=bucket_case(today)).filter(bucket=bucket)

    def still_open(self, dues: QuerySet[InvoiceDue], name: str, is_open: bool) -> QuerySet[InvoiceDue]:
        """Keep what is open, or what is paid."""
        return dues.filter(open_fen__gt=0) if is_open else dues.filter(open_fen=0)


class WriteOffFilter(filters.FilterSet):
    """By state."""

    state = filters.ChoiceFilter(choices=WriteOff.State.choices)

    class Meta:
        model = WriteOff
        fields = ()


class ScheduleFilter(filters.FilterSet):
    """By participant and state."""

    participant = filters.CharFilter("participant__slug")
    state = filters.ChoiceFilter(choices=Version.State.choices)

    class Meta:
        model = FeeSchedule
        fields = ()


class RateFilter(filters.FilterSet):
    """By state."""

    state = filters.ChoiceFilter(choices=Version.State.choices)

    class Meta:
        model = Rate
        fields = ()


class TaxCodeFilter(filters.FilterSet):
    """By buyer and state."""

    participant = filters.CharFilter("participant__slug")
    state = filters.ChoiceFilter(choices=Version.State.choices)

    class Meta:
        model = TaxStatus
        fields = ()


class ProgrammeFilter(filters.FilterSet):
    """By state."""

    state = filters.ChoiceFilter(choices=VoucherProgramme.State.choices)

    class Meta:
        model = VoucherProgramme
        fields = ()


class RunFilter(filters.FilterSet):
    """By kind, state, and whether readings have come since."""

    kind = filters.ChoiceFilter(choices=SettlementRun.Kind.choices)
    state = filters.ChoiceFilter(choices=SettlementRun.State.choices)
    is_stale = TrueOrFalseFilter()
    corrects = WholeNumberFilter("corrects_id")

    class Meta:
        model = SettlementRun
        fields = ()


class AdjustmentFilter(filters.FilterSet):
    """By trade, kind, run, and the run with all that corrected it."""

    trade = WholeNumberFilter("trade_id")
    kind = filters.ChoiceFilter(choices=Adjustment.Kind.choices)
    run = WholeNumberFilter("run_id")
    corrected_run = WholeNumberFilter(method="of_run_and_deltas", label="A run and the delta runs that correct it")

    class Meta:
        model = Adjustment
        fields = ()

    def of_run_and_deltas(self, found: QuerySet[Adjustment], name: str, run: int) -> QuerySet[Adjustment]:
        """Keep what a run and its delta runs changed."""
        return found.filter(Q(run_id=run) | Q(run__corrects_id=run))
