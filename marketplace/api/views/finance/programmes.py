"""Finance sets up voucher programmes, gives vouchers out, and books what sponsors pay."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import VoucherProgramme
from billing.vouchers import programmes
from marketplace.api.finance_filters import ProgrammeFilter
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.programmes import (
    NewProgrammeSerializer,
    NewVouchersSerializer,
    OneProgrammeSerializer,
    SponsorPaymentSerializer,
)
from marketplace.api.views.acts import Act, SignedView
from marketplace.api.views.base import View
from matching.models import ComputeClass, Participant

_PROGRAMMES = VoucherProgramme.objects.annotate(given=Count("vouchers")).prefetch_related("rates__compute_class")


class Programmes(SignedView, ListAPIView[VoucherProgramme]):
    """Voucher programmes, newest first."""

    permission_classes = (BooksForFinance,)
    queryset = _PROGRAMMES
    serializer_class = OneProgrammeSerializer
    filterset_class = ProgrammeFilter

    @extend_schema(request=NewProgrammeSerializer, responses={201: OneProgrammeSerializer})
    def post(self, request: Request) -> Response:
        """Set up a programme. Somebody else has to activate it; until then it pays nothing."""
        values = self.read(NewProgrammeSerializer)
        shares = {row["compute_class"]: row["share_bps"] for row in values.pop("shares")}
        shares_bps = {pk: shares[slug] for slug, pk in _ids(ComputeClass, list(shares)).items()}
        made = programmes.create_programme(**values, shares_bps=shares_bps, **self.signed)
        return Response(OneProgrammeSerializer(_PROGRAMMES.get(pk=made.pk)).data, status=201)


class OneProgramme(View, RetrieveAPIView[VoucherProgramme]):
    """One programme; what its vouchers have paid is in `/voucher-uses`."""

    permission_classes = (ReadsForFinance,)
    queryset = _PROGRAMMES
    serializer_class = OneProgrammeSerializer


class ProgrammeAct(Act[VoucherProgramme]):
    """An act on a programme."""

    permission_classes: Any = (BooksForFinance,)
    serializer_class = OneProgrammeSerializer

    def get_queryset(self) -> QuerySet[VoucherProgramme]:
        """Any of them."""
        return _PROGRAMMES.all()


class ActivateProgramme(ProgrammeAct):
    """Let a programme pay that somebody else has set up, for hours that settle from now on."""

    permission_classes = (ApprovesForFinance,)

    def do(self, found: VoucherProgramme, **values: Any) -> None:
        """Activate."""
        programmes.activate_programme(programme_id=found.pk, **self.signed)


class EndProgramme(ProgrammeAct):
    """Let a programme pay nothing for hours that are not settled yet."""

    def do(self, found: VoucherProgramme, **values: Any) -> None:
        """End."""
        programmes.end_programme(programme_id=found.pk, **self.signed)


class IssueVouchers(ProgrammeAct):
    """Give participants a voucher each. Who has one keeps it as it is."""

    body = NewVouchersSerializer

    def do(self, found: VoucherProgramme, **values: Any) -> None:
        """Issue."""
        ids = list(_ids(Participant, values.pop("participants")).values())
        programmes.issue_vouchers(programme_id=found.pk, participant_ids=ids, **values, **self.signed)


class BookSponsorPayment(ProgrammeAct):
    """Book what a programme's sponsor has paid. The same bank's number again moves nothing."""

    body = SponsorPaymentSerializer

    def do(self, found: VoucherProgramme, **values: Any) -> None:
        """Book."""
        programmes.book_sponsor_payment(programme_id=found.pk, **values, **self.signed)


def _ids(model: type[ComputeClass | Participant], slugs: list[str]) -> dict[str, int]:
    """Return ids by slug; raises Http404 for a slug that there is not."""
    found = dict(model._default_manager.filter(slug__in=slugs).values_list("slug", "pk"))
    for slug in slugs:
        if slug not in found:
            raise Http404(_("There is no %(slug)s.") % {"slug": slug})
    return found
