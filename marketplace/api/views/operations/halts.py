"""Operators stop trading and open it again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.operations_filters import HaltFilter
from marketplace.api.permissions import Operates
from marketplace.api.serializers.operations.markets import (
    CollectSerializer,
    HaltSerializer,
    HaltsSerializer,
    NewHaltSerializer,
    ReasonSerializer,
)
from marketplace.api.views.acts import Act, SignedView
from matching.halts import WHEN_TOLD, Reopening, collect_orders, halt_markets, resume_trading
from matching.models import Halt, Market

_HALTS = Halt.objects.select_related("market").prefetch_related("steps")


class Halts(SignedView, ListAPIView[Halt]):
    """Halts, newest first, with who did what and why."""

    permission_classes = (Operates,)
    queryset = _HALTS
    serializer_class = HaltSerializer
    filterset_class = HaltFilter

    @extend_schema(request=NewHaltSerializer, responses={201: HaltsSerializer})
    def post(self, request: Request) -> Response:
        """Stop trading in a market, in all of them, or in some delivery hours. Nothing trades there from the next command on."""
        values = self.read(NewHaltSerializer)
        symbol, now = values.get("market"), timezone.now()
        markets = [get_object_or_404(Market, symbol=symbol)] if symbol else list(Market.objects.order_by("id"))
        minutes = values.get("reopen_after_minutes")
        halts = halt_markets(
            markets=markets,
            by=self.by,
            reason=values["reason"],
            now=now,
            span=(values["start"], values.get("hours", 1)) if "start" in values else None,
            reopening=Reopening.after(minutes, collect_minutes=values["collect_minutes"], now=now)
            if minutes
            else WHEN_TOLD,
        )
        begun = _HALTS.filter(pk__in=[halt.pk for halt in halts])
        return Response(HaltsSerializer({"halts": begun}).data, status=201)


class HaltAct(Act[Halt]):
    """An act on a halt."""

    permission_classes = (Operates,)
    serializer_class = HaltSerializer

    def get_queryset(self) -> QuerySet[Halt]:
        """Any of them."""
        return _HALTS.all()


class CollectOrders(HaltAct):
    """Let orders come in for some minutes without trading; an auction then opens the books at one price an hour."""

    body = CollectSerializer

    def do(self, found: Halt, **values: Any) -> None:
        """Collect."""
        collect_orders(halt_id=found.pk, **values, **self.signed)


class ResumeTrading(HaltAct):
    """Let trading go on at once; where orders cross by now, they trade at one price an hour."""

    body = ReasonSerializer

    def do(self, found: Halt, **values: Any) -> None:
        """Resume."""
        resume_trading(halt_id=found.pk, **values, **self.signed)
