"""How the exchange's machines are."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import SettlementRun
from billing.standing import read_clearing_standing
from marketplace.api.permissions import Operates
from marketplace.api.views.base import View
from marketplace.machines import late_gates, read_database
from matching.models import Market
from matching.standing import read_standing


class GroupSerializer(serializers.Serializer[Any]):
    """Markets that share a matcher."""

    link_group = serializers.CharField()
    markets = serializers.IntegerField()
    matcher = serializers.CharField(allow_null=True, help_text="Null: none is alive.")
    is_matching = serializers.BooleanField()
    sequence = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Commands that it has not read.")
    lag_s = serializers.FloatField(help_text="How long the oldest of them has waited.")
    failing_since = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class DatabaseSerializer(serializers.Serializer[Any]):
    """The database server."""

    size_bytes = serializers.IntegerField()
    connections = serializers.IntegerField()
    connections_max = serializers.IntegerField()
    oldest_transaction_s = serializers.FloatField()
    is_standby = serializers.BooleanField()
    version = serializers.CharField()


class SystemSerializer(serializers.Serializer[Any]):
    """Everything at a glance."""

    groups = GroupSerializer(many=True)
    clearing_waiting = serializers.IntegerField()
    clearing_lag_s = serializers.FloatField()
    late_gates = serializers.ListField(
        child=serializers.CharField(), help_text="Markets whose gate should have closed."
    )
    stale_runs = serializers.IntegerField(help_text="Settlement runs that wait for a delta run.")
    database = DatabaseSerializer()


class System(View, GenericAPIView[Market]):
    """How the machines are."""

    permission_classes = (Operates,)
    serializer_class = SystemSerializer

    @extend_schema(responses=SystemSerializer)
    def get(self, request: Request) -> Response:
        """How matchers, clearing, gates, settlement and the database are now."""
        now, clearing = timezone.now(), read_clearing_standing()
        body = {
            "groups": [_of_group(group, group.lag_s(now)) for group in read_standing()],
            "clearing_waiting": clearing.waiting,
            "clearing_lag_s": clearing.lag_s(now),
            "late_gates": [market.symbol for market in late_gates(now)],
            "stale_runs": SettlementRun.objects.filter(is_stale=True).count(),
            "database": read_database(),
        }
        return Response(SystemSerializer(body).data)


def _of_group(group: Any, lag_s: float) -> dict[str, Any]:
    names = ("link_group", "markets", "matcher", "is_matching", "sequence", "waiting", "failing_since", "error")
    return {**{name: getattr(group, name) for name in names}, "lag_s": lag_s}
