"""Fees and vouchers: an organisation's own, or everybody's for finance."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.delivery.penalty import read_penalty
from billing.fees.terms import read_fee_terms
from billing.fees.versions import new_schedule, propose_schedule, touched_by
from billing.models import FeeSchedule, Voucher, VoucherUse
from billing.versions import check_is_ahead
from marketplace.api.finance_filters import ScheduleFilter
from marketplace.api.permissions import ActsForParticipant, BooksForFinance, ReadsDocuments
from marketplace.api.serializers.finance.versions import NewScheduleSerializer, TouchedListSerializer
from marketplace.api.serializers.terms import (
    FeeScheduleSerializer,
    FeesSerializer,
    VoucherSerializer,
    VoucherUseSerializer,
    tier_rows,
)
from marketplace.api.views.acts import SignedView
from marketplace.api.views.base import View
from matching.models import Participant


class Fees(View, GenericAPIView[FeeSchedule]):
    """What the caller pays today."""

    permission_classes = (ActsForParticipant,)
    serializer_class = FeesSerializer

    @extend_schema(responses=FeesSerializer)
    def get(self, request: Request) -> Response:
        """What the caller pays today: its rates, the volume they follow from, and all tiers."""
        now, participant_id = timezone.now(), self.participant.pk
        terms = read_fee_terms(participant_ids=[participant_id], now=now)[participant_id]
        body = {
            "volume_fen": terms.volume_fen,
            "maker_fee_bps": terms.maker_fee_bps,
            "taker_fee_bps": terms.taker_fee_bps,
            "vat_bps": terms.vat_bps,
            "penalty_bps": read_penalty(now=now).bps,
            "is_own": terms.is_own,
            "missing_fen": terms.missing_fen,
            "tiers": tier_rows(list(terms.tiers)),
        }
        return Response(FeesSerializer(body).data)


class FeeSchedules(SignedView, ListAPIView[FeeSchedule]):
    """Approved versions of the general fees and of the caller's own, newest first; for finance everybody's, proposals too."""

    serializer_class = FeeScheduleSerializer
    filterset_class = ScheduleFilter

    def get_permissions(self) -> list[ReadsDocuments | BooksForFinance]:
        """Proposing is finance's."""
        return [BooksForFinance() if self.request.method == "POST" else ReadsDocuments()]

    def get_queryset(self) -> QuerySet[FeeSchedule]:
        """Nobody sees what others have agreed."""
        if getattr(self, "swagger_fake_view", False):
            return FeeSchedule.objects.none()
        schedules = FeeSchedule.objects.select_related("participant")
        if self.caller.is_finance:
            return schedules
        approved = schedules.filter(state=FeeSchedule.State.APPROVED)
        return approved.filter(Q(participant=None) | Q(participant=self.participant))

    def get_serializer_context(self) -> dict[str, Any]:
        """Let finance see who has decided."""
        is_fake = getattr(self, "swagger_fake_view", False)
        return {**super().get_serializer_context(), "shows_decision": not is_fake and self.caller.is_finance}

    @extend_schema(request=NewScheduleSerializer, responses={200: TouchedListSerializer, 201: FeeScheduleSerializer})
    def post(self, request: Request) -> Response:
        """Propose fees from a day on, of everybody or of one participant; somebody else has to approve them.

        With `preview` it only says whom they would touch.
        """
        values, signed = self.read(NewScheduleSerializer), self.signed
        is_preview, slug = values.pop("preview"), values.pop("participant", None)
        participant = None if slug is None else get_object_or_404(Participant, slug=slug)
        tiers = [(tier["volume_fen"], tier["maker_fee_bps"], tier["taker_fee_bps"]) for tier in values.pop("tiers")]
        schedule = new_schedule(tiers=tiers, participant_id=participant.pk if participant else None, **values)
        check_is_ahead(schedule, signed["now"])
        if is_preview:
            touched = touched_by(schedule=schedule, now=signed["now"])
            return Response(TouchedListSerializer({"touched": touched}).data)
        propose_schedule(schedule=schedule, **signed)
        return Response(self.get_serializer(schedule).data, status=201)


class Vouchers(View, ListAPIView[Voucher]):
    """The caller's vouchers, in the order in which they were given; everybody's for finance."""

    permission_classes = (ReadsDocuments,)
    serializer_class = VoucherSerializer

    def get_queryset(self) -> QuerySet[Voucher]:
        """Vouchers of drafts are finance's own matter."""
        if getattr(self, "swagger_fake_view", False):
            return Voucher.objects.none()
        vouchers = Voucher.objects.select_related("participant", "programme").prefetch_related(
            "programme__rates__compute_class"
        )
        if self.caller.is_finance:
            return vouchers
        return vouchers.filter(participant=self.participant).exclude(programme__state="draft")


class VoucherUses(View, ListAPIView[VoucherUse]):
    """What the caller's vouchers have paid, newest first; everybody's for finance."""

    permission_classes = (ReadsDocuments,)
    serializer_class = VoucherUseSerializer

    def get_queryset(self) -> QuerySet[VoucherUse]:
        """Each use with its day."""
        if getattr(self, "swagger_fake_view", False):
            return VoucherUse.objects.none()
        uses = VoucherUse.objects.select_related("voucher__participant", "compute_class", "note").order_by("-pk")
        return uses if self.caller.is_finance else uses.filter(voucher__participant=self.participant)
