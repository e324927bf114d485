"""Operators limit participants, approve sites, and look into odd trading."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework.generics import ListAPIView, RetrieveAPIView

from marketplace.api.operations_filters import FindingFilter, ParticipantFilter, SiteRequestFilter
from marketplace.api.permissions import Operates
from marketplace.api.serializers.operations.people import (
    FindingDecisionSerializer,
    FindingSerializer,
    NewLimitsSerializer,
    OneParticipantSerializer,
    ParticipantSerializer,
    SiteRefusalSerializer,
    SiteRequestSerializer,
)
from marketplace.api.views.acts import Act
from marketplace.api.views.base import View
from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import approve_site, refuse_site
from matching.limits import Limits, set_limits
from matching.models import Finding, Order, Participant
from matching.surveillance.scan import decide_finding

_OPEN = Order.objects.filter(participant=OuterRef("pk"), state__in=[Order.State.PENDING, Order.State.OPEN]).order_by()
_PARTICIPANTS = Participant.objects.select_related("limit").annotate(
    open_orders=Coalesce(Subquery(_OPEN.values("participant").annotate(n=Count("id")).values("n")), 0)
)


class Participants(View, ListAPIView[Participant]):
    """Organisations, newest first, with their limits."""

    permission_classes = (Operates,)
    queryset = _PARTICIPANTS
    serializer_class = ParticipantSerializer
    filterset_class = ParticipantFilter


class OneParticipant(View, RetrieveAPIView[Participant]):
    """One organisation with its people, its sites and its limits."""

    permission_classes = (Operates,)
    queryset = _PARTICIPANTS.prefetch_related("sites")
    serializer_class = OneParticipantSerializer
    lookup_field = "slug"


class SetLimits(Act[Participant]):
    """Limit what a participant may do, from its next order on. Open orders stay."""

    permission_classes = (Operates,)
    serializer_class = OneParticipantSerializer
    body = NewLimitsSerializer

    def get_queryset(self) -> QuerySet[Participant]:
        """Any of them."""
        return _PARTICIPANTS.prefetch_related("sites")

    def do(self, found: Participant, **values: Any) -> None:
        """Set them."""
        reason = values.pop("reason")
        set_limits(participant_id=found.pk, limits=Limits(**values), reason=reason, **self.signed)


class SiteRequests(View, ListAPIView[SiteProfile]):
    """Sites of every provider from their drafts on, newest first."""

    permission_classes = (Operates,)
    queryset = SiteProfile.objects.select_related("provider", "compute_class", "hub", "site__market")
    serializer_class = SiteRequestSerializer
    filterset_class = SiteRequestFilter


class SiteAct(Act[SiteProfile]):
    """An act on a submitted site."""

    permission_classes = (Operates,)
    serializer_class = SiteRequestSerializer

    def get_queryset(self) -> QuerySet[SiteProfile]:
        """Any of them."""
        return SiteProfile.objects.select_related("provider", "compute_class", "hub", "site__market")


class ApproveSite(SiteAct):
    """Approve a submitted site. It trades from now on, and its participant provides."""

    def do(self, found: SiteProfile, **values: Any) -> None:
        """Approve."""
        approve_site(profile_id=found.pk, **self.signed)


class RefuseSite(SiteAct):
    """Send a submitted site back with a reason."""

    body = SiteRefusalSerializer

    def do(self, found: SiteProfile, **values: Any) -> None:
        """Refuse."""
        refuse_site(profile_id=found.pk, **values, **self.signed)


class Findings(View, ListAPIView[Finding]):
    """What looks odd in a day's trading, newest first."""

    permission_classes = (Operates,)
    queryset = Finding.objects.select_related("market", "participant", "other")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter


class OneFinding(View, RetrieveAPIView[Finding]):
    """One finding with its evidence."""

    permission_classes = (Operates,)
    queryset = Finding.objects.select_related("market", "participant", "other")
    serializer_class = FindingSerializer


class DecideFinding(Act[Finding]):
    """Clear or escalate what was found, as it stood at `seen_at`."""

    permission_classes = (Operates,)
    queryset = Finding.objects.select_related("market", "participant", "other")
    serializer_class = FindingSerializer
    body = FindingDecisionSerializer

    def do(self, found: Finding, **values: Any) -> None:
        """Decide."""
        decide_finding(finding_id=found.pk, **values, **self.signed)
