"""Versions of VAT rates and tax codes, what a version of the fees says, and whom it would touch."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.fees.versions import FEE_BPS_MAX, TIERS_MAX, Touched
from billing.models import Rate, TaxCode, TaxStatus
from billing.period import first_hour_of
from marketplace.api.fields import DayField, MomentOfHour, Text, TrueOrFalse, WholeNumber
from marketplace.api.serializers.finance.transfers import FEN_MAX

STEPS = ("state", "reason", "proposed_by", "proposed_at", "decided_by", "decided_at")
TAX_CODES = TaxCode.choices


class NewVersionSerializer(serializers.Serializer[Any]):
    """From which day, and why; what every version has."""

    from_day = DayField(help_text="A Beijing day; a VAT rate or tax code applies from its week on.")
    reason = Text(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Turn the day into its first delivery hour."""
        attrs["from_hour"] = first_hour_of(attrs.pop("from_day"))
        return attrs


class NewTierSerializer(serializers.Serializer[Any]):
    """The rates from a 30-day volume on."""

    volume_fen = WholeNumber(max_value=FEN_MAX, help_text="0 in the first tier.")
    maker_fee_bps = WholeNumber(max_value=FEE_BPS_MAX)
    taker_fee_bps = WholeNumber(max_value=FEE_BPS_MAX)


class NewScheduleSerializer(NewVersionSerializer):
    """A version of the general fees, or of one participant's own."""

    participant = Text(required=False, allow_null=True, max_length=80, help_text="Left out: the general fees.")
    tiers = serializers.ListField(
        child=NewTierSerializer(), max_length=TIERS_MAX, help_text="None: the participant's own fees end."
    )
    preview = TrueOrFalse(default=False, help_text="Only say whom it would touch.")


class TouchedSerializer(serializers.Serializer[Touched]):
    """A participant that a version concerns: what it pays today and would pay with the volume it has today."""

    participant = serializers.CharField(source="participant.slug")
    volume_fen = serializers.IntegerField()
    maker_fee_bps = serializers.IntegerField()
    taker_fee_bps = serializers.IntegerField()
    new_maker_fee_bps = serializers.IntegerField()
    new_taker_fee_bps = serializers.IntegerField()
    is_dearer = serializers.BooleanField()


class TouchedListSerializer(serializers.Serializer[Any]):
    """Whom a version would touch, largest volume first."""

    touched = TouchedSerializer(many=True)


class VatRateSerializer(serializers.ModelSerializer[Rate]):
    """A version of the VAT rate of a tax code."""

    starts_at = MomentOfHour(source="from_hour")

    class Meta:
        model = Rate
        fields = ("id", "tax_code", "bps", "from_hour", "starts_at", *STEPS)


class NewVatRateSerializer(NewVersionSerializer):
    """A VAT rate to propose."""

    tax_code = serializers.ChoiceField(TAX_CODES)
    bps = WholeNumber(max_value=10_000)


class TaxCodeSerializer(serializers.ModelSerializer[TaxStatus]):
    """A version of the tax code of a buyer's purchases."""

    participant = serializers.CharField(source="participant.slug")
    starts_at = MomentOfHour(source="from_hour")

    class Meta:
        model = TaxStatus
        fields = ("id", "participant", "tax_code", "from_hour", "starts_at", *STEPS)


class NewTaxCodeSerializer(NewVersionSerializer):
    """A tax code of a buyer to propose."""

    participant = Text(max_length=80)
    tax_code = serializers.ChoiceField(TAX_CODES)
