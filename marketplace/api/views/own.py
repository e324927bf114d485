"""The caller's own trades, holdings and balance."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Account
from marketplace.api.filters import TradeFilter
from marketplace.api.permissions import ActsForParticipant
from marketplace.api.serializers.money import BalanceSerializer
from marketplace.api.serializers.trade import HoldingsSerializer, TradeSerializer
from marketplace.api.views.base import View, span_of
from marketplace.api.views.markets import HOURS, START
from matching.holdings import holdings_of
from matching.hours import hour_of
from matching.models import Trade


class Trades(View, ListAPIView[Trade]):
    """The caller's trades, newest first."""

    permission_classes = (ActsForParticipant,)
    serializer_class = TradeSerializer
    filterset_class = TradeFilter

    def get_queryset(self) -> QuerySet[Trade]:
        """Only where the caller bought or sold."""
        if getattr(self, "swagger_fake_view", False):
            return Trade.objects.none()
        mine = Q(buyer=self.participant) | Q(seller=self.participant)
        return Trade.objects.filter(mine).select_related("market", "site")

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer whose side to take."""
        context = super().get_serializer_context()
        participant = None if getattr(self, "swagger_fake_view", False) else self.participant.pk
        return {**context, "participant_id": participant}


class Holdings(View, GenericAPIView[Trade]):
    """What the caller may use or sell, where and when."""

    permission_classes = (ActsForParticipant,)
    serializer_class = HoldingsSerializer

    @extend_schema(parameters=[START, HOURS], responses=HoldingsSerializer)
    def get(self, request: Request) -> Response:
        """What the caller may use or sell, where and when. Hours in a row with the same numbers are one span."""
        start, end = span_of(request, default_start=hour_of(timezone.now()))
        holdings = holdings_of(participant_id=self.participant.pk, start=start, end=end)
        return Response(HoldingsSerializer({"start": start, "end": end, "holdings": holdings}).data)


class Balance(View, GenericAPIView[Account]):
    """The caller's money."""

    permission_classes = (ActsForParticipant,)
    serializer_class = BalanceSerializer

    @extend_schema(responses=BalanceSerializer)
    def get(self, request: Request) -> Response:
        """The caller's money: free, held, and earned, in fen."""
        accounts = {account.kind: account for account in Account.objects.filter(participant=self.participant)}
        funds = accounts.get(Account.Kind.FUNDS, Account())
        payable = accounts.get(Account.Kind.PAYABLE, Account())
        body = {
            "available_fen": funds.available_fen,
            "held_fen": funds.debits_pending,
            "credit_fen": funds.credit_fen,
            "funds_fen": funds.credits_posted - funds.debits_posted,
            "payable_fen": payable.credits_posted - payable.debits_posted,
        }
        return Response(BalanceSerializer(body).data)
