"""Months of the ledger: where they stand, what is still to be done, and who closed or opened them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.models import LedgerSeal, MonthClosing
from billing.months.standing import MonthStanding
from marketplace.api.fields import Text

CLOSING = ("closed_by", "closed_at", "reopening_asked_by", "reopening_asked_at", "reopening_reason")


class ClosingSerializer(serializers.ModelSerializer[MonthClosing]):
    """A close, and how it was opened again where it was."""

    asked_by = serializers.CharField(source="request.asked_by", default="")

    class Meta:
        model = MonthClosing
        fields = ("asked_by", *CLOSING, "reopened_by", "reopened_at")


class MonthSerializer(serializers.Serializer[Any]):
    """A month (Beijing)."""

    month = serializers.CharField(help_text="2026-03")
    state = serializers.SerializerMethodField(help_text="asked: a second person has to agree to its close.")
    is_over = serializers.BooleanField()
    was_reopened = serializers.BooleanField()
    asked_by = serializers.CharField(source="request.asked_by", default=None, allow_null=True)
    asked_at = serializers.DateTimeField(source="request.asked_at", default=None, allow_null=True)
    closing = ClosingSerializer(allow_null=True, help_text="The close in force.")

    def get_state(self, standing: MonthStanding) -> str:
        """`open`, `asked`, `closed` or `reopening`."""
        if standing.closing is not None:
            return "closed" if standing.closing.reopening_asked_at is None else "reopening"
        return "open" if standing.request is None else "asked"


class MonthsSerializer(serializers.Serializer[Any]):
    """The newest months."""

    months = MonthSerializer(many=True)


class PointSerializer(serializers.Serializer[Any]):
    """A thing to be done before the close."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # no form shows it
    open = serializers.IntegerField(
        help_text="How many are left, 0 is done; of the reconciliation a difference in fen."
    )
    how = serializers.CharField(help_text="What ends it.")


class SealSerializer(serializers.ModelSerializer[LedgerSeal]):
    """The first link of the ledger's hash chain that covers the month."""

    class Meta:
        model = LedgerSeal
        fields = ("id", "last_id", "hash", "sealed_at")


class OneMonthSerializer(MonthSerializer):
    """A month with its points, its seal and its history."""

    points = PointSerializer(many=True, help_text="None once it is closed.")
    seal = SealSerializer(allow_null=True)
    history = ClosingSerializer(many=True, help_text="Every close, newest first.")


class ReopeningSerializer(serializers.Serializer[Any]):
    """Why a month has to be opened again."""

    reason = Text(max_length=500)
