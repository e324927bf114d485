"""Finance pays providers: one person prepares a batch, another approves it, the bank answers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Account, Payout, PayoutBatch
from billing.payouts.answers import answer_payout
from billing.payouts.bank_file import bank_file
from billing.payouts.batches import (
    approve_batch,
    batches_with_sums,
    drop_batch,
    owed_accounts,
    prepare_payouts,
    send_batch,
)
from marketplace.api.finance_filters import PayoutBatchFilter, PayoutFilter
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.payouts import (
    AnswerSerializer,
    NewBatchSerializer,
    PayableSerializer,
    PayoutBatchSerializer,
    PayoutSerializer,
)
from marketplace.api.views.acts import Act, SignedView
from marketplace.api.views.base import View


class Payables(View, ListAPIView[Account]):
    """What providers are owed now, beyond what batches have reserved."""

    permission_classes = (ReadsForFinance,)
    serializer_class = PayableSerializer

    def get_queryset(self) -> QuerySet[Account]:
        """Those who are owed anything."""
        return owed_accounts()


class PayoutBatches(SignedView, ListAPIView[PayoutBatch]):
    """Batches of payouts, newest first."""

    permission_classes = (BooksForFinance,)
    serializer_class = PayoutBatchSerializer
    filterset_class = PayoutBatchFilter

    def get_queryset(self) -> QuerySet[PayoutBatch]:
        """Each with its sums."""
        return batches_with_sums()

    @extend_schema(request=NewBatchSerializer, responses={201: PayoutBatchSerializer})
    def post(self, request: Request) -> Response:
        """Prepare a batch: what each provider with a bank account is owed is reserved. Somebody else has to approve it.

        Sent again it reserves nothing twice: what a batch has reserved is not owed any more.
        """
        batch = prepare_payouts(**self.read(NewBatchSerializer), **self.signed)
        return Response(PayoutBatchSerializer(batches_with_sums().get(pk=batch.pk)).data, status=201)


class OneBatch(View, RetrieveAPIView[PayoutBatch]):
    """One batch; its payouts are in `/payouts?batch=ID`."""

    permission_classes = (ReadsForFinance,)
    serializer_class = PayoutBatchSerializer

    def get_queryset(self) -> QuerySet[PayoutBatch]:
        """With its sums."""
        return batches_with_sums()


class BatchAct(Act[PayoutBatch]):
    """An act on a batch."""

    permission_classes: Any = (BooksForFinance,)
    serializer_class = PayoutBatchSerializer

    def get_queryset(self) -> QuerySet[PayoutBatch]:
        """Any of them."""
        return batches_with_sums()


class ApproveBatch(BatchAct):
    """Approve a batch that somebody else has prepared."""

    permission_classes = (ApprovesForFinance,)

    def do(self, found: PayoutBatch, **values: Any) -> None:
        """Approve."""
        approve_batch(batch_id=found.pk, **self.signed)


class DropBatch(BatchAct):
    """Give up a batch that nobody has approved. What it had reserved is owed again."""

    def do(self, found: PayoutBatch, **values: Any) -> None:
        """Drop."""
        drop_batch(batch_id=found.pk, **self.signed)


class SendBatch(BatchAct):
    """Note that the bank has been given an approved batch."""

    def do(self, found: PayoutBatch, **values: Any) -> None:
        """Send."""
        send_batch(batch_id=found.pk, **self.signed)


class BankFile(View, GenericAPIView[PayoutBatch]):
    """An approved batch as the bank takes it."""

    permission_classes = (ReadsForFinance,)
    queryset = PayoutBatch.objects.filter(state__in=[PayoutBatch.State.APPROVED, PayoutBatch.State.SENT])

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: str) -> StreamingHttpResponse:
        """An approved batch as the CSV that the bank takes."""
        batch = get_object_or_404(self.get_queryset(), pk=pk)
        headers = {"Content-Disposition": f'attachment; filename="payouts-{batch.pk}.csv"'}
        return StreamingHttpResponse(bank_file(batch), content_type="text/csv; charset=utf-8", headers=headers)


class Payouts(View, ListAPIView[Payout]):
    """Payouts to providers, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = Payout.objects.select_related("participant")
    serializer_class = PayoutSerializer
    filterset_class = PayoutFilter


class AnswerPayout(Act[Payout]):
    """Book what the bank made of a payout: paid under its number, not taken, or sent back, which is owed again."""

    permission_classes = (BooksForFinance,)
    queryset = Payout.objects.select_related("participant")
    serializer_class = PayoutSerializer
    body = AnswerSerializer

    def do(self, found: Payout, **values: Any) -> None:
        """Book it."""
        answer_payout(payout_id=found.pk, **values, **self.signed)
