"""Finance lends to buyers, reminds them, and gives up what is lost: who asks never approves."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.credit.ageing import ageing
from billing.credit.limits import approve_limit, ask_for_limit, refuse_limit
from billing.dunning.levels import hold_dunning, release_dunning
from billing.dunning.write_offs import approve_write_off, ask_for_write_off, refuse_write_off
from billing.models import Account, CreditLimit, InvoiceDue, WriteOff
from billing.period import BEIJING
from marketplace.api.finance_filters import CreditLimitFilter, ReceivableFilter, WriteOffFilter
from marketplace.api.pagination import NewestFirst
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.receivables import (
    AgeingSerializer,
    CreditAccountSerializer,
    CreditLimitSerializer,
    HoldSerializer,
    NewLimitSerializer,
    NewWriteOffSerializer,
    OneReceivableSerializer,
    ReceivableSerializer,
    WriteOffSerializer,
)
from marketplace.api.views.acts import Act, SignedView
from marketplace.api.views.base import View
from matching.models import Participant


class NewestInvoiceFirst(NewestFirst):
    """What is due has its invoice's id."""

    ordering: Any = "-invoice_id"


class CreditLimits(SignedView, ListAPIView[CreditLimit]):
    """Versions of buyers' credit limits, newest first."""

    permission_classes = (BooksForFinance,)
    queryset = CreditLimit.objects.select_related("participant")
    serializer_class = CreditLimitSerializer
    filterset_class = CreditLimitFilter

    @extend_schema(request=NewLimitSerializer, responses={201: CreditLimitSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a limit from a day on. Somebody else has to approve it; one at a time for each buyer."""
        values = self.read(NewLimitSerializer)
        participant = get_object_or_404(Participant, slug=values.pop("participant"))
        limit = ask_for_limit(participant_id=participant.pk, **values, **self.signed)
        return Response(CreditLimitSerializer(limit).data, status=201)


class LimitAct(Act[CreditLimit]):
    """An act on a credit limit."""

    permission_classes = (ApprovesForFinance,)
    serializer_class = CreditLimitSerializer

    def get_queryset(self) -> QuerySet[CreditLimit]:
        """Any of them."""
        return CreditLimit.objects.select_related("participant")


class ApproveLimit(LimitAct):
    """Approve a credit limit that somebody else has asked for. It is in force at once if its day has come."""

    def do(self, found: CreditLimit, **values: Any) -> None:
        """Approve."""
        approve_limit(limit_id=found.pk, **self.signed)


class RefuseLimit(LimitAct):
    """Refuse a credit limit."""

    def do(self, found: CreditLimit, **values: Any) -> None:
        """Refuse."""
        refuse_limit(limit_id=found.pk, **self.signed)


class CreditAccounts(View, ListAPIView[Account]):
    """Buyers with credit, and those that use some still."""

    permission_classes = (ReadsForFinance,)
    queryset = (
        Account.objects.filter(Q(credit_fen__gt=0) | Q(overdraft_fen__gt=0))
        .select_related("participant")
        .annotate(open_fen=Sum("participant__invoices_due__open_fen"))
    )
    serializer_class = CreditAccountSerializer


class Ageing(View, GenericAPIView[InvoiceDue]):
    """What is open by age."""

    permission_classes = (ReadsForFinance,)
    serializer_class = AgeingSerializer

    @extend_schema(responses=AgeingSerializer)
    def get(self, request: Request) -> Response:
        """What is open of all buyers by days overdue, today in Beijing."""
        today = timezone.now().astimezone(BEIJING).date()
        return Response(AgeingSerializer({"day": today, "buckets": ageing(day=today)}).data)


class Receivables(View, ListAPIView[InvoiceDue]):
    """Invoices whose buyers had terms of payment, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = InvoiceDue.objects.select_related("invoice", "participant")
    serializer_class = ReceivableSerializer
    filterset_class = ReceivableFilter
    pagination_class = NewestInvoiceFirst


_WITH_ALL = InvoiceDue.objects.select_related("invoice", "participant").prefetch_related(
    "payments", "notices", "write_offs__due__invoice"
)


class OneReceivable(View, RetrieveAPIView[InvoiceDue]):
    """One invoice with its payments, letters and write-offs."""

    permission_classes = (ReadsForFinance,)
    queryset = _WITH_ALL
    serializer_class = OneReceivableSerializer
    lookup_field = "invoice__number"
    lookup_url_kwarg = "number"


class ReceivableAct(Act[InvoiceDue]):
    """An act on what is due."""

    permission_classes = (BooksForFinance,)
    serializer_class = OneReceivableSerializer

    def get_queryset(self) -> QuerySet[InvoiceDue]:
        """Any of them."""
        return _WITH_ALL.all()

    def post(self, request: Request, number: str) -> Response:  # type: ignore[override]
        return super().post(request, invoice__number=number)


class HoldDunning(ReceivableAct):
    """Put the dunning of an invoice on hold, with a reason: no more letters, and the buyer may bid again."""

    body = HoldSerializer

    def do(self, found: InvoiceDue, **values: Any) -> None:
        """Hold."""
        hold_dunning(invoice_id=found.pk, **values, **self.signed)


class ReleaseDunning(ReceivableAct):
    """Take the dunning of an invoice up again where it stood."""

    def do(self, found: InvoiceDue, **values: Any) -> None:
        """Release."""
        release_dunning(invoice_id=found.pk, **self.signed)


class AskForWriteOff(SignedView, GenericAPIView[WriteOff]):
    """Asks for a write-off."""

    permission_classes = (BooksForFinance,)
    serializer_class = WriteOffSerializer

    @extend_schema(request=NewWriteOffSerializer, responses={201: WriteOffSerializer})
    def post(self, request: Request, number: str) -> Response:
        """Ask for what is open of an invoice to be given up, or a part of it. Somebody else has to agree."""
        due = get_object_or_404(InvoiceDue, invoice__number=number)
        asked = ask_for_write_off(invoice_id=due.pk, **self.read(NewWriteOffSerializer), **self.signed)
        return Response(WriteOffSerializer(asked).data, status=201)


class WriteOffs(View, ListAPIView[WriteOff]):
    """Write-offs that wait or have been decided, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = WriteOff.objects.select_related("due__invoice")
    serializer_class = WriteOffSerializer
    filterset_class = WriteOffFilter


class WriteOffAct(Act[WriteOff]):
    """An act on a write-off."""

    permission_classes = (ApprovesForFinance,)
    serializer_class = WriteOffSerializer

    def get_queryset(self) -> QuerySet[WriteOff]:
        """Any of them."""
        return WriteOff.objects.select_related("due__invoice")


class ApproveWriteOff(WriteOffAct):
    """Agree to a write-off that somebody else has asked for, and book it."""

    def do(self, found: WriteOff, **values: Any) -> None:
        """Approve."""
        approve_write_off(write_off_id=found.pk, **self.signed)


class RefuseWriteOff(WriteOffAct):
    """Refuse a write-off."""

    def do(self, found: WriteOff, **values: Any) -> None:
        """Refuse."""
        refuse_write_off(write_off_id=found.pk, **self.signed)
