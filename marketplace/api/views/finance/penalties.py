"""Finance changes the penalty on what is not delivered: one proposes a version, another approves it before its day."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.delivery.penalty import approve_penalty_rate, propose_penalty_rate
from billing.models import Rate
from billing.versions import reject
from marketplace.api.finance_filters import RateFilter
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance
from marketplace.api.serializers.finance.penalties import NewPenaltySerializer, PenaltySerializer
from marketplace.api.views.acts import Act, SignedView

_PENALTIES = Rate.objects.filter(kind=Rate.Kind.PENALTY)


class Penalties(SignedView, ListAPIView[Rate]):
    """Versions of the penalty on what is not delivered, newest first."""

    permission_classes = (BooksForFinance,)
    queryset = _PENALTIES
    serializer_class = PenaltySerializer
    filterset_class = RateFilter

    @extend_schema(request=NewPenaltySerializer, responses={201: PenaltySerializer})
    def post(self, request: Request) -> Response:
        """Propose a penalty for trades from a Beijing day on. Somebody else has to approve it."""
        rate = propose_penalty_rate(**self.read(NewPenaltySerializer), **self.signed)
        return Response(PenaltySerializer(rate).data, status=201)


class PenaltyAct(Act[Rate]):
    """An act on a penalty."""

    permission_classes: Any = (ApprovesForFinance,)
    serializer_class = PenaltySerializer

    def get_queryset(self) -> QuerySet[Rate]:
        """Any of them."""
        return _PENALTIES.all()


class ApprovePenalty(PenaltyAct):
    """Put a penalty in force that somebody else has proposed, from its day on."""

    def do(self, found: Rate, **values: Any) -> None:
        """Approve."""
        approve_penalty_rate(rate_id=found.pk, **self.signed)


class RejectPenalty(PenaltyAct):
    """Turn a proposed penalty down, or take one's own proposal back."""

    permission_classes = (BooksForFinance,)

    def do(self, found: Rate, **values: Any) -> None:
        """Reject."""
        reject(Rate, version_id=found.pk, **self.signed)
