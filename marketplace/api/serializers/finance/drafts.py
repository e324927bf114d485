"""Documents as they would be issued now."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.documents.drafts import LastWeek
from billing.models import Invoice


class DraftSerializer(serializers.ModelSerializer[Invoice]):
    """A document without a number: until it is issued, readings and disputes change it."""

    participant = serializers.CharField(source="participant.slug")

    class Meta:
        model = Invoice
        fields = ("kind", "participant", "accelerator_hours", "net_fen", "vat_fen", "voucher_fen", "total_fen")


class DraftsSerializer(serializers.Serializer[LastWeek]):
    """The drafts of the week that ended last, when they are issued, and why they cannot be yet."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    issued_from = serializers.DateTimeField()
    why_not = serializers.CharField(allow_null=True)
    drafts = serializers.SerializerMethodField()

    @extend_schema_field(DraftSerializer(many=True))
    def get_drafts(self, week: LastWeek) -> Any:
        """Without their lines."""
        return DraftSerializer([invoice for invoice, _lines in week.documents], many=True).data
