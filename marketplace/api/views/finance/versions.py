"""Finance changes fees and tax: one proposes a version, another approves it before its day."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.fees.versions import approve_schedule
from billing.models import FeeSchedule, Rate, TaxStatus
from billing.tax.versions import approve_tax_code, approve_vat_rate, propose_tax_code, propose_vat_rate
from billing.versions import reject
from marketplace.api.finance_filters import RateFilter, TaxCodeFilter
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance
from marketplace.api.serializers.finance.versions import (
    NewTaxCodeSerializer,
    NewVatRateSerializer,
    TaxCodeSerializer,
    VatRateSerializer,
)
from marketplace.api.serializers.terms import FeeScheduleSerializer
from marketplace.api.views.acts import Act, SignedView
from matching.models import Participant

_VAT = Rate.objects.filter(kind=Rate.Kind.VAT)


class VatRates(SignedView, ListAPIView[Rate]):
    """Versions of the VAT rates, newest first."""

    permission_classes = (BooksForFinance,)
    queryset = _VAT
    serializer_class = VatRateSerializer
    filterset_class = RateFilter

    @extend_schema(request=NewVatRateSerializer, responses={201: VatRateSerializer})
    def post(self, request: Request) -> Response:
        """Propose a VAT rate of a tax code from a week on that nothing is sold or bid for in. Somebody else has to approve it."""
        rate = propose_vat_rate(**self.read(NewVatRateSerializer), **self.signed)
        return Response(VatRateSerializer(rate).data, status=201)


class TaxCodes(SignedView, ListAPIView[TaxStatus]):
    """Versions of buyers' tax codes, newest first."""

    permission_classes = (BooksForFinance,)
    queryset = TaxStatus.objects.select_related("participant")
    serializer_class = TaxCodeSerializer
    filterset_class = TaxCodeFilter

    @extend_schema(request=NewTaxCodeSerializer, responses={201: TaxCodeSerializer})
    def post(self, request: Request) -> Response:
        """Propose another tax code for a buyer's purchases. Somebody else has to approve it."""
        values = self.read(NewTaxCodeSerializer)
        participant = get_object_or_404(Participant, slug=values.pop("participant"), buys=True)
        status = propose_tax_code(participant_id=participant.pk, **values, **self.signed)
        return Response(TaxCodeSerializer(status).data, status=201)


class ScheduleAct(Act[FeeSchedule]):
    """An act on a version of the fees."""

    permission_classes: Any = (ApprovesForFinance,)
    serializer_class = FeeScheduleSerializer

    def get_queryset(self) -> QuerySet[FeeSchedule]:
        """Any of them."""
        return FeeSchedule.objects.select_related("participant")

    def get_serializer_context(self) -> dict[str, Any]:
        """Say who has decided."""
        return {**super().get_serializer_context(), "shows_decision": True}


class ApproveSchedule(ScheduleAct):
    """Put fees in force that somebody else has proposed, from their day on."""

    def do(self, found: FeeSchedule, **values: Any) -> None:
        """Approve."""
        approve_schedule(schedule_id=found.pk, **self.signed)


class RejectSchedule(ScheduleAct):
    """Turn proposed fees down, or take one's own proposal back."""

    permission_classes = (BooksForFinance,)

    def do(self, found: FeeSchedule, **values: Any) -> None:
        """Reject."""
        reject(FeeSchedule, version_id=found.pk, **self.signed)


class VatRateAct(Act[Rate]):
    """An act on a VAT rate."""

    permission_classes: Any = (ApprovesForFinance,)
    serializer_class = VatRateSerializer

    def get_queryset(self) -> QuerySet[Rate]:
        """Any of them."""
        return _VAT.all()


class ApproveVatRate(VatRateAct):
    """Put a VAT rate in force that somebody else has proposed."""

    def do(self, found: Rate, **values: Any) -> None:
        """Approve."""
        approve_vat_rate(rate_id=found.pk, **self.signed)


class RejectVatRate(VatRateAct):
    """Turn a proposed VAT rate down, or take one's own proposal back."""

    permission_classes = (BooksForFinance,)

    def do(self, found: Rate, **values: Any) -> None:
        """Reject."""
        reject(Rate, version_id=found.pk, **self.signed)


class TaxCodeAct(Act[TaxStatus]):
    """An act on a buyer's tax code."""

    permission_classes: Any = (ApprovesForFinance,)
    serializer_class = TaxCodeSerializer

    def get_queryset(self) -> QuerySet[TaxStatus]:
        """Any of them."""
        return TaxStatus.objects.select_related("participant")


class ApproveTaxCode(TaxCodeAct):
    """Put a buyer's tax code in force that somebody else has proposed."""

    def do(self, found: TaxStatus, **values: Any) -> None:
        """Approve."""
        approve_tax_code(status_id=found.pk, **self.signed)


class RejectTaxCode(TaxCodeAct):
    """Turn a proposed tax code down, or take one's own proposal back."""

    permission_classes = (BooksForFinance,)

    def do(self, found: TaxStatus, **values: Any) -> None:
        """Reject."""
        reject(TaxStatus, version_id=found.pk, **self.signed)
