"""What lists can be narrowed to. An unknown market or site gives an empty list, a value of the wrong type an error."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema_field

from billing.models import Dispute, Invoice, MeterReading, SettlementLine
from marketplace.api.fields import INT_MAX, SIDES
from marketplace.offers.models import Offer
from matching.models import Market, Order, Trade


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": INT_MAX})
class WholeNumberFilter(filters.NumberFilter):
    """A whole number within [0, `max_value`]; a fraction is refused."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=INT_MAX, **kwargs)


@extend_schema_field({"type": "boolean"})
class TrueOrFalseFilter(filters.Filter):
    """`true` or `false`; other words are refused."""

    field_class = forms.TypedChoiceField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        words = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=words, coerce=lambda word: word == "true", empty_value=None, **kwargs)


def _hours(field: str, lookup: str, label: str) -> WholeNumberFilter:
    return WholeNumberFilter(field_name=field, lookup_expr=lookup, label=label)


class MarketFilter(filters.FilterSet):
    """By class and hub."""

    compute_class = filters.CharFilter("compute_class__slug")
    hub = filters.CharFilter("hub__slug")

    class Meta:
        model = Market
        fields = ()


class OfferFilter(filters.FilterSet):
    """By what is for sale, where, when and at what price."""

    market = filters.CharFilter("order__market__symbol")
    compute_class = filters.CharFilter("order__market__compute_class__slug")
    hub = filters.CharFilter("order__market__hub__slug")
    site = filters.CharFilter("order__site__slug")
    provider = filters.CharFilter("order__participant__slug")
    price_fen_max = WholeNumberFilter("order__price_fen", lookup_expr="lte")
    from_hour = WholeNumberFilter(method="ending_after")
    until_hour = _hours("order__start", "lt", "Starting before this delivery hour")

    class Meta:
        model = Offer
        fields = ()

    def ending_after(self, offers: QuerySet[Offer], name: str, hour: int) -> QuerySet[Offer]:
        """Keep what still has hours from `hour` on."""
        return offers.alias(end=F("order__start") + F("order__hours")).filter(end__gt=hour)


class OrderFilter(filters.FilterSet):
    """By market, side and state."""

    market = filters.CharFilter("market__symbol")
    side = filters.ChoiceFilter(method="on_side", choices=[(word, word) for word in SIDES])
    state = filters.MultipleChoiceFilter(choices=Order.State.choices)
    client_order_id = filters.CharFilter("client_order_id", max_length=64)

    class Meta:
        model = Order
        fields = ()

    @extend_schema_field({"type": "string", "enum": list(SIDES)})
    def on_side(self, orders: QuerySet[Order], name: str, word: str) -> QuerySet[Order]:
        """Keep bids, or asks."""
        return orders.filter(side=SIDES[word])


class TradeFilter(filters.FilterSet):
    """By market and delivery hours."""

    market = filters.CharFilter("market__symbol")
    from_hour = WholeNumberFilter(method="ending_after")
    until_hour = _hours("start", "lt", "Starting before this delivery hour")

    class Meta:
        model = Trade
        fields = ()

    def ending_after(self, trades: QuerySet[Trade], name: str, hour: int) -> QuerySet[Trade]:
        """Keep what still delivers from `hour` on."""
        return trades.alias(end=F("start") + F("hours")).filter(end__gt=hour)


class InvoiceFilter(filters.FilterSet):
    """By kind, period and, for finance, participant."""

    kind = filters.ChoiceFilter(choices=Invoice.Kind.choices)
    participant = filters.CharFilter("participant__slug")
    start = _hours("start", "exact", "First delivery hour of the period")

    class Meta:
        model = Invoice
        fields = ()


class SettlementLineFilter(filters.FilterSet):
    """By delivery hours, market, run and trade."""

    market = filters.CharFilter("trade__market__symbol")
    from_hour = _hours("start", "gte", "From this delivery hour on")
    until_hour = _hours("start", "lt", "Before this delivery hour")
    run = WholeNumberFilter("run_id")
    trade = WholeNumberFilter("trade_id")

    class Meta:
        model = SettlementLine
        fields = ()


class ReadingFilter(filters.FilterSet):
    """By delivery hours, site, holder and source."""

    site = filters.CharFilter("site__slug")
    holder = filters.CharFilter("holder__slug")
    source = filters.CharFilter("source")
    source_id = filters.CharFilter("source_id")
    from_hour = _hours("hour", "gte", "From this delivery hour on")
    until_hour = _hours("hour", "lt", "Before this delivery hour")

    class Meta:
        model = MeterReading
        fields = ()


class DisputeFilter(filters.FilterSet):
    """By state, site and delivery hours."""

    state = filters.ChoiceFilter(choices=Dispute.State.choices)
    site = filters.CharFilter("site__slug")
    from_hour = _hours("hour", "gte", "From this delivery hour on")
    until_hour = _hours("hour", "lt", "Before this delivery hour")

    class Meta:
        model = Dispute
        fields = ()
