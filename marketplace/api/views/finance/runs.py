"""Settlement runs: how far they are, and what later ones changed of earlier ones."""

from __future__ import annotations

from django.db.models import Sum
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Adjustment, SettlementRun
from marketplace.api.finance_filters import AdjustmentFilter, RunFilter
from marketplace.api.permissions import ReadsForFinance
from marketplace.api.serializers.finance.runs import SUMS, AdjustmentSerializer, OneRunSerializer, RunSerializer
from marketplace.api.views.base import View


class Runs(View, ListAPIView[SettlementRun]):
    """Settlement runs, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = SettlementRun.objects.all()
    serializer_class = RunSerializer
    filterset_class = RunFilter


class OneRun(View, GenericAPIView[SettlementRun]):
    """One run."""

    permission_classes = (ReadsForFinance,)
    serializer_class = OneRunSerializer

    @extend_schema(operation_id="settlement_run_retrieve", responses=OneRunSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """The run that first settled these hours with all that corrected it; of a delta run's number, the one that it corrects.

        What they changed, hour by hour, is in `/adjustments?corrected_run=ID`.
        """
        found = get_object_or_404(SettlementRun.objects.select_related("corrects"), pk=pk)
        first = found.corrects or found
        deltas = list(first.deltas.order_by("id"))
        every = SettlementRun.objects.filter(pk__in=[first.pk, *(run.pk for run in deltas)])
        totals = every.aggregate(**{name: Sum(name) for name in SUMS})
        return Response(OneRunSerializer({"run": first, "deltas": deltas, "totals": totals}).data)


class Adjustments(View, ListAPIView[Adjustment]):
    """What runs changed of hours that were settled before, newest first."""

    permission_classes = (ReadsForFinance,)
    queryset = Adjustment.objects.all()
    serializer_class = AdjustmentSerializer
    filterset_class = AdjustmentFilter
