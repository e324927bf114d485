"""Fees and vouchers; amounts in integer fen, rates in basis points."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.models import FeeSchedule, Voucher, VoucherProgramme, VoucherRate, VoucherUse
from billing.period import date_of
from marketplace.api.fields import MomentOfHour


class TierSerializer(serializers.Serializer[Any]):
    """The rates from a 30-day volume on."""

    volume_fen = serializers.IntegerField()
    maker_fee_bps = serializers.IntegerField()
    taker_fee_bps = serializers.IntegerField()


def tier_rows(tiers: list[tuple[int, int, int]]) -> list[dict[str, int]]:
    """Tiers as TierSerializer takes them."""
    return [{"volume_fen": volume, "maker_fee_bps": maker, "taker_fee_bps": taker} for volume, maker, taker in tiers]


class FeesSerializer(serializers.Serializer[Any]):
    """What the caller pays today (Beijing)."""

    volume_fen = serializers.IntegerField(help_text="Bought and sold in the 30 days before this midnight in Beijing.")
    maker_fee_bps = serializers.IntegerField()
    taker_fee_bps = serializers.IntegerField()
    vat_bps = serializers.IntegerField(help_text="On what the caller buys for delivery this week.")
    penalty_bps = serializers.IntegerField(
        help_text="On the price of what is not delivered of today's trades; providers pay it, holders get it."
    )
    is_own = serializers.BooleanField(help_text="By a schedule of the caller's own, not the general one.")
    missing_fen = serializers.IntegerField(help_text="To be traded for the next tier; 0 on the last.")
    tiers = TierSerializer(many=True)


class DecisionSerializer(serializers.Serializer[Any]):
    """Who proposed a version and why, and who decided about it."""

    reason = serializers.CharField()
    proposed_by = serializers.CharField()
    proposed_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)


class FeeScheduleSerializer(serializers.ModelSerializer[FeeSchedule]):
    """A version of the general fees, or of a participant's own; who proposed and approved it is finance's own matter."""

    participant = serializers.CharField(source="participant.slug", allow_null=True, default=None)
    starts_at = MomentOfHour(source="from_hour")
    tiers = serializers.SerializerMethodField(help_text="None of them: the general fees apply again.")
    decision = serializers.SerializerMethodField(help_text="Null for all but finance.")

    class Meta:
        model = FeeSchedule
        fields = ("id", "participant", "from_hour", "starts_at", "tiers", "state", "decision")

    @extend_schema_field(DecisionSerializer(allow_null=True))
    def get_decision(self, schedule: FeeSchedule) -> dict[str, Any] | None:
        """Show it to finance."""
        return DecisionSerializer(schedule).data if self.context.get("shows_decision") else None

    @extend_schema_field(TierSerializer(many=True))
    def get_tiers(self, schedule: FeeSchedule) -> list[dict[str, int]]:
        """A row a tier."""
        return tier_rows(schedule.tiers)


class VoucherRateSerializer(serializers.ModelSerializer[VoucherRate]):
    """What a programme pays of a compute class."""

    compute_class = serializers.CharField(source="compute_class.slug")

    class Meta:
        model = VoucherRate
        fields = ("compute_class", "share_bps")


class ProgrammeSerializer(serializers.ModelSerializer[VoucherProgramme]):
    """A voucher programme."""

    starts_at = MomentOfHour(source="start")
    ends_at = MomentOfHour(source="end")
    rates = VoucherRateSerializer(many=True)

    class Meta:
        model = VoucherProgramme
        fields = (
            "id", "name", "name_zh", "sponsor", "state", "start", "end", "starts_at", "ends_at", "budget_fen", "used_fen",
            "left_fen", "cap_fen", "rates",
        )  # fmt: skip


class VoucherSerializer(serializers.ModelSerializer[Voucher]):
    """A participant's voucher; `left_fen` is within the programme's budget."""

    participant = serializers.CharField(source="participant.slug")
    programme = ProgrammeSerializer()

    class Meta:
        model = Voucher
        fields = ("id", "participant", "limit_fen", "used_fen", "left_fen", "issued_at", "programme")


class VoucherUseSerializer(serializers.ModelSerializer[VoucherUse]):
    """What a settlement run let a voucher pay; negative where a shortfall gave it back."""

    participant = serializers.CharField(source="voucher.participant.slug")
    compute_class = serializers.CharField(source="compute_class.slug")
    note = serializers.CharField(
        source="note.number", allow_null=True, default=None, help_text="The credit note that gave it back."
    )
    day = serializers.SerializerMethodField(help_text="Beijing date of the delivery hours.")

    class Meta:
        model = VoucherUse
        fields = ("id", "voucher", "participant", "run", "note", "day", "compute_class", "base_fen", "amount_fen")

    def get_day(self, use: VoucherUse) -> str:
        """`2025-11-24`."""
        return date_of(use.day).isoformat()
