"""Voucher programmes as finance sets them up; amounts in integer fen, shares in basis points."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.period import first_hour_of
from marketplace.api.fields import DayField, Text, WholeNumber
from marketplace.api.serializers.finance.transfers import Fen
from marketplace.api.serializers.terms import ProgrammeSerializer

PARTICIPANTS_MAX = 1000


class OneProgrammeSerializer(ProgrammeSerializer):
    """A programme with who set it up, who activated it, and what its sponsor has paid."""

    vouchers = serializers.IntegerField(source="given", help_text="How many have been given.")

    class Meta(ProgrammeSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *ProgrammeSerializer.Meta.fields, "received_fen", "vouchers", "created_by", "created_at", "activated_by",
            "activated_at", "ended_by", "ended_at",
        )  # fmt: skip


class NewShareSerializer(serializers.Serializer[Any]):
    """What a programme pays of a compute class."""

    compute_class = Text(max_length=40)
    share_bps = WholeNumber(min_value=1, max_value=10_000)


class NewProgrammeSerializer(serializers.Serializer[Any]):
    """A programme to set up."""

    name = Text(max_length=120)
    name_zh = Text(max_length=120, allow_blank=True, default="")
    sponsor = Text(max_length=120)
    budget_fen = Fen()
    cap_fen = Fen(help_text="At most for one participant.")
    first_day = DayField(help_text="In Beijing.")
    until_day = DayField(help_text="The day after its last.")
    shares = serializers.ListField(child=NewShareSerializer(), min_length=1, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Turn the days into delivery hours."""
        attrs["start"] = first_hour_of(attrs.pop("first_day"))
        attrs["end"] = first_hour_of(attrs.pop("until_day"))
        return attrs


class NewVouchersSerializer(serializers.Serializer[Any]):
    """To whom vouchers are given, and up to how much."""

    participants = serializers.ListField(child=Text(max_length=80), min_length=1, max_length=PARTICIPANTS_MAX)
    limit_fen = Fen(required=False, allow_null=True, help_text="Left out: the programme's cap.")


class SponsorPaymentSerializer(serializers.Serializer[Any]):
    """What a sponsor has paid to our bank."""

    amount_fen = Fen()
    bank_reference = Text(max_length=80, help_text="The bank's number. It is booked once.")
