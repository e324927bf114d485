"""Settlement runs and what they changed of hours that were settled before; amounts in integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.models import Adjustment, SettlementRun
from marketplace.api.fields import MomentOfHour

SUMS = ("value_fen", "principal_fen", "penalty_fen", "returned_fee_fen", "returned_vat_fen", "disputed_fen")


class RunSerializer(serializers.ModelSerializer[SettlementRun]):
    """A run of the hours `[from_hour, until_hour)`: how far it is, its totals, and whether a delta run is due."""

    starts_at = MomentOfHour(source="from_hour")

    class Meta:
        model = SettlementRun
        fields = (
            "id", "kind", "corrects_id", "from_hour", "until_hour", "starts_at", "state", "last_trade_id", "last_reading_id",
            "is_stale", "started_at", "finished_at", "lines", "value_fen", "buyer_fee_fen", "seller_fee_fen", "vat_fen",
            "adjustments_made", "principal_fen", "penalty_fen", "returned_fee_fen", "returned_vat_fen", "disputed_fen",
        )  # fmt: skip


class SumsSerializer(serializers.Serializer[Any]):
    """What a run and its delta runs come to together."""

    def get_fields(self) -> dict[str, Any]:
        """A sum each."""
        return {name: serializers.IntegerField() for name in SUMS}


class OneRunSerializer(serializers.Serializer[Any]):
    """The run that first settled some hours, the runs that corrected it, and what they come to together."""

    run = RunSerializer()
    deltas = RunSerializer(many=True, help_text="Oldest first; each is the difference to what was settled before it.")
    totals = SumsSerializer()


class AdjustmentSerializer(serializers.ModelSerializer[Adjustment]):
    """What a run changed of one settled hour of a trade, with its evidence."""

    starts_at = MomentOfHour(source="hour")

    class Meta:
        model = Adjustment
        fields = (
            "id", "run_id", "trade_id", "hour", "starts_at", "kind", "accelerators", "principal_fen", "penalty_fen",
            "buyer_fee_fen", "reading_id", "dispute_id", "corrects_id",
        )  # fmt: skip
