"""Halts, a market's terms and its reference prices, as operators set them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from rest_framework import serializers

from marketplace.api.fields import HourField, Text, WholeNumber, WordField
from matching.engine.bounds import HOURS_MAX, PRICE_FEN_MAX
from matching.engine.dtypes import ContractState, Do
from matching.halted import reason_of, until_of
from matching.halts import COLLECT_MINUTES, COLLECT_MINUTES_MAX, REASON_LENGTH_MAX
from matching.models import Halt, HaltStep, Market, Reference
from matching.opening import BOUNDS, ChangingTerms
from matching.references import BAND_BPS_MAX

MARKETS_MAX = 500
REOPEN_MINUTES_MAX = 7 * 24 * 60
STATES = {"over": ContractState.OPEN, "collecting": ContractState.COLLECTING, "halted": ContractState.HALTED}
STEPS = {"halt": Do.HALT, "collect": Do.COLLECT, "resume": Do.RESUME}


class StepSerializer(serializers.ModelSerializer[HaltStep]):
    """Who did what to a halt, and why."""

    do = WordField(STEPS)

    class Meta:
        model = HaltStep
        fields = ("do", "at", "by", "reason")


class HaltSerializer(serializers.ModelSerializer[Halt]):
    """Trading stopped in a market, or in `hours` of its contracts from `hour` on."""

    market = serializers.CharField(source="market.symbol")
    state = WordField(STATES)
    why = serializers.SerializerMethodField(help_text="The operator's words, or what moved.")
    next = serializers.SerializerMethodField(help_text="What comes next, in a sentence.")
    steps = StepSerializer(many=True)

    class Meta:
        model = Halt
        fields = (
            "id", "market", "hour", "hours", "cause", "state", "why", "next", "began_at", "collect_at", "resume_at", "ended_at",
            "steps",
        )  # fmt: skip

    def get_why(self, halt: Halt) -> str:
        """Say it as the market's page does."""
        return reason_of(halt)

    def get_next(self, halt: Halt) -> str:
        """Nothing, of a halt that is over."""
        return "" if halt.state == ContractState.OPEN else until_of(halt)


class HaltsSerializer(serializers.Serializer[Any]):
    """Halts that begin together."""

    halts = HaltSerializer(many=True)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = Text(max_length=REASON_LENGTH_MAX, help_text="Traders read it on the market's page.")


class CollectSerializer(ReasonSerializer):
    """Why, and for how long orders come in before the auction."""

    minutes = WholeNumber(min_value=1, max_value=COLLECT_MINUTES_MAX, default=COLLECT_MINUTES)


class NewHaltSerializer(ReasonSerializer):
    """What is halted, why, and when it reopens by itself."""

    market = Text(required=False, allow_null=True, max_length=90, help_text="Left out: every market.")
    start = HourField(required=False, help_text="First delivery hour; left out: all delivery hours.")
    hours = WholeNumber(required=False, min_value=1, max_value=HOURS_MAX, help_text="From `start`; 1 where left out.")
    reopen_after_minutes = WholeNumber(
        required=False, min_value=1, max_value=REOPEN_MINUTES_MAX, help_text="Left out: until somebody reopens it."
    )
    collect_minutes = WholeNumber(min_value=1, max_value=COLLECT_MINUTES_MAX, default=COLLECT_MINUTES)


def _bounded(name: str, **more: Any) -> WholeNumber:
    low, high = BOUNDS[name]
    return WholeNumber(min_value=low, max_value=high, **more)


class TermsSerializer(serializers.Serializer[Any]):
    """Terms that may change while a market trades; what is left out stays."""

    horizon_hours = _bounded("horizon_hours", required=False, help_text="How far ahead orders reach.")
    open_blocks_max = _bounded("open_blocks_max", required=False, help_text="For each participant.")
    breaker_bps = _bounded("breaker_bps", required=False, allow_null=True, help_text="Null: no breaker.")
    breaker_minutes = _bounded("breaker_minutes", required=False)
    breaker_halt_minutes = _bounded("breaker_halt_minutes", required=False)
    breaker_collect_minutes = _bounded("breaker_collect_minutes", required=False)


class ChangeTermsSerializer(TermsSerializer):
    """The same, and why."""

    reason = Text(max_length=REASON_LENGTH_MAX)


class NewMarketSerializer(TermsSerializer):
    """Which class in which hub, with all its terms; those left out are the exchange's defaults."""

    compute_class = Text(max_length=40)
    hub = Text(max_length=60)
    lot = _bounded("lot", default=1, help_text="Cannot be changed later.")
    tick_fen = _bounded("tick_fen", default=1, help_text="Cannot be changed later.")
    lead_hours = _bounded(
        "lead_hours", default=0, help_text="Gate closes so long before the hour. Cannot be changed later."
    )


class TermsOfMarketSerializer(serializers.ModelSerializer[Market]):
    """A market's terms, as its operators see them."""

    class Meta:
        model = Market
        fields = (
            "symbol", "lot", "tick_fen", "lead_hours", *(field.name for field in fields(ChangingTerms)), "link_group",
            "reference_price_fen", "protection_band_bps",
        )  # fmt: skip


class ReferenceSerializer(serializers.ModelSerializer[Reference]):
    """A reference price that a market was given."""

    class Meta:
        model = Reference
        fields = ("id", "price_fen", "band_bps", "day", "by", "reason", "at")


class NewReferenceSerializer(serializers.Serializer[Any]):
    """A reference price to set."""

    price_fen = WholeNumber(min_value=1, max_value=PRICE_FEN_MAX)
    band_bps = WholeNumber(
        required=False, min_value=1, max_value=BAND_BPS_MAX, help_text="To either side; left out: as it is."
    )
    reason = Text(max_length=REASON_LENGTH_MAX)
