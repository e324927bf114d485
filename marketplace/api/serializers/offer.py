"""Offers: what providers list."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.api.fields import HourField, MomentOfHour, Text, TrueOrFalse, WholeNumber
from marketplace.offers.models import Offer

BATCH_MAX = 5_000
"""Offers a call."""


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """A provider's listing and what of it is still for sale."""

    market = serializers.CharField(source="order.market.symbol")
    site = serializers.CharField(source="order.site.slug")
    site_identifier = serializers.CharField(source="order.site.identifier", help_text="Public compute identifier.")
    provider = serializers.CharField(source="order.participant.name")
    provider_is_demo = serializers.BooleanField(source="order.participant.is_demo")
    start = serializers.IntegerField(source="order.start")
    starts_at = MomentOfHour(source="order.start")
    hours = serializers.IntegerField(source="order.hours")
    quantity = serializers.IntegerField(source="order.quantity")
    open = serializers.ListField(
        child=serializers.IntegerField(), source="order.open", help_text="Accelerators still for sale in each hour."
    )
    price_fen = serializers.IntegerField(source="order.price_fen")
    provider_reliability_bps = serializers.IntegerField(
        source="order.participant.reliability.score_bps", default=None, allow_null=True
    )
    green_share_percent = serializers.IntegerField(
        source="order.site.profile.green_share_percent", default=None, allow_null=True
    )
    expires_at = serializers.DateTimeField(source="order.expires_at", allow_null=True)
    state = serializers.CharField(source="order.state")
    order_id = serializers.IntegerField()

    class Meta:
        model = Offer
        fields = (
            "id", "reference", "market", "site", "site_identifier", "provider", "provider_is_demo", "start", "starts_at",
            "hours", "quantity", "open", "price_fen", "expires_at", "state", "order_id", "published_at",
            "provider_reliability_bps", "green_share_percent",
        )  # fmt: skip


class PublishSerializer(serializers.Serializer[Any]):
    """Capacity to list at one of the provider's own sites."""

    site = Text(max_length=80, help_text="Slug of the site.")
    start = HourField()
    hours = WholeNumber()
    quantity = WholeNumber(help_text="Accelerators in every hour.")
    price_fen = WholeNumber(help_text="Per accelerator-hour, before VAT.")
    display_quantity = WholeNumber(required=False, allow_null=True, default=None, help_text="Iceberg: shown at a time.")
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Good till then, a whole minute; null: until its gate."
    )
    reference = Text(required=False, default="", allow_blank=True, max_length=80, help_text="Your own name for it.")


class BatchLineSerializer(PublishSerializer):
    """One offer of a batch."""

    client_order_id = Text(
        required=False, allow_null=True, default=None, max_length=64, help_text="The same again lists nothing twice."
    )


class OfferBatchSerializer(serializers.Serializer[Any]):
    """Offers to list, each or all."""

    offers = serializers.ListField(child=BatchLineSerializer(), min_length=1, max_length=BATCH_MAX)
    all_or_none = TrueOrFalse(required=False, default=True)
    preview = TrueOrFalse(required=False, default=False, help_text="Only say what would become of each.")


class OfferVerdictSerializer(serializers.Serializer[Any]):
    """What became of one offer, in the order sent."""

    status = serializers.ChoiceField(choices=["listed", "refused", "left_out"])
    id = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True, help_text="Why it was refused.")
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class OfferVerdictsSerializer(serializers.Serializer[Any]):
    """A verdict an offer."""

    verdicts = OfferVerdictSerializer(many=True)
