"""Markets, contracts, books and the public tape: open to everybody."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.filters import MarketFilter, TradeFilter
from marketplace.api.pagination import ByPosition
from marketplace.api.permissions import Operates
from marketplace.api.serializers.market import (
    BookSerializer,
    ContractsSerializer,
    MarketSerializer,
    PublicTradeSerializer,
)
from marketplace.api.serializers.operations.markets import NewMarketSerializer
from marketplace.api.views.acts import SignedView
from marketplace.api.views.base import SPAN_HOURS_MAX, View, span_of
from matching.book import books_of_market, numbered_price_curve
from matching.hours import first_open_hour
from matching.models import ComputeClass, Hub, Market, Trade
from matching.opening import ChangingTerms, FixedTerms, open_market

START = OpenApiParameter(
    "start",
    OpenApiTypes.STR,
    description="First delivery hour, as hours since 1970-01-01T00Z or as a time; by default the first that trades.",
)
HOURS = OpenApiParameter(
    "hours",
    {"type": "integer", "minimum": 1, "maximum": SPAN_HOURS_MAX, "default": 48},
    description="How many hours from there.",
)


class Markets(SignedView, ListAPIView[Market]):
    """Every market: a compute class in a hub, with its trading rules."""

    queryset = Market.objects.select_related("compute_class", "hub").order_by("id")
    serializer_class = MarketSerializer
    filterset_class = MarketFilter
    pagination_class = ByPosition

    def get_permissions(self) -> list[BasePermission]:
        """Reading is open; opening a market is the operators'."""
        return [AllowAny() if self.request.method in SAFE_METHODS else Operates()]

    @extend_schema(request=NewMarketSerializer, responses={201: MarketSerializer})
    def post(self, request: Request) -> Response:
        """Open the market of a class in a hub, for operators. Its books take orders from then on."""
        values = self.read(NewMarketSerializer)
        fixed = FixedTerms(**{field.name: values.pop(field.name) for field in fields(FixedTerms)})
        compute_class = get_object_or_404(ComputeClass, slug=values.pop("compute_class"))
        hub = get_object_or_404(Hub, slug=values.pop("hub"))
        market = open_market(
            compute_class=compute_class, hub=hub, fixed=fixed, changing=ChangingTerms(**values), **self.signed
        )
        return Response(MarketSerializer(market).data, status=201)


class OneMarket(View, RetrieveAPIView[Market]):
    """One market by its symbol."""

    queryset = Market.objects.select_related("compute_class", "hub")
    serializer_class = MarketSerializer
    lookup_field = "symbol"
    lookup_url_kwarg = "market"


class Contracts(View, GenericAPIView[Market]):
    """The market's contracts by delivery hour: best prices, quantities, last trade, volume."""

    serializer_class = ContractsSerializer
    filterset_class = None
    pagination_class = None

    @extend_schema(parameters=[START, HOURS], responses=ContractsSerializer)
    def get(self, request: Request, market: str) -> Response:
        """A market's contracts by delivery hour: best prices, quantities, last trade, volume."""
        found = get_object_or_404(Market, symbol=market)
        start, end = span_of(request, default_start=first_open_hour(found, timezone.now()))
        number, contracts = numbered_price_curve(market_id=found.pk, start=start, end=end)
        body = {"market": found.symbol, "start": start, "end": end, "number": number, "contracts": contracts}
        return Response(ContractsSerializer(body).data)


class DepthQuery(serializers.Serializer[Any]):
    """How deep a book is shown."""

    depth = serializers.IntegerField(default=20, min_value=1, max_value=1000)


class Book(View, GenericAPIView[Market]):
    """The book of one contract."""

    serializer_class = BookSerializer
    filterset_class = None
    pagination_class = None

    @extend_schema(parameters=[DepthQuery], responses=BookSerializer)
    def get(self, request: Request, market: str, hour: str) -> Response:
        """The book of one contract, each side best first. An hour without orders has an empty one."""
        found = get_object_or_404(Market, symbol=market)
        query = DepthQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        books = books_of_market(market_id=found.pk, start=int(hour), end=int(hour) + 1)
        depth = query.validated_data["depth"]
        body = {
            "market": found.symbol,
            "hour": int(hour),
            "number": books.number,
            "is_closed": int(hour) < books.closed_until,
            "bids": [level for book in books.books for level in book.bids[:depth]],
            "asks": [level for book in books.books for level in book.asks[:depth]],
        }
        return Response(BookSerializer(body).data)


class MarketTrades(View, ListAPIView[Trade]):
    """The market's trades, newest first, without their parties."""

    serializer_class = PublicTradeSerializer
    filterset_class = TradeFilter

    def get_queryset(self) -> QuerySet[Trade]:
        """Narrow to the market of the address."""
        if getattr(self, "swagger_fake_view", False):
            return Trade.objects.none()
        return Trade.objects.filter(market=get_object_or_404(Market, symbol=self.kwargs["market"]))
