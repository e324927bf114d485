"""Public events and candles."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.api.fields import SIDES, WordField
from matching.engine.dtypes import Why
from matching.models import Candle, MarketEvent

EVENTS = {event.name.lower(): event for event in MarketEvent.Event}
STATES = {state.name.lower(): state for state in (Why.OPEN, Why.COLLECTING, Why.HALTED, Why.CLOSED)}
INTERVALS = {"5m": Candle.Minutes.FIVE, "1h": Candle.Minutes.HOUR, "1d": Candle.Minutes.DAY}


class MarketEventSerializer(serializers.Serializer[Any]):
    """One public event. What an event does not speak of is null."""

    number = serializers.IntegerField(help_text="One more than that of the market's event before.")
    event = WordField(
        EVENTS,
        help_text="level: quantity and orders now shown at a price, 0 where it is gone. trade: hour is the first of hours, side the "
        "taker's. top: best price of a side and the quantity at it. state: of the contracts [hour, hour + hours); closed: "
        "of this hour and all before it; no hour: of the whole market. auction: price and quantity of a call auction.",
    )
    at = serializers.DateTimeField(help_text="The time of the command that it came from.")
    hour = serializers.IntegerField(allow_null=True)
    hours = serializers.IntegerField(allow_null=True)
    side = WordField(SIDES, allow_null=True)
    price_fen = serializers.IntegerField(allow_null=True)
    quantity = serializers.IntegerField(allow_null=True)
    orders = serializers.IntegerField(allow_null=True)
    state = WordField(STATES, allow_null=True)
    trade_id = serializers.IntegerField(allow_null=True)


class MarketEventsSerializer(serializers.Serializer[Any]):
    """Events in a row."""

    market = serializers.CharField()
    after = serializers.IntegerField()
    last_number = serializers.IntegerField(help_text="Of the market's last event; more follow while it is not here.")
    events = MarketEventSerializer(many=True)


class CandleSerializer(serializers.ModelSerializer[Candle]):
    """What traded in one interval, whatever hours were bought."""

    vwap_fen = serializers.IntegerField(help_text="Volume-weighted average price.")
    volume = serializers.IntegerField(help_text="Accelerator-hours.")
    value_fen = serializers.IntegerField(help_text="Sum of price x accelerator-hours.")

    class Meta:
        model = Candle
        fields = (
            "starts_at", "open_fen", "high_fen", "low_fen", "close_fen", "vwap_fen", "volume", "value_fen", "trades",
        )  # fmt: skip


class CandlesSerializer(serializers.Serializer[Any]):
    """A market's candles, oldest first; an interval without trades has none."""

    market = serializers.CharField()
    interval = WordField(INTERVALS)
    candles = CandleSerializer(many=True)
