"""Credit notes by finance: what is asked for, and what it would do."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.credit_notes.by_finance import REASON_MAX, CreditPlan
from billing.models import Invoice


class CreditedLineSerializer(serializers.Serializer[Any]):
    """An amount credited of a line of the document."""

    position = serializers.IntegerField(min_value=1)
    amount_fen = serializers.IntegerField(help_text="Before VAT.")


class NewCreditNoteSerializer(serializers.Serializer[Any]):
    """What to credit of a document."""

    lines = CreditedLineSerializer(
        many=True, required=False, allow_null=True, help_text="All that is left, where left out."
    )
    cause = serializers.ChoiceField(Invoice.Cause.choices, default=Invoice.Cause.ALLOWANCE)
    reason = serializers.CharField(max_length=REASON_MAX, allow_blank=True, default="")
    left_fen = serializers.IntegerField(
        required=False, help_text="What the preview said was left: where that has changed, nothing is credited."
    )
    preview = serializers.BooleanField(default=False, help_text="Only say what it would do.")


class MovementSerializer(serializers.Serializer[Any]):
    """Money between two kinds of accounts."""

    debit_kind = serializers.CharField()
    credit_kind = serializers.CharField()
    amount_fen = serializers.IntegerField()


class CreditPlanSerializer(serializers.Serializer[CreditPlan]):
    """What a credit note would do."""

    net_fen = serializers.IntegerField()
    vat_fen = serializers.IntegerField()
    total_fen = serializers.IntegerField()
    left_fen = serializers.IntegerField(help_text="Of the document now, with VAT.")
    left_after_fen = serializers.IntegerField()
    movements = MovementSerializer(many=True)
