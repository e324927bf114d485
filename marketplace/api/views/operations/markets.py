"""Operators change markets' terms and set their reference prices; `/markets` itself opens one."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.permissions import Operates
from marketplace.api.serializers.operations.markets import (
    ChangeTermsSerializer,
    NewReferenceSerializer,
    ReferenceSerializer,
    TermsOfMarketSerializer,
)
from marketplace.api.views.acts import SignedView
from matching.models import Market, Reference
from matching.opening import ChangingTerms, change_terms
from matching.references import set_reference


class MarketTerms(SignedView, GenericAPIView[Market]):
    """A market's terms."""

    permission_classes = (Operates,)
    serializer_class = TermsOfMarketSerializer

    @extend_schema(responses=TermsOfMarketSerializer)
    def get(self, request: Request, market: str) -> Response:
        """A market's terms, as its operators see them."""
        return Response(TermsOfMarketSerializer(get_object_or_404(Market, symbol=market)).data)

    @extend_schema(request=ChangeTermsSerializer, responses=TermsOfMarketSerializer)
    def patch(self, request: Request, market: str) -> Response:
        """Change a market's terms, for orders and trades from now on; what is left out stays."""
        found = get_object_or_404(Market, symbol=market)
        values: dict[str, Any] = self.read(ChangeTermsSerializer)
        reason = values.pop("reason")
        stands = {field.name: getattr(found, field.name) for field in fields(ChangingTerms)}
        changing = ChangingTerms(**{**stands, **values})
        changed = change_terms(market_id=found.pk, changing=changing, reason=reason, **self.signed)
        return Response(TermsOfMarketSerializer(changed).data)


class References(SignedView, ListAPIView[Reference]):
    """The reference prices that a market was given, newest first."""

    permission_classes = (Operates,)
    serializer_class = ReferenceSerializer

    def get_queryset(self) -> QuerySet[Reference]:
        """Of one market."""
        if getattr(self, "swagger_fake_view", False):
            return Reference.objects.none()
        return Reference.objects.filter(market=get_object_or_404(Market, symbol=self.kwargs["market"]))

    @extend_schema(request=NewReferenceSerializer, responses={201: TermsOfMarketSerializer})
    def post(self, request: Request, market: str) -> Response:
        """Give a market its reference price, and its band another width."""
        found = get_object_or_404(Market, symbol=market)
        set_reference(market_id=found.pk, **self.read(NewReferenceSerializer), **self.signed)
        found.refresh_from_db()
        return Response(TermsOfMarketSerializer(found).data, status=201)
