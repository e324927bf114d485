"""Offers: open to everybody; providers list their own."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.filters import OfferFilter
from marketplace.api.permissions import ActsForParticipant
from marketplace.api.serializers.offer import (
    OfferBatchSerializer,
    OfferSerializer,
    OfferVerdictsSerializer,
    PublishSerializer,
)
from marketplace.api.views.base import View
from marketplace.errors import PersonError
from marketplace.offers.models import Offer
from marketplace.offers.publish import Listing, publish_each, publish_offer
from matching.models import Order, Site

_LISTED = Offer.objects.select_related("order__market", "order__site__profile", "order__participant__reliability")


@extend_schema_view(get=extend_schema(summary="Offers that are still for sale, newest first"))
class Offers(View, ListAPIView[Offer]):
    """Offers that are still for sale; POST lists capacity of the caller's own site."""

    serializer_class = OfferSerializer
    filterset_class = OfferFilter

    def get_permissions(self) -> list[BasePermission]:
        """Reading is open; listing needs an organisation."""
        return [AllowAny() if self.request.method in SAFE_METHODS else ActsForParticipant()]

    def get_queryset(self) -> QuerySet[Offer]:
        """Leave out what is sold, cancelled or over."""
        return _LISTED.filter(order__state__in=[Order.State.PENDING, Order.State.OPEN])

    @extend_schema(request=PublishSerializer, responses={201: OfferSerializer})
    def post(self, request: Request) -> Response:
        """List capacity for sale."""
        form = PublishSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        slug = values.pop("site")
        site = Site.objects.filter(slug=slug).first()
        if site is None:
            raise serializers.ValidationError({"site": [_("There is no site %(site)s.") % {"site": slug}]})
        offer = publish_offer(provider_id=self.participant.pk, site_id=site.pk, now=timezone.now(), **values)
        return Response(OfferSerializer(_LISTED.get(pk=offer.pk)).data, status=201)


class OneOffer(View, RetrieveAPIView[Offer]):
    """One offer by its id, for sale or not."""

    queryset = _LISTED
    serializer_class = OfferSerializer


class OfferBatch(View, GenericAPIView[Offer]):
    """Lists many offers at once."""

    permission_classes = (ActsForParticipant,)
    serializer_class = OfferVerdictsSerializer

    @extend_schema(request=OfferBatchSerializer, responses=OfferVerdictsSerializer)
    def post(self, request: Request) -> Response:
        """List up to 5,000 offers in one batch. By default all of them or none; each gets its own verdict."""
        form = OfferBatchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        sites = dict(Site.objects.filter(provider=self.participant).values_list("slug", "pk"))
        listings = [
            # A site that is not the caller's is refused by the verb, as its id 0 is nobody's.
            Listing(provider_id=self.participant.pk, site_id=sites.get(row.pop("site"), 0), **row)
            for row in map(dict, asked["offers"])
        ]
        with transaction.atomic():
            verdicts = publish_each(listings=listings, now=timezone.now())
            is_refused = any(not isinstance(verdict, Offer) for verdict in verdicts)
            kept = not asked["preview"] and not (asked["all_or_none"] and is_refused)
            transaction.set_rollback(not kept)
        return Response(OfferVerdictsSerializer({"verdicts": [_verdict(v, kept=kept) for v in verdicts]}).data)


def _verdict(verdict: Offer | PersonError, *, kept: bool) -> dict[str, object]:
    if isinstance(verdict, Offer):
        number = verdict.pk if kept else None
        return {"status": "listed" if kept else "left_out", "id": number, "code": None, "field": None, "detail": None}
    return {"status": "refused", "id": None, "code": verdict.code, "field": verdict.field, "detail": str(verdict)}
