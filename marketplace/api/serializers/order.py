"""Orders as they are placed, previewed and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.api.fields import (
    KINDS,
    SELF_TRADES,
    SIDES,
    TIMES_IN_FORCE,
    HourField,
    MomentOfHour,
    Text,
    TrueOrFalse,
    WholeNumber,
    WordField,
)
from matching.engine.dtypes import SelfTrade, TimeInForce
from matching.entry import AlternativeRequest, OrderRequest, UnknownMarket
from matching.models import Alternative, Order, Participant
from matching.prepared import prepared_cursor
from matching.rules import CLIENT_ORDER_ID_LENGTH_MAX

_OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True, "default": None}


class AlternativeRequestSerializer(serializers.Serializer[Any]):
    """What a block bid would take instead, all else as it is; whichever executes first withdraws the others."""

    market = Text(max_length=90, help_text="Symbol of a market linked with the order's own; the same market is one.")
    start = HourField()
    start_flexibility = WholeNumber(default=0, help_text="It may start this many hours later.")
    price_fen = WholeNumber(help_text="Its own limit.")


class OrderRequestSerializer(serializers.Serializer[Any]):
    """An order to place or to preview. Prices are fen per accelerator-hour before VAT, quantities accelerators."""

    market = Text(max_length=90, help_text="Symbol: A100-SXM4-80G.yangtze-delta")
    side = WordField(SIDES)
    kind = WordField(KINDS, help_text="hourly: each hour trades alone. block: all its hours or nothing.")
    start = HourField()
    hours = WholeNumber()
    quantity = WholeNumber(help_text="Accelerators in every hour.")
    price_fen = WholeNumber(**_OPTIONAL, help_text="The limit; without one it is a market order.")
    time_in_force = WordField(TIMES_IN_FORCE, default=TimeInForce.GTC)
    site = Text(**_OPTIONAL, max_length=80, help_text="Slug of the site; an ask needs one, a bid has none.")
    start_flexibility = WholeNumber(default=0, help_text="A block may start this many hours later.")
    one_site = TrueOrFalse(default=False, help_text="A block bid: every accelerator from one site.")
    min_quantity = WholeNumber(**_OPTIONAL)
    display_quantity = WholeNumber(
        **_OPTIONAL, help_text="An hourly order that rests shows this much at a time, at least a hundredth; an iceberg."
    )
    post_only = TrueOrFalse(default=False)
    self_trade = WordField(SELF_TRADES, default=SelfTrade.CANCEL_TAKER)
    expires_at = serializers.DateTimeField(**_OPTIONAL)
    alternatives = AlternativeRequestSerializer(
        many=True, default=list, help_text="A block bid with a limit: up to seven that it would take instead."
    )
    client_order_id = Text(
        **_OPTIONAL,
        max_length=CLIENT_ORDER_ID_LENGTH_MAX,
        help_text="Your own id. Sending the same order with the same id again places nothing and answers the first.",
    )


def read_order_request(body: Any, participant: Participant) -> OrderRequest:
    """Turn a body into the domain's request; raises ValidationError for what cannot be read or is no site, UnknownMarket."""
    values = dict(_order_requests().run_validation(body))
    values["alternatives"] = read_alternatives(values["alternatives"])
    symbol, slug = values.pop("market"), values.pop("site")
    with prepared_cursor() as cursor:
        cursor.execute(IDS, [symbol, slug])
        market_id, site_id = cursor.fetchone()
    if market_id is None:
        raise UnknownMarket
    if slug is not None and site_id is None:
        raise serializers.ValidationError({"site": [_("There is no site %(site)s.") % {"site": slug}]})
    return OrderRequest(participant_id=participant.pk, market_id=market_id, site_id=site_id, **values)


def read_alternatives(bodies: Sequence[Mapping[str, Any]]) -> tuple[AlternativeRequest, ...]:
    """Turn alternatives into the domain's; a statement where there are any; raises UnknownMarket of the first that names none."""
    if not bodies:
        return ()
    with prepared_cursor() as cursor:
        cursor.execute(MARKET_IDS, [[body["market"] for body in bodies]])
        ids = dict(cursor.fetchall())
    for place, body in enumerate(bodies, start=1):
        if body["market"] not in ids:
            raise UnknownMarket().of_alternative(place)
    return tuple(
        AlternativeRequest(
            market_id=ids[body["market"]],
            start=body["start"],
            start_flexibility=body["start_flexibility"],
            price_fen=body["price_fen"],
        )
        for body in bodies
    )


MARKET_IDS = "SELECT symbol, id FROM matching_market WHERE symbol = ANY(%s)"

IDS = "SELECT (SELECT id FROM matching_market WHERE symbol = %s), (SELECT id FROM matching_site WHERE slug = %s)"


@cache
def _order_requests() -> OrderRequestSerializer:
    """Make the one serializer that reads all bodies: it keeps nothing of them, and making its fields costs more than reading."""
    return OrderRequestSerializer()


class ReplaceSerializer(serializers.Serializer[Any]):
    """New terms of an order that is still open; what is left out stays."""

    quantity = WholeNumber(**_OPTIONAL, help_text="Accelerators open in every hour that is still open.")
    price_fen = WholeNumber(**_OPTIONAL, help_text="The limit.")


class MassCancelSerializer(serializers.Serializer[Any]):
    """Which orders to cancel."""

    market = Text(**_OPTIONAL, max_length=90, help_text="Only this market's; without one, all.")


class MassCancelledSerializer(serializers.Serializer[Any]):
    """How many orders were open when the cancellation was accepted."""

    orders = serializers.IntegerField()


class AlternativeSerializer(serializers.ModelSerializer[Alternative]):
    """What an order would take instead."""

    market = serializers.CharField(source="market.symbol")
    starts_at = MomentOfHour(source="start")

    class Meta:
        model = Alternative
        fields = ("place", "market", "start", "starts_at", "start_flexibility", "price_fen")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order and what has become of it."""

    market = serializers.CharField(source="market.symbol")
    site = serializers.CharField(source="site.slug", allow_null=True, default=None)
    side = WordField(SIDES)
    kind = WordField(KINDS)
    time_in_force = WordField(TIMES_IN_FORCE)
    self_trade = WordField(SELF_TRADES)
    starts_at = MomentOfHour(source="start")
    executed_site = serializers.CharField(source="executed_site.slug", allow_null=True, default=None)
    open = serializers.ListField(
        child=serializers.IntegerField(), help_text="Open accelerators: of each hour, or of the block as a whole."
    )
    shown = serializers.SerializerMethodField(help_text="How many of them others see: an iceberg's tip.")
    alternatives = serializers.SerializerMethodField(help_text="What it would take instead.")
    executed_alternative = serializers.IntegerField(
        allow_null=True,
        help_text="The place of the alternative that has executed, 0 its own market, start and limit; null where none has or there are none.",
    )

    class Meta:
        model = Order
        fields = (
            "id", "client_order_id", "market", "side", "kind", "start", "starts_at", "hours", "quantity", "price_fen",
            "protection_price_fen", "time_in_force", "expires_at", "site", "start_flexibility", "one_site",
            "min_quantity", "display_quantity", "post_only", "self_trade", "state", "why", "open", "shown",
            "filled_accelerator_hours", "filled_value_fen", "executed_start", "executed_site", "alternatives",
            "executed_alternative", "placed_at", "closed_at",
        )  # fmt: skip

    def get_shown(self, order: Order) -> list[int]:
        """All that is open, where nothing is hidden."""
        return order.shown or order.open

    @extend_schema_field(AlternativeSerializer(many=True))
    def get_alternatives(self, order: Order) -> list[dict[str, Any]]:
        """By place; read before, where there are any."""
        if not order.alternative_count:
            return []
        return [alternative_bodies().to_representation(each) for each in order.alternatives.all()]


@cache
def alternative_bodies() -> AlternativeSerializer:
    """Make the one serializer that writes any alternative."""
    return AlternativeSerializer()


@cache
def order_bodies() -> OrderSerializer:
    """Make the one serializer whose `to_representation` writes any order, its market and sites read before."""
    return OrderSerializer()


class FillSerializer(serializers.Serializer[Any]):
    """What would fill in one hour at one price from one site."""

    hour = serializers.IntegerField()
    starts_at = MomentOfHour(source="hour")
    price_fen = serializers.IntegerField()
    quantity = serializers.IntegerField()
    site = serializers.CharField(allow_null=True)


class RefusalSerializer(serializers.Serializer[Any]):
    """Why the order would be refused, as placing it would answer."""

    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What an order would do and cost if it were placed now; nothing is reserved."""

    fills = FillSerializer(many=True)
    start = serializers.IntegerField(allow_null=True, help_text="The first hour that would fill.")
    alternative = serializers.IntegerField(
        allow_null=True,
        help_text="The place of the alternative that would execute, from 1, or 0 for the order's own market, start and limit.",
    )
    accelerator_hours = serializers.IntegerField()
    value_fen = serializers.IntegerField()
    fee_fen = serializers.IntegerField()
    vat_fen = serializers.IntegerField()
    total_fen = serializers.IntegerField()
    hold_fen = serializers.IntegerField(help_text="Set aside when a bid is placed: limit, fee and VAT at their worst.")
    voucher_fen = serializers.IntegerField(
        help_text="What your vouchers are expected to pay at delivery: of what fills at once, or, where nothing does, of all of it "
        "at its limit."
    )
    available_fen = serializers.IntegerField(allow_null=True)
    refused = RefusalSerializer(allow_null=True)
