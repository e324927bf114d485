"""Finance reads the ledger's transfers, books deposits, and corrects what was booked by hand."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.corrections.by_hand import approve_correction, ask_to_correct, refuse_correction
from billing.funds import book_deposit
from billing.models import Correction, Transfer
from marketplace.api.finance_filters import CorrectionFilter, TransferFilter
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.transfers import (
    CorrectionSerializer,
    NewCorrectionSerializer,
    NewDepositSerializer,
    OneTransferSerializer,
    TransferSerializer,
)
from marketplace.api.views.acts import Act, SignedView
from marketplace.api.views.base import View
from matching.models import Participant

_TRANSFERS = Transfer.objects.select_related("debit_account__participant", "credit_account__participant")


class Transfers(View, ListAPIView[Transfer]):
    """Transfers of the ledger, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = _TRANSFERS
    serializer_class = TransferSerializer
    filterset_class = TransferFilter


class OneTransfer(View, RetrieveAPIView[Transfer]):
    """One transfer with what corrects it."""

    permission_classes = (ReadsForFinance,)
    queryset = _TRANSFERS.prefetch_related("correction_requests")
    serializer_class = OneTransferSerializer


class Deposits(SignedView, GenericAPIView[Transfer]):
    """Books deposits."""

    permission_classes = (BooksForFinance,)
    serializer_class = OneTransferSerializer

    @extend_schema(request=NewDepositSerializer, responses={200: OneTransferSerializer, 201: OneTransferSerializer})
    def post(self, request: Request) -> Response:
        """Book what arrived at the bank for a participant. The same bank's number again answers 200 with the first transfer."""
        values = self.read(NewDepositSerializer)
        participant = get_object_or_404(Participant, slug=values.pop("participant"))
        signed = self.signed
        transfer_id = book_deposit(participant_id=participant.pk, **values, **signed)
        transfer = _TRANSFERS.get(pk=transfer_id)
        status = 201 if transfer.at == signed["now"] else 200
        return Response(OneTransferSerializer(transfer).data, status=status)


class AskToCorrect(SignedView, GenericAPIView[Correction]):
    """Asks for a correction."""

    permission_classes = (BooksForFinance,)
    serializer_class = CorrectionSerializer

    @extend_schema(request=NewCorrectionSerializer, responses={201: CorrectionSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """Ask for a posted transfer to be taken back, whole or in part. Somebody else has to approve it."""
        found = get_object_or_404(Transfer, pk=pk)
        asked = ask_to_correct(transfer_id=found.pk, **self.read(NewCorrectionSerializer), **self.signed)
        return Response(CorrectionSerializer(asked).data, status=201)


class Corrections(View, ListAPIView[Correction]):
    """Corrections that wait or have been decided, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = Correction.objects.all()
    serializer_class = CorrectionSerializer
    filterset_class = CorrectionFilter


class CorrectionAct(Act[Correction]):
    """An act on a correction."""

    permission_classes: Any = (BooksForFinance,)
    serializer_class = CorrectionSerializer

    def get_queryset(self) -> QuerySet[Correction]:
        """Any of them."""
        return Correction.objects.all()


class ApproveCorrection(CorrectionAct):
    """Post a correction that somebody else has asked for."""

    permission_classes = (ApprovesForFinance,)

    def do(self, found: Correction, **values: Any) -> None:
        """Approve."""
        approve_correction(correction_id=found.pk, **self.signed)


class RefuseCorrection(CorrectionAct):
    """Refuse a correction, or take one's own back. Nothing is posted."""

    def do(self, found: Correction, **values: Any) -> None:
        """Refuse."""
        refuse_correction(correction_id=found.pk, **self.signed)
