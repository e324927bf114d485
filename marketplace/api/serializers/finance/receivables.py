"""What buyers owe on terms: credit limits, open invoices with their letters, and what is given up; amounts in integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.credit.limits import LIMIT_FEN_MAX, TERMS_DAYS_MAX
from billing.models import Account, CreditLimit, DunningNotice, InvoiceDue, InvoicePayment, WriteOff
from marketplace.api.fields import DayField, Text, WholeNumber
from marketplace.api.serializers.finance.transfers import Fen


class CreditLimitSerializer(serializers.ModelSerializer[CreditLimit]):
    """A version of a buyer's credit limit, from a Beijing day on."""

    participant = serializers.CharField(source="participant.slug")

    class Meta:
        model = CreditLimit
        fields = (
            "id", "participant", "limit_fen", "terms_days", "language", "from_day", "reason", "state", "asked_by", "asked_at",
            "decided_by", "decided_at", "applied_at",
        )  # fmt: skip


class NewLimitSerializer(serializers.Serializer[Any]):
    """A limit to ask for."""

    participant = Text(max_length=80)
    limit_fen = Fen(min_value=0, max_value=LIMIT_FEN_MAX, help_text="0 ends the credit.")
    terms_days = WholeNumber(max_value=TERMS_DAYS_MAX, help_text="Days to pay an invoice.")
    from_day = DayField(help_text="In force from this Beijing day on.")
    language = serializers.ChoiceField(
        CreditLimit.Language.choices, default=CreditLimit.Language.ZH_HANS, help_text="Of reminders."
    )
    reason = Text(max_length=500)


class CreditAccountSerializer(serializers.ModelSerializer[Account]):
    """A buyer with credit, or that uses some still."""

    participant = serializers.CharField(source="participant.slug")
    open_fen = serializers.IntegerField(help_text="Of its invoices.", allow_null=True)
    available_fen = serializers.IntegerField()

    class Meta:
        model = Account
        fields = ("participant", "credit_fen", "overdraft_fen", "available_fen", "open_fen", "bids_stopped_at")


class BucketSerializer(serializers.Serializer[Any]):
    """What is open of one age."""

    name = serializers.CharField(help_text="current, 1-30, 31-60, 61-90 or 90+ days overdue.")
    open_fen = serializers.IntegerField()
    invoices = serializers.IntegerField()


class AgeingSerializer(serializers.Serializer[Any]):
    """What is open by age, today in Beijing."""

    day = serializers.DateField()
    buckets = BucketSerializer(many=True)


class WriteOffSerializer(serializers.ModelSerializer[WriteOff]):
    """What of an invoice was asked to be given up, and who decided."""

    invoice = serializers.CharField(source="due.invoice.number")

    class Meta:
        model = WriteOff
        fields = (
            "id", "invoice", "amount_fen", "reason", "state", "asked_by", "asked_at", "decided_by", "decided_at", "transfer_id",
        )  # fmt: skip


class NewWriteOffSerializer(serializers.Serializer[Any]):
    """How much of an invoice is given up, and why."""

    amount_fen = Fen()
    reason = Text(max_length=500)


class HoldSerializer(serializers.Serializer[Any]):
    """Why dunning is on hold."""

    reason = Text(max_length=500)


class PaymentSerializer(serializers.ModelSerializer[InvoicePayment]):
    """What has paid a part of an invoice."""

    class Meta:
        model = InvoicePayment
        fields = ("kind", "amount_fen", "transfer_id", "at")


class NoticeSerializer(serializers.ModelSerializer[DunningNotice]):
    """A letter about an overdue invoice."""

    class Meta:
        model = DunningNotice
        fields = ("level", "open_fen", "language", "written_at", "sent_to", "sent_at")


class ReceivableSerializer(serializers.ModelSerializer[InvoiceDue]):
    """What is still to be paid of an invoice, and how far its dunning has gone."""

    invoice = serializers.CharField(source="invoice.number")
    participant = serializers.CharField(source="participant.slug")

    class Meta:
        model = InvoiceDue
        fields = (
            "invoice", "participant", "terms_days", "due_on", "total_fen", "paid_fen", "open_fen", "level", "held_reason",
            "held_by", "held_at",
        )  # fmt: skip


class OneReceivableSerializer(ReceivableSerializer):
    """The same with payments, letters and write-offs."""

    payments = PaymentSerializer(many=True)
    notices = NoticeSerializer(many=True)
    write_offs = WriteOffSerializer(many=True)

    class Meta(ReceivableSerializer.Meta):
        fields = (*ReceivableSerializer.Meta.fields, "payments", "notices", "write_offs")  # type: ignore[assignment]
