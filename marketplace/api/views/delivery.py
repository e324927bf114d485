"""Meter readings of a provider's sites, and disputes about them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.delivery.reading_csv import FILE_BYTES_MAX, import_readings, preview_readings
from billing.delivery.readings import NewReading, Verdict, record_readings
from billing.models import Dispute, MeterReading
from marketplace.api.filters import DisputeFilter, ReadingFilter
from marketplace.api.permissions import ActsForParticipant, BooksForFinance, ReadsDocuments
from marketplace.api.serializers.delivery import (
    DisputeSerializer,
    FileVerdictSerializer,
    NewDisputeSerializer,
    NewReadingsSerializer,
    ReadingSerializer,
    ReadingsFileSerializer,
    RulingSerializer,
    VerdictsSerializer,
)
from marketplace.api.views.acts import Act
from marketplace.api.views.base import View
from matching.models import Site


class Readings(View, ListAPIView[MeterReading]):
    """Readings of the caller's sites and of what it holds, newest first; everybody's for finance."""

    serializer_class = ReadingSerializer
    filterset_class = ReadingFilter

    def get_permissions(self) -> list[ReadsDocuments | ActsForParticipant]:
        """Finance reads too; sending needs the provider's own key."""
        return [ActsForParticipant() if self.request.method == "POST" else ReadsDocuments()]

    def get_queryset(self) -> QuerySet[MeterReading]:
        """Both sides of a reading see it."""
        if getattr(self, "swagger_fake_view", False):
            return MeterReading.objects.none()
        readings = MeterReading.objects.select_related("site", "holder")
        if self.caller.is_finance:
            return readings
        return readings.filter(Q(provider=self.participant) | Q(holder=self.participant))

    @extend_schema(request=NewReadingsSerializer, responses=VerdictsSerializer)
    def post(self, request: Request) -> Response:
        """Send readings of your sites. Each gets its own verdict; one at fault leaves the others alone."""
        form = NewReadingsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        readings = [NewReading(**row) for row in form.validated_data["readings"]]
        verdicts = record_readings(provider_id=self.participant.pk, readings=readings, now=timezone.now())
        rows = [_words(reading, verdict) for reading, verdict in zip(readings, verdicts, strict=True)]
        return Response(VerdictsSerializer({"verdicts": rows}).data)


class Disputes(View, ListAPIView[Dispute]):
    """Disputes that the caller is a side of, newest first; everybody's for finance."""

    serializer_class = DisputeSerializer
    filterset_class = DisputeFilter

    def get_permissions(self) -> list[ReadsDocuments | ActsForParticipant]:
        """Finance reads too; raising one needs the holder's own key."""
        return [ActsForParticipant() if self.request.method == "POST" else ReadsDocuments()]

    def get_queryset(self) -> QuerySet[Dispute]:
        """Both sides see it."""
        if getattr(self, "swagger_fake_view", False):
            return Dispute.objects.none()
        disputes = Dispute.objects.select_related("site", "holder", "ruling")
        if self.caller.is_finance:
            return disputes
        return disputes.filter(Q(site__provider=self.participant) | Q(holder=self.participant))

    @extend_schema(request=NewDisputeSerializer, responses={201: DisputeSerializer})
    def post(self, request: Request) -> Response:
        """Say that less was delivered than counts. What is contested is kept from the seller until finance decides."""
        form = NewDisputeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        dispute = raise_dispute(
            site_id=get_object_or_404(Site, slug=values["site"]).pk,
            hour=values["hour"],
            holder_id=self.participant.pk,
            accelerators=values["accelerators"],
            reason=values["reason"],
            by=getattr(request.user, "email", ""),
            now=timezone.now(),
        )
        return Response(DisputeSerializer(dispute).data, status=201)


class OneDispute(View, RetrieveAPIView[Dispute]):
    """One dispute that the caller is a side of; anybody's for finance."""

    permission_classes = (ReadsDocuments,)
    serializer_class = DisputeSerializer

    def get_queryset(self) -> QuerySet[Dispute]:
        """Both sides see it."""
        if getattr(self, "swagger_fake_view", False):
            return Dispute.objects.none()
        disputes = Dispute.objects.select_related("site", "holder", "ruling")
        if self.caller.is_finance:
            return disputes
        return disputes.filter(Q(site__provider=self.participant) | Q(holder=self.participant))


class ResolveDispute(Act[Dispute]):
    """Decide a dispute, for finance: uphold it with the number delivered, or reject it. The next settlement posts what follows."""

    permission_classes = (BooksForFinance,)
    queryset = Dispute.objects.select_related("site", "holder", "ruling")
    serializer_class = DisputeSerializer
    body = RulingSerializer

    def do(self, found: Dispute, **values: Any) -> None:
        """Decide."""
        resolve_dispute(dispute_id=found.pk, **values, **self.signed)


class OneReading(View, RetrieveAPIView[MeterReading]):
    """One reading, to both of its sides and to finance."""

    permission_classes = (ReadsDocuments,)
    serializer_class = ReadingSerializer

    def get_queryset(self) -> QuerySet[MeterReading]:
        """Both sides see it."""
        if getattr(self, "swagger_fake_view", False):
            return MeterReading.objects.none()
        readings = MeterReading.objects.select_related("site", "holder")
        if self.caller.is_finance:
            return readings
        return readings.filter(Q(provider=self.participant) | Q(holder=self.participant))


class ReadingsFile(View, GenericAPIView[MeterReading]):
    """Readings as a file."""

    permission_classes = (ActsForParticipant,)
    parser_classes = (MultiPartParser, JSONParser)
    serializer_class = FileVerdictSerializer

    @extend_schema(request={"multipart/form-data": ReadingsFileSerializer}, responses=FileVerdictSerializer)
    def post(self, request: Request) -> Response:
        """Send readings of your sites as CSV: all of the file or, with every fault by its line, nothing."""
        values, provider_id, now = self.read(ReadingsFileSerializer), self.participant.pk, timezone.now()
        content = values["file"].read(FILE_BYTES_MAX + 1)
        lines = preview_readings(provider_id=provider_id, content=content, now=now)
        known = sum(line.is_known for line in lines)
        faults = [_("Line %(line)s: %(why)s") % {"line": line.line, "why": line.fault} for line in lines if line.fault]
        new = len(lines) - known - len(faults)
        if not values["preview"]:
            new = import_readings(provider_id=provider_id, content=content, now=now)
            known = len(lines) - new
        body = {"readings": len(lines), "new": new, "known": known, "faults": faults}
        return Response(FileVerdictSerializer(body).data)


def _words(reading: NewReading, verdict: Verdict) -> dict[str, object]:
    error = verdict.error
    return {
        "source_id": reading.source_id,
        "status": "refused" if error else "accepted" if verdict.is_new else "known",
        "id": verdict.reading_id,
        "code": error.code if error else None,
        "detail": str(error) if error else None,
    }
