"""An organisation's facts, top-ups and statement, and what a person keeps for itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Account, TopUp
from billing.payments import stripe_checkout
from billing.payments.method import PaymentProviderUnavailable
from billing.payments.top_ups import check_top_up, start_top_up
from marketplace.accounts.models import TicketPreset, User, WarningLimit
from marketplace.accounts.presets import save_preset
from marketplace.accounts.profile import change_profile
from marketplace.api.permissions import ActsForParticipant
from marketplace.api.serializers.account import (
    AccountStatementSerializer,
    FactsSerializer,
    NewPresetSerializer,
    NewTopUpSerializer,
    OrganisationSerializer,
    PresetSerializer,
    StatementQuerySerializer,
    TopUpSerializer,
    WarningLimitSerializer,
)
from marketplace.api.views.acts import SignedView
from marketplace.api.views.base import View
from marketplace.statement import DAYS, statement_of
from matching.models import Participant


class Organisation(SignedView, GenericAPIView[Participant]):
    """The caller's organisation."""

    permission_classes = (ActsForParticipant,)
    serializer_class = OrganisationSerializer

    def get(self, request: Request) -> Response:
        """The caller's organisation with the facts that its documents copy."""
        return Response(OrganisationSerializer(self.participant).data)

    @extend_schema(request=FactsSerializer, responses=OrganisationSerializer)
    def patch(self, request: Request) -> Response:
        """Change the organisation's facts. Documents issued from now on carry them."""
        changed = change_profile(participant_id=self.participant.pk, **self.read(FactsSerializer), **self.signed)
        return Response(OrganisationSerializer(changed).data)


class TopUps(View, ListAPIView[TopUp]):
    """The caller's top-ups, newest first."""

    permission_classes = (ActsForParticipant,)
    serializer_class = TopUpSerializer

    def get_queryset(self) -> QuerySet[TopUp]:
        """Only the caller's."""
        if getattr(self, "swagger_fake_view", False):
            return TopUp.objects.none()
        return TopUp.objects.filter(participant=self.participant)

    @extend_schema(request=NewTopUpSerializer, responses={201: TopUpSerializer})
    def post(self, request: Request) -> Response:
        """Start a payment, and get the address of the page on which a person pays it. 404 where no such payment is offered."""
        values = self.read(NewTopUpSerializer)
        if not stripe_checkout.is_offered():
            raise Http404
        top_up = start_top_up(
            participant_id=self.participant.pk,
            method=stripe_checkout.stripe_checkout(),
            return_url=request.build_absolute_uri(reverse("top_ups")) + "{top_up}/",
            language=get_language() or "",
            now=timezone.now(),
            **values,
        )
        return Response(TopUpSerializer(top_up).data, status=201)


class OneTopUp(View, GenericAPIView[TopUp]):
    """One top-up."""

    permission_classes = (ActsForParticipant,)
    serializer_class = TopUpSerializer

    @extend_schema(responses=TopUpSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """One top-up as it stands; the provider of payments is asked where it has not told yet."""
        found = get_object_or_404(TopUp, participant=self.participant, pk=pk)
        if found.is_open and stripe_checkout.is_offered():
            with suppress(PaymentProviderUnavailable):  # then it stands as we know it
                found = check_top_up(top_up=found, method=stripe_checkout.stripe_checkout(), now=timezone.now())
        return Response(TopUpSerializer(found).data)


class AccountStatement(View, GenericAPIView[Account]):
    """The caller's statement."""

    permission_classes = (ActsForParticipant,)
    serializer_class = AccountStatementSerializer

    @extend_schema(parameters=[StatementQuerySerializer], responses=AccountStatementSerializer)
    def get(self, request: Request) -> Response:
        """What moved on the caller's account by Beijing day and kind, newest first, a month of days at a time."""
        query = StatementQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        account, before = query.validated_data["account"], query.validated_data["before"]
        lines = statement_of(participant_id=self.participant.pk, kind=Account.Kind(account), before=before)
        days = {line.day for line in lines}
        body = {"account": account, "lines": lines, "next": min(days) if len(days) == DAYS else None}
        return Response(AccountStatementSerializer(body).data)


class PersonalView(View):
    """A view of what the person behind the key keeps for itself."""

    permission_classes = (ActsForParticipant,)

    @property
    def person(self) -> User:
        """Whose it is."""
        return cast(User, self.request.user)


class Presets(PersonalView, ListAPIView[TicketPreset]):
    """Jobs that the caller's person keeps, newest first."""

    serializer_class = PresetSerializer

    def get_queryset(self) -> QuerySet[TicketPreset]:
        """One's own."""
        if getattr(self, "swagger_fake_view", False):
            return TicketPreset.objects.none()
        return TicketPreset.objects.filter(user=self.person)

    @extend_schema(request=NewPresetSerializer, responses={201: PresetSerializer})
    def post(self, request: Request) -> Response:
        """Keep a job under a name; the same name again replaces it."""
        preset = save_preset(user=self.person, **self.read(NewPresetSerializer))
        return Response(PresetSerializer(preset).data, status=201)


class OnePreset(PersonalView, GenericAPIView[TicketPreset]):
    """One preset."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Forget a job."""
        get_object_or_404(TicketPreset, user=self.person, pk=pk).delete()
        return Response(status=204)


class WarningLimits(PersonalView, GenericAPIView[WarningLimit]):
    """One's own warning limits."""

    serializer_class = WarningLimitSerializer

    def get(self, request: Request) -> Response:
        """Beyond which orders the pages ask the caller's person twice."""
        limits = WarningLimit.objects.filter(user=self.person).first()
        return Response(WarningLimitSerializer(limits or WarningLimit()).data)

    @extend_schema(request=WarningLimitSerializer, responses=WarningLimitSerializer)
    def patch(self, request: Request) -> Response:
        """Change them; what is left out stays, null is never."""
        values: dict[str, Any] = self.read(WarningLimitSerializer)
        limits, _is_new = WarningLimit.objects.update_or_create(user=self.person, defaults=values)
        return Response(WarningLimitSerializer(limits).data)
