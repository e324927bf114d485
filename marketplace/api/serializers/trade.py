"""A participant's own trades and holdings."""

from __future__ import annotations

from typing import Any, Literal

from rest_framework import serializers

from marketplace.api.fields import SIDES, MomentOfHour
from matching.engine.dtypes import Side
from matching.models import Trade

_WORDS = {code: word for word, code in SIDES.items()}


class TradeSerializer(serializers.ModelSerializer[Trade]):
    """A trade from the caller's side; the other party is never named."""

    market = serializers.CharField(source="market.symbol")
    site = serializers.CharField(source="site.slug")
    side = serializers.SerializerMethodField(help_text="bid: the caller bought.")
    role = serializers.SerializerMethodField(help_text="taker or maker: which fee applies.")
    order_id = serializers.SerializerMethodField()
    starts_at = MomentOfHour(source="start")
    accelerator_hours = serializers.IntegerField()
    value_fen = serializers.IntegerField()

    class Meta:
        model = Trade
        fields = (
            "id", "market", "side", "role", "order_id", "site", "start", "starts_at", "hours", "quantity", "price_fen",
            "accelerator_hours", "value_fen", "traded_at",
        )  # fmt: skip

    def get_side(self, trade: Trade) -> Literal["bid", "ask"]:
        """Say which side the caller was on."""
        return "bid" if self._side(trade) == Side.BID else "ask"

    def get_role(self, trade: Trade) -> Literal["taker", "maker"]:
        """Say whether the caller's order came in or rested."""
        return "taker" if trade.taker_side == self._side(trade) else "maker"

    def get_order_id(self, trade: Trade) -> int:
        """Give the caller's own order."""
        return trade.bid_id if self._side(trade) == Side.BID else trade.ask_id

    def _side(self, trade: Trade) -> Side:
        return Side.BID if trade.buyer_id == self.context["participant_id"] else Side.ASK


class HoldingSerializer(serializers.Serializer[Any]):
    """Consecutive hours at one site in which the caller's numbers are the same, in accelerators."""

    market = serializers.CharField(source="site.market.symbol")
    site = serializers.CharField(source="site.slug")
    start = serializers.IntegerField()
    starts_at = MomentOfHour(source="start")
    end = serializers.IntegerField(help_text="The hour after the last one.")
    capacity = serializers.IntegerField(help_text="A provider's installed accelerators, a buyer's purchases.")
    offered = serializers.IntegerField(help_text="In open asks.")
    sold = serializers.IntegerField()
    free = serializers.IntegerField(help_text="Neither sold nor offered.")


class HoldingsSerializer(serializers.Serializer[Any]):
    """What the caller may use or sell over a span of hours."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    holdings = HoldingSerializer(many=True)
