"""What lists can be narrowed to. An unknown market or site gives an empty list, a value of the wrong type an error."""

from __future__ import annotations

import django_filters as filters
from django.db.models import F, QuerySet

from billing.models import Invoice, SettlementLine
from marketplace.api.fields import INT_MAX, SIDES
from marketplace.offers.models import Offer
from matching.models import Market, Order, Trade


def _hours(field: str, lookup: str, label: str) -> filters.NumberFilter:
    return filters.NumberFilter(field_name=field, lookup_expr=lookup, label=label, min_value=0, max_value=INT_MAX)


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
    price_fen_max = filters.NumberFilter("order__price_fen", lookup_expr="lte", min_value=0, max_value=INT_MAX)
    from_hour = filters.NumberFilter(method="ending_after", min_value=0, max_value=INT_MAX)
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
    side = filters.TypedChoiceFilter(
        choices=[(word, word) for word in SIDES], coerce=lambda word: SIDES[word], empty_value=None
    )
    state = filters.MultipleChoiceFilter(choices=Order.State.choices)
    client_order_id = filters.CharFilter("client_order_id", max_length=64)

    class Meta:
        model = Order
        fields = ()


class TradeFilter(filters.FilterSet):
    """By market and delivery hours."""

    market = filters.CharFilter("market__symbol")
    from_hour = filters.NumberFilter(method="ending_after", min_value=0, max_value=INT_MAX)
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
    run = filters.NumberFilter("run_id", min_value=0, max_value=INT_MAX)
    trade = filters.NumberFilter("trade_id", min_value=0, max_value=2**53)

    class Meta:
        model = SettlementLine
        fields = ()
