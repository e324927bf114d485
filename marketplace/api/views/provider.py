"""A provider's sites, curves, standing offers and maintenance; the verbs are those of the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.permissions import ActsForParticipant
from marketplace.api.serializers.provider import (
    CurveSerializer,
    EndedSerializer,
    EndSerializer,
    MaintenanceOutcomeSerializer,
    MaintenanceSerializer,
    NewCurveSerializer,
    NewMaintenanceSerializer,
    NewStandingOfferSerializer,
    NextSerializer,
    SiteFactsSerializer,
    SiteSerializer,
    StandingOfferSerializer,
)
from marketplace.api.views.base import View
from marketplace.offers import maintenance, onboarding, price_curves, standing_offers
from marketplace.offers.models import Maintenance, PriceCurve, SiteProfile, StandingOffer
from matching.models import Site


class OwnView(View):
    """A view of what the caller's organisation keeps."""

    permission_classes = (ActsForParticipant,)

    @property
    def own(self) -> dict[str, Any]:
        """Who acts, for whom, and when, as the verbs take it."""
        by = getattr(self.request.user, "email", "")
        return {"provider_id": self.participant.pk, "by": by, "now": timezone.now()}

    def site_of(self, slug: str) -> Site:
        """One of the caller's sites by its slug."""
        return get_object_or_404(Site, slug=slug, provider=self.participant)


class Sites(OwnView, ListAPIView[SiteProfile]):
    """The caller's sites from their drafts on, newest first."""

    serializer_class = SiteSerializer

    def get_queryset(self) -> QuerySet[SiteProfile]:
        """Only the caller's."""
        if getattr(self, "swagger_fake_view", False):
            return SiteProfile.objects.none()
        found = SiteProfile.objects.filter(provider=self.participant)
        return found.select_related("compute_class", "hub", "site__market")

    @extend_schema(request=SiteFactsSerializer, responses={201: SiteSerializer})
    def post(self, request: Request) -> Response:
        """Draft a site. It trades once it is complete, submitted and approved by an operator."""
        form = SiteFactsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(SiteSerializer(onboarding.start_site(**self.own, **form.validated_data)).data, status=201)


class OneSite(OwnView, GenericAPIView[SiteProfile]):
    """One site of the caller's."""

    serializer_class = SiteSerializer

    @extend_schema(responses=SiteSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Show a site from its draft on."""
        return Response(SiteSerializer(get_object_or_404(SiteProfile, pk=pk, provider=self.participant)).data)

    @extend_schema(request=SiteFactsSerializer, responses=SiteSerializer)
    def patch(self, request: Request, pk: str) -> Response:
        """Say more of a draft; what is left out stays."""
        form = SiteFactsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(
            SiteSerializer(onboarding.save_site(profile_id=int(pk), **self.own, **form.validated_data)).data
        )


class SubmitSite(OwnView, GenericAPIView[SiteProfile]):
    """Puts a draft before the operators."""

    serializer_class = SiteSerializer

    @extend_schema(request=None, responses=SiteSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Submit a draft to the operators."""
        return Response(SiteSerializer(onboarding.submit_site(profile_id=int(pk), **self.own)).data)


class RecallSite(OwnView, GenericAPIView[SiteProfile]):
    """Takes a submitted site back."""

    serializer_class = SiteSerializer

    @extend_schema(request=None, responses=SiteSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Take a submitted site back to a draft."""
        return Response(SiteSerializer(onboarding.recall_site(profile_id=int(pk), **self.own)).data)


class Curves(OwnView, ListAPIView[PriceCurve]):
    """The caller's price curves, newest first."""

    serializer_class = CurveSerializer

    def get_queryset(self) -> QuerySet[PriceCurve]:
        """Only of the caller's sites."""
        if getattr(self, "swagger_fake_view", False):
            return PriceCurve.objects.none()
        return PriceCurve.objects.filter(site__provider=self.participant).select_related("site")

    @extend_schema(request=NewCurveSerializer, responses={201: CurveSerializer})
    def post(self, request: Request) -> Response:
        """Keep a new curve."""
        return Response(CurveSerializer(_keep_curve(self, request, None)).data, status=201)


class OneCurve(OwnView, GenericAPIView[PriceCurve]):
    """One price curve of the caller's."""

    serializer_class = CurveSerializer

    @extend_schema(request=NewCurveSerializer, responses=CurveSerializer)
    def patch(self, request: Request, pk: str) -> Response:
        """Change a curve as a whole. Hours that are listed already stay as they are."""
        return Response(CurveSerializer(_keep_curve(self, request, int(pk))).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Forget a curve that no standing offer uses."""
        price_curves.delete_curve(curve_id=int(pk), **self.own)
        return Response(status=204)


class StandingOffers(OwnView, ListAPIView[StandingOffer]):
    """The caller's standing offers, newest first."""

    serializer_class = StandingOfferSerializer

    def get_queryset(self) -> QuerySet[StandingOffer]:
        """Only of the caller's sites."""
        if getattr(self, "swagger_fake_view", False):
            return StandingOffer.objects.none()
        return StandingOffer.objects.filter(site__provider=self.participant).select_related("site")

    @extend_schema(request=NewStandingOfferSerializer, responses={201: StandingOfferSerializer})
    def post(self, request: Request) -> Response:
        """Keep a new rule. It lists within a minute, and each new day at Beijing's midnight."""
        form = NewStandingOfferSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rule = standing_offers.save_standing_offer(standing_id=None, **self.own, **form.validated_data)
        return Response(StandingOfferSerializer(rule).data, status=201)


class OneStandingOffer(OwnView, GenericAPIView[StandingOffer]):
    """One standing offer of the caller's."""

    serializer_class = StandingOfferSerializer

    @extend_schema(responses=StandingOfferSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Show a rule: how far it has listed, and why its last try listed nothing, where it did not."""
        found = StandingOffer.objects.select_related("site")
        return Response(StandingOfferSerializer(get_object_or_404(found, pk=pk, site__provider=self.participant)).data)

    @extend_schema(request=NewStandingOfferSerializer, responses=StandingOfferSerializer)
    def patch(self, request: Request, pk: str) -> Response:
        """Change a rule as a whole, for hours that it lists from now on."""
        form = NewStandingOfferSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        rule = standing_offers.save_standing_offer(standing_id=int(pk), **self.own, **form.validated_data)
        return Response(StandingOfferSerializer(rule).data)


class NextStandingOffer(OwnView, GenericAPIView[StandingOffer]):
    """What a rule does next."""

    serializer_class = NextSerializer

    @extend_schema(responses=NextSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """What a rule would list now; nothing where all in its reach is listed."""
        found = StandingOffer.objects.select_related("site__market", "curve")
        rule = get_object_or_404(found, pk=pk, site__provider=self.participant)
        return Response(NextSerializer(standing_offers.next_listing(rule=rule, now=timezone.now())).data)


class EndStandingOffer(OwnView, GenericAPIView[StandingOffer]):
    """Ends a rule."""

    serializer_class = EndedSerializer

    @extend_schema(request=EndSerializer, responses=EndedSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """End a rule for good. What it has listed stays unless `withdraw` says otherwise."""
        form = EndSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        count = standing_offers.end_standing_offer(standing_id=int(pk), **self.own, **form.validated_data)
        return Response(EndedSerializer({"withdrawn": count}).data)


class PauseStandingOffer(OwnView, GenericAPIView[StandingOffer]):
    """Pauses a rule."""

    serializer_class = StandingOfferSerializer

    @extend_schema(request=None, responses=StandingOfferSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Let a rule list nothing more until it is resumed."""
        rule = standing_offers.pause_standing_offer(standing_id=int(pk), **self.own)
        return Response(StandingOfferSerializer(rule).data)


class ResumeStandingOffer(OwnView, GenericAPIView[StandingOffer]):
    """Resumes a rule."""

    serializer_class = StandingOfferSerializer

    @extend_schema(request=None, responses=StandingOfferSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Let a paused rule go on."""
        rule = standing_offers.resume_standing_offer(standing_id=int(pk), **self.own)
        return Response(StandingOfferSerializer(rule).data)


class Maintenances(OwnView, ListAPIView[Maintenance]):
    """Maintenance of the caller's sites, newest first."""

    serializer_class = MaintenanceSerializer

    def get_queryset(self) -> QuerySet[Maintenance]:
        """Only of the caller's sites."""
        if getattr(self, "swagger_fake_view", False):
            return Maintenance.objects.none()
        return Maintenance.objects.filter(site__provider=self.participant).select_related("site")

    @extend_schema(
        request=NewMaintenanceSerializer,
        responses={200: MaintenanceOutcomeSerializer, 201: MaintenanceOutcomeSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take hours out of sale. Own unsold asks there are withdrawn; with `preview` it only says which."""
        form = NewMaintenanceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        preview, reason = values.pop("preview"), values.pop("reason")
        values["site_id"] = self.site_of(values.pop("site")).pk
        own = self.own
        plan = maintenance.check_maintenance(provider_id=own["provider_id"], now=own["now"], **values)
        window = None if preview else maintenance.plan_maintenance(reason=reason, **own, **values)
        withdrawn = [ask.pk for ask in plan.asks]
        if window is not None:
            withdrawn = list(window.withdrawals.order_by("id").values_list("order_id", flat=True))
        body = {
            "withdrawn": withdrawn,
            "open_accelerator_hours": plan.open_accelerator_hours,
            "maintenance": window,
        }
        return Response(MaintenanceOutcomeSerializer(body).data, status=200 if window is None else 201)


class OneMaintenance(OwnView, GenericAPIView[Maintenance]):
    """One maintenance of the caller's."""

    serializer_class = MaintenanceSerializer

    @extend_schema(responses=MaintenanceSerializer)
    def delete(self, request: Request, pk: str) -> Response:
        """Call a maintenance off; its hours that have not begun can be listed again."""
        window = maintenance.cancel_maintenance(maintenance_id=int(pk), **self.own)
        return Response(MaintenanceSerializer(window).data)


def _keep_curve(view: OwnView, request: Request, curve_id: int | None) -> PriceCurve:
    form = NewCurveSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    values = dict(form.validated_data)
    site = view.site_of(values.pop("site"))
    return price_curves.save_curve(site_id=site.pk, curve_id=curve_id, **view.own, **values)
