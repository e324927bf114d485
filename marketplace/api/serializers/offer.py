"""Offers: what providers list."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.api.fields import HourField, MomentOfHour, Text, WholeNumber
from marketplace.offers.models import Offer


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
    state = serializers.CharField(source="order.state")
    order_id = serializers.IntegerField()

    class Meta:
        model = Offer
        fields = (
            "id", "reference", "market", "site", "site_identifier", "provider", "provider_is_demo", "start", "starts_at",
            "hours", "quantity", "open", "price_fen", "state", "order_id", "published_at",
        )  # fmt: skip


class PublishSerializer(serializers.Serializer[Any]):
    """Capacity to list at one of the provider's own sites."""

    site = Text(max_length=80, help_text="Slug of the site.")
    start = HourField()
    hours = WholeNumber()
    quantity = WholeNumber(help_text="Accelerators in every hour.")
    price_fen = WholeNumber(help_text="Per accelerator-hour, before VAT.")
    reference = Text(required=False, default="", allow_blank=True, max_length=80, help_text="Your own name for it.")
