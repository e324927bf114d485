"""A market's books with their number, the events after a number, and candles: open to everybody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.pagination import LIMIT_MAX
from marketplace.api.serializers.market import BooksSerializer
from marketplace.api.serializers.market_data import INTERVALS, CandlesSerializer, MarketEventsSerializer
from marketplace.api.views.base import View, span_of
from marketplace.api.views.markets import START
from matching.book import books_of_market
from matching.hours import first_open_hour
from matching.market_data.candles import candles_of_market
from matching.market_data.reading import EVENTS_A_READ, read_events
from matching.models import Market

BOOKS_HOURS_MAX = 24 * 7
NUMBER_MAX = 2**63 - 1
EPOCH = datetime.fromtimestamp(0, UTC)

BOOKS_HOURS = OpenApiParameter(
    "hours",
    {"type": "integer", "minimum": 1, "maximum": BOOKS_HOURS_MAX, "default": 48},
    description="How many hours from there.",
)


class Books(View, GenericAPIView[Market]):
    """The books of a span of hours."""

    serializer_class = BooksSerializer
    filterset_class = None
    pagination_class = None

    @extend_schema(parameters=[START, BOOKS_HOURS], responses=BooksSerializer)
    def get(self, request: Request, market: str) -> Response:
        """All levels of a market's contracts with the number at which they stand: the events after it keep them up to date."""
        found = get_object_or_404(Market, symbol=market)
        start, end = span_of(request, default_start=first_open_hour(found, timezone.now()), hours_max=BOOKS_HOURS_MAX)
        books = books_of_market(market_id=found.pk, start=start, end=end)
        body = {
            "market": found.symbol,
            "start": start,
            "end": end,
            "number": books.number,
            "closed_until": books.closed_until,
            "books": books.books,
        }
        return Response(BooksSerializer(body).data)


class EventsQuery(serializers.Serializer[Any]):
    """Which events."""

    after = serializers.IntegerField(
        default=0, min_value=0, max_value=NUMBER_MAX, help_text="The last number you have."
    )
    limit = serializers.IntegerField(default=EVENTS_A_READ, min_value=1, max_value=EVENTS_A_READ)


class Events(View, GenericAPIView[Market]):
    """The market's public events."""

    serializer_class = MarketEventsSerializer
    filterset_class = None
    pagination_class = None

    @extend_schema(parameters=[EventsQuery], responses=MarketEventsSerializer)
    def get(self, request: Request, market: str) -> Response:
        """A market's public events after a number, without a gap. 410 where they are not kept any more: read the books anew."""
        found = get_object_or_404(Market, symbol=market)
        query = EventsQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        page = read_events(market_id=found.pk, **query.validated_data)
        body = {
            "market": found.symbol,
            "after": query.validated_data["after"],
            "last_number": page.last_number,
            "events": page.events,
        }
        return Response(MarketEventsSerializer(body).data)


class CandlesQuery(serializers.Serializer[Any]):
    """Which candles."""

    interval = serializers.ChoiceField(list(INTERVALS), default="1h", help_text="A day starts at midnight in Beijing.")
    since = serializers.DateTimeField(required=False, help_text="Only those that start then or later.")
    until = serializers.DateTimeField(required=False, help_text="Only those that start before; by default, now.")
    limit = serializers.IntegerField(default=LIMIT_MAX, min_value=1, max_value=LIMIT_MAX, help_text="The newest.")


class Candles(View, GenericAPIView[Market]):
    """The market's candles."""

    serializer_class = CandlesSerializer
    filterset_class = None
    pagination_class = None

    @extend_schema(parameters=[CandlesQuery], responses=CandlesSerializer)
    def get(self, request: Request, market: str) -> Response:
        """Open, high, low, close, average and volume of a market by interval of trading time, oldest first."""
        found = get_object_or_404(Market, symbol=market)
        query = CandlesQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        interval = query.validated_data["interval"]
        candles = candles_of_market(
            market_id=found.pk,
            minutes=INTERVALS[interval],
            since=query.validated_data.get("since", EPOCH),
            until=query.validated_data.get("until", timezone.now()),
            limit=query.validated_data["limit"],
        )
        body = {"market": found.symbol, "interval": INTERVALS[interval], "candles": candles}
        return Response(CandlesSerializer(body).data)
