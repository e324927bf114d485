"""Access details of deliveries, reliability and earnings."""

from __future__ import annotations

from types import SimpleNamespace

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.delivery.access import due_runs, hand_over_access, open_access
from billing.models import AccessHandover, Reliability
from billing.reports.earnings import earnings_by_day
from marketplace.api.permissions import ActsForParticipant
from marketplace.api.serializers.provider import (
    AccessSerializer,
    DueListSerializer,
    EarningsSerializer,
    HandedOverSerializer,
    NewAccessSerializer,
    OpenAccessSerializer,
    ReliabilitySerializer,
)
from marketplace.api.views.base import View, span_of
from marketplace.api.views.markets import HOURS, START
from matching.hours import hour_of
from matching.models import Participant, Site


class Due(View, GenericAPIView[Site]):
    """What is due at the caller's sites."""

    permission_classes = (ActsForParticipant,)
    serializer_class = DueListSerializer

    @extend_schema(parameters=[START, HOURS], responses=DueListSerializer)
    def get(self, request: Request) -> Response:
        """What is due at the caller's sites, by holder, and which of it has its access details."""
        start, end = span_of(request, default_start=hour_of(timezone.now()))
        runs = due_runs(provider_id=self.participant.pk, start=start, end=end)
        sites = Site.objects.in_bulk({run.site_id for run in runs})
        holders = Participant.objects.in_bulk({run.holder_id for run in runs})
        due = [SimpleNamespace(run=run, site=sites[run.site_id], holder=holders[run.holder_id]) for run in runs]
        return Response(DueListSerializer({"due": due}).data)


class Access(View, GenericAPIView[AccessHandover]):
    """Hands access details over."""

    permission_classes = (ActsForParticipant,)
    serializer_class = HandedOverSerializer

    @extend_schema(request=NewAccessSerializer, responses={201: HandedOverSerializer})
    def post(self, request: Request) -> Response:
        """Hand over access details for a holder's hours. It sees them from gate closure on; the newest count."""
        form = NewAccessSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        handover = hand_over_access(
            provider_id=self.participant.pk,
            site_id=get_object_or_404(Site, slug=values.pop("site"), provider=self.participant).pk,
            holder_id=get_object_or_404(Participant, slug=values.pop("holder")).pk,
            by=getattr(request.user, "email", ""),
            now=timezone.now(),
            **values,
        )
        return Response(HandedOverSerializer(handover).data, status=201)


class OpenAccess(View, GenericAPIView[AccessHandover]):
    """Shows a holder its access details."""

    permission_classes = (ActsForParticipant,)
    serializer_class = AccessSerializer

    @extend_schema(request=OpenAccessSerializer, responses=AccessSerializer)
    def post(self, request: Request) -> Response:
        """See the access details of an hour that you hold, from gate closure on. The provider sees who looked, and when."""
        form = OpenAccessSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        handover, text = open_access(
            site_id=get_object_or_404(Site, slug=form.validated_data["site"]).pk,
            hour=form.validated_data["hour"],
            holder=self.participant,
            by=getattr(request.user, "email", ""),
            now=timezone.now(),
        )
        return Response({**HandedOverSerializer(handover).data, "text": text})


class OwnReliability(View, GenericAPIView[Reliability]):
    """The caller's reliability."""

    permission_classes = (ActsForParticipant,)
    serializer_class = ReliabilitySerializer

    @extend_schema(responses=ReliabilitySerializer)
    def get(self, request: Request) -> Response:
        """The caller's reliability as last worked out, with the figures behind it; 404 before its first site."""
        return Response(ReliabilitySerializer(get_object_or_404(Reliability, pk=self.participant.pk)).data)


class Earnings(View, GenericAPIView[Reliability]):
    """The caller's earnings."""

    permission_classes = (ActsForParticipant,)
    serializer_class = EarningsSerializer

    @extend_schema(parameters=[START, HOURS], responses=EarningsSerializer)
    def get(self, request: Request) -> Response:
        """Gross, shortfall, penalty, fee, VAT and net by Beijing day and site, of settled hours; the last week by default."""
        start, end = span_of(request, default_start=hour_of(timezone.now()) - 24 * 7)
        rows = earnings_by_day(provider_id=self.participant.pk, start=start, end=end)
        slugs = dict(Site.objects.filter(pk__in={row.site_id for row in rows}).values_list("pk", "slug"))
        names = (
            "start", "accelerator_hours", "gross_fen", "shortfall_fen", "penalty_fen", "fee_fen", "vat_fen", "kept_back_fen",
            "net_fen",
        )  # fmt: skip
        days = [{**{name: getattr(row, name) for name in names}, "site": slugs[row.site_id]} for row in rows]
        return Response(EarningsSerializer({"start": start, "end": end, "days": days}).data)
