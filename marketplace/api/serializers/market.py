"""Markets, contracts and books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.api.fields import SIDES, MomentOfHour, WordField
from matching.hours import first_open_hour
from matching.models import ComputeClass, Hub, Market, Trade


class ComputeClassSerializer(serializers.ModelSerializer[ComputeClass]):
    """A kind of accelerator with its published facts; null where nobody publishes one."""

    class Meta:
        model = ComputeClass
        fields = (
            "slug", "name", "vendor", "is_domestic", "memory_gb", "memory_gb_per_s", "bf16_tflops", "power_w",
            "facts_source",
        )  # fmt: skip


class HubSerializer(serializers.ModelSerializer[Hub]):
    """A delivery region."""

    class Meta:
        model = Hub
        fields = ("slug", "name", "name_zh")


class MarketSerializer(serializers.ModelSerializer[Market]):
    """A compute class in a hub, with its trading rules."""

    compute_class = ComputeClassSerializer()
    hub = HubSerializer()
    first_open_hour = serializers.SerializerMethodField(help_text="The first delivery hour that still trades.")

    class Meta:
        model = Market
        fields = (
            "symbol", "compute_class", "hub", "lot", "tick_fen", "lead_hours", "horizon_hours", "open_blocks_max",
            "reference_price_fen", "protection_band_bps", "first_open_hour",
        )  # fmt: skip

    @extend_schema_field(serializers.IntegerField())
    def get_first_open_hour(self, market: Market) -> int:
        """Work out what trades at the moment of the request."""
        now: datetime = self.context.get("now") or timezone.now()
        return first_open_hour(market, now)


class ContractSerializer(serializers.Serializer[Any]):
    """One delivery hour of a market: its book at a glance and what has traded."""

    hour = serializers.IntegerField()
    starts_at = MomentOfHour(source="hour")
    best_bid_fen = serializers.IntegerField(allow_null=True)
    best_bid_quantity = serializers.IntegerField(allow_null=True, help_text="Accelerators bid for at the best price.")
    best_ask_fen = serializers.IntegerField(allow_null=True)
    best_ask_quantity = serializers.IntegerField(allow_null=True, help_text="Accelerators on offer at the best price.")
    bid_quantity = serializers.IntegerField(help_text="Accelerators bid for in the book, at any price.")
    ask_quantity = serializers.IntegerField(help_text="Accelerators on offer in the book, at any price.")
    open_fen = serializers.IntegerField(allow_null=True, help_text="The first trade's price.")
    high_fen = serializers.IntegerField(allow_null=True)
    low_fen = serializers.IntegerField(allow_null=True)
    last_price_fen = serializers.IntegerField(allow_null=True)
    last_traded_at = serializers.DateTimeField(allow_null=True)
    vwap_fen = serializers.IntegerField(allow_null=True, help_text="Volume-weighted average price.")
    volume = serializers.IntegerField(help_text="Accelerators traded for this hour.")
    value_fen = serializers.IntegerField(help_text="Sum of price x accelerators over its trades.")
    trades = serializers.IntegerField()


class ContractsSerializer(serializers.Serializer[Any]):
    """A market's contracts over a span of hours."""

    market = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField(help_text="The hour after the last one.")
    number = serializers.IntegerField(help_text="Of the market's last event: the contracts stand as after it.")
    contracts = ContractSerializer(many=True)


class LevelSerializer(serializers.Serializer[Any]):
    """One price of one side of a book."""

    price_fen = serializers.IntegerField()
    quantity = serializers.IntegerField()
    orders = serializers.IntegerField()


class ContractBookSerializer(serializers.Serializer[Any]):
    """The resting hourly orders of one contract, each side best first; blocks never rest in a book."""

    hour = serializers.IntegerField()
    starts_at = MomentOfHour(source="hour")
    bids = LevelSerializer(many=True)
    asks = LevelSerializer(many=True)


class BookSerializer(ContractBookSerializer):
    """One contract's book, and where it stands in the market's events."""

    market = serializers.CharField()
    number = serializers.IntegerField(help_text="Of the market's last event: the book stands as after it.")
    is_closed = serializers.BooleanField(help_text="Its gate has closed; it trades no more.")


class BooksSerializer(serializers.Serializer[Any]):
    """All levels of a market's contracts over a span of hours; a contract in which nothing rests is left out."""

    market = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField(help_text="The hour after the last one.")
    number = serializers.IntegerField(help_text="Of the market's last event: the books stand as after it.")
    closed_until = serializers.IntegerField(help_text="Contracts before this hour trade no more.")
    books = ContractBookSerializer(many=True)


class PublicTradeSerializer(serializers.ModelSerializer[Trade]):
    """A trade as everybody sees it: no parties."""

    starts_at = MomentOfHour(source="start")
    taker_side = WordField(SIDES)

    class Meta:
        model = Trade
        fields = ("id", "taker_side", "start", "starts_at", "hours", "quantity", "price_fen", "traded_at")
