"""Participants and their limits, sites to approve, and findings of surveillance."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.accounts.models import User
from marketplace.api.fields import Text, TrueOrFalse, WholeNumber
from marketplace.api.serializers.provider import SiteSerializer
from marketplace.offers.models import SiteProfile
from matching.halts import REASON_LENGTH_MAX
from matching.models import Finding, Participant, ParticipantLimit
from matching.surveillance.scan import NOTE_LENGTH_MAX

HOURS_OF_ORDER_MAX = 2**53


class LimitSerializer(serializers.ModelSerializer[ParticipantLimit]):
    """What a participant may do; null is no limit."""

    class Meta:
        model = ParticipantLimit
        fields = ("is_stopped", "open_orders_max", "order_accelerator_hours_max", "reason", "set_by", "set_at")


class NewLimitsSerializer(serializers.Serializer[Any]):
    """What a participant may do from its next order on, and why; this replaces what stood."""

    is_stopped = TrueOrFalse(default=False, help_text="No new orders; cancels go on.")
    open_orders_max = WholeNumber(min_value=1, allow_null=True, default=None)
    order_accelerator_hours_max = WholeNumber(
        min_value=1, max_value=HOURS_OF_ORDER_MAX, allow_null=True, default=None, help_text="Of one order."
    )
    reason = Text(max_length=REASON_LENGTH_MAX, help_text="The participant reads it when an order is refused.")


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    """An organisation, with its limits where it has any."""

    limit = serializers.SerializerMethodField()
    open_orders = serializers.IntegerField()

    class Meta:
        model = Participant
        fields = ("slug", "name", "name_zh", "buys", "provides", "is_demo", "created_at", "open_orders", "limit")

    @extend_schema_field(LimitSerializer(allow_null=True))
    def get_limit(self, participant: Participant) -> dict[str, Any] | None:
        """Most have none."""
        limit = getattr(participant, "limit", None)
        return None if limit is None else LimitSerializer(limit).data


class OneParticipantSerializer(ParticipantSerializer):
    """The same with its people and sites."""

    people = serializers.SerializerMethodField(help_text="E-mail addresses of its members.")
    sites: Any = serializers.SlugRelatedField("slug", many=True, read_only=True)

    class Meta(ParticipantSerializer.Meta):
        fields = (*ParticipantSerializer.Meta.fields, "people", "sites")  # type: ignore[assignment]

    def get_people(self, participant: Participant) -> list[str]:
        """Read them."""
        members = User.objects.filter(memberships__participant=participant)
        return list(members.order_by("email").values_list("email", flat=True))


class SiteRequestSerializer(SiteSerializer):
    """A site that a provider has submitted, or that was decided."""

    provider = serializers.CharField(source="provider.slug")

    class Meta(SiteSerializer.Meta):
        model = SiteProfile
        fields = ("provider", *SiteSerializer.Meta.fields)  # type: ignore[assignment]


class SiteRefusalSerializer(serializers.Serializer[Any]):
    """Why a site is refused."""

    reason = Text(max_length=500, help_text="The provider reads it.")


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """A pattern of a day's trading with its evidence: what was seen, not that anybody did wrong.

    `value`: of `wash` the smaller direction in percent of the larger, of `spoof` the median of seconds that the orders lived, of
    `off_band` the furthest from the reference price in basis points.
    """

    market = serializers.CharField(source="market.symbol")
    participant = serializers.CharField(source="participant.slug")
    other = serializers.CharField(source="other.slug", help_text="The participant itself where there is no other side.")

    class Meta:
        model = Finding
        fields = (
            "id", "pattern", "market", "participant", "other", "day", "count", "accelerator_hours", "value", "order_ids",
            "trade_ids", "seen_at", "state", "note", "decided_by", "decided_at",
        )  # fmt: skip


class FindingDecisionSerializer(serializers.Serializer[Any]):
    """What an operator makes of a finding, as it stood when it was looked at."""

    state = serializers.ChoiceField([(s.value, s.label) for s in (Finding.State.CLEARED, Finding.State.ESCALATED)])
    note = Text(max_length=NOTE_LENGTH_MAX)
    seen_at = serializers.DateTimeField(
        help_text="As the finding had it: where it has gone on since, nothing is decided."
    )
