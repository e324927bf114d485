"""Invoices, statements, their notes and settlement lines: an organisation's own, or everybody's for finance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from billing.credit_notes.by_finance import issue_credit_note, plan_credit
from billing.einvoices import render_factur_x, render_ubl
from billing.invoice_pdf import render_invoice
from billing.models import Invoice, SettlementLine
from marketplace.api.filters import InvoiceFilter, SettlementLineFilter
from marketplace.api.permissions import BooksForFinance, ReadsDocuments
from marketplace.api.serializers.credit_notes import CreditPlanSerializer, NewCreditNoteSerializer
from marketplace.api.serializers.money import InvoiceSerializer, SettlementLineSerializer
from marketplace.api.views.base import View


class OwnInvoices(View):
    """Views of documents that the caller may see."""

    permission_classes: Sequence[type[BasePermission]] = (ReadsDocuments,)

    def get_queryset(self) -> QuerySet[Invoice]:
        """Everybody's for finance, else the caller's own."""
        if getattr(self, "swagger_fake_view", False):
            return Invoice.objects.none()
        invoices = Invoice.objects.select_related("participant", "fapiao", "due", "corrects")
        invoices = invoices.prefetch_related("lines__market", "notes")
        return invoices if self.caller.is_finance else invoices.filter(participant=self.participant)


class Invoices(OwnInvoices, ListAPIView[Invoice]):
    """Invoices and statements, newest first."""

    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter


class OneInvoice(OwnInvoices, RetrieveAPIView[Invoice]):
    """One document by its number."""

    serializer_class = InvoiceSerializer
    lookup_field = "number"


class CreditNotes(OwnInvoices, GenericAPIView[Invoice]):
    """Credit notes on a document, by finance."""

    permission_classes = (BooksForFinance,)

    @extend_schema(request=NewCreditNoteSerializer, responses={200: CreditPlanSerializer, 201: InvoiceSerializer})
    def post(self, request: Request, number: str) -> Response:
        """Credit a document, whole or by lines; with `preview` only say what it would do (200)."""
        document = get_object_or_404(self.get_queryset(), number=number)
        form = NewCreditNoteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        amounts_fen = None
        if values.get("lines") is not None:
            amounts_fen = {line["position"]: line["amount_fen"] for line in values["lines"]}
        if values["preview"]:
            plan = plan_credit(document=document, amounts_fen=amounts_fen)
            return Response(CreditPlanSerializer(plan).data)
        note = issue_credit_note(
            number=number,
            amounts_fen=amounts_fen,
            cause=values["cause"],
            reason=values["reason"],
            left_fen=values.get("left_fen"),
            by=getattr(request.user, "email", ""),
            now=timezone.now(),
        )
        return Response(InvoiceSerializer(note, context=self.get_serializer_context()).data, status=201)


class InvoicePdf(OwnInvoices, GenericAPIView[Invoice]):
    """The document as PDF, in Chinese and English."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The document as PDF, in Chinese and English."""
        invoice = get_object_or_404(self.get_queryset(), number=number)
        return HttpResponse(
            render_invoice(invoice),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{invoice.number}.pdf"'},
        )


class OwnEInvoices(OwnInvoices, GenericAPIView[Invoice]):
    """E-invoices of the invoices that the caller may see; statements have none."""

    def get_queryset(self) -> QuerySet[Invoice]:
        """Without statements and notes on them."""
        statement = Invoice.Kind.STATEMENT
        return super().get_queryset().exclude(kind=statement).exclude(corrects__kind=statement)

    def attachment(
        self, number: str, render: Callable[[Invoice], bytes], ending: str, content_type: str
    ) -> HttpResponse:
        """Render the invoice of that number as a file; 404 where the caller has none."""
        invoice = get_object_or_404(self.get_queryset(), number=number)
        headers = {"Content-Disposition": f'attachment; filename="{invoice.number}.{ending}"'}
        return HttpResponse(render(invoice), content_type=content_type, headers=headers)


class InvoiceUbl(OwnEInvoices):
    """The invoice as UBL 2.1 by EN 16931; a statement has none."""

    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.BINARY})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The invoice as UBL 2.1 by EN 16931; a statement has none."""
        return self.attachment(number, render_ubl, "ubl.xml", "application/xml")


class InvoiceFacturX(OwnEInvoices):
    """The invoice as Factur-X by EN 16931: its PDF (PDF/A-3) with the CII XML inside; a statement has none."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The invoice as Factur-X by EN 16931: its PDF (PDF/A-3) with the CII XML inside; a statement has none."""
        return self.attachment(number, render_factur_x, "factur-x.pdf", "application/pdf")


class SettlementLines(View, ListAPIView[SettlementLine]):
    """Delivered hours of trades as they were settled, newest first."""

    permission_classes = (ReadsDocuments,)
    serializer_class = SettlementLineSerializer
    filterset_class = SettlementLineFilter

    def get_queryset(self) -> QuerySet[SettlementLine]:
        """Everybody's for finance, else where the caller bought or sold."""
        if getattr(self, "swagger_fake_view", False):
            return SettlementLine.objects.none()
        lines = SettlementLine.objects.select_related("trade__market", "trade__site", "trade__buyer", "trade__seller")
        if self.caller.is_finance:
            return lines
        return lines.filter(Q(trade__buyer=self.participant) | Q(trade__seller=self.participant))

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer whose fee to show; None shows both."""
        context = super().get_serializer_context()
        if getattr(self, "swagger_fake_view", False) or self.caller.is_finance:
            return {**context, "participant_id": None}
        return {**context, "participant_id": self.participant.pk}
