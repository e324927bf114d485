"""Versions of the penalty on what is not delivered."""

from __future__ import annotations

from rest_framework import serializers

from billing.models import Rate
from marketplace.api.fields import MomentOfHour, WholeNumber
from marketplace.api.serializers.finance.versions import STEPS, NewVersionSerializer


class PenaltySerializer(serializers.ModelSerializer[Rate]):
    """A version of the penalty, a share of the price of what is missing."""

    starts_at = MomentOfHour(source="from_hour")

    class Meta:
        model = Rate
        fields = ("id", "bps", "from_hour", "starts_at", *STEPS)


class NewPenaltySerializer(NewVersionSerializer):
    """A penalty to propose."""

    bps = WholeNumber(max_value=10_000)
