"""What a provider keeps: sites, price curves, standing offers, maintenance, access details, reliability, earnings."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.delivery.access import TEXT_LENGTH_MAX
from billing.models import Reliability
from billing.period import HOURS_A_PERIOD
from marketplace.api.fields import HourField, MomentOfHour, Text, TrueOrFalse, WholeNumber
from marketplace.offers.models import Maintenance, PriceCurve, SiteProfile, StandingOffer
from marketplace.offers.onboarding import FIELDS
from matching.models import ComputeClass, Hub

SMALL_MAX = 32_767


class SiteSerializer(serializers.ModelSerializer[SiteProfile]):
    """A site from its draft on; `site` and `market` stand once it is approved."""

    compute_class = serializers.CharField(source="compute_class.slug", default=None, allow_null=True)
    hub = serializers.CharField(source="hub.slug", default=None, allow_null=True)
    site = serializers.CharField(source="site.slug", default=None, allow_null=True, help_text="Slug that offers name.")
    market = serializers.CharField(source="site.market.symbol", default=None, allow_null=True)

    class Meta:
        model = SiteProfile
        fields = ("id", "state", *FIELDS, "reason", "site", "market", "created_at", "submitted_at", "decided_at")


class SiteFactsSerializer(serializers.Serializer[Any]):
    """What a provider says of a site; what is left out stays."""

    name = Text(required=False, allow_blank=True, max_length=80)
    name_zh = Text(required=False, allow_blank=True, max_length=80)
    city = Text(required=False, allow_blank=True, max_length=80)
    compute_class = Text(required=False, allow_null=True, max_length=40)
    hub = Text(required=False, allow_null=True, max_length=40)
    accelerators = WholeNumber(required=False, allow_null=True, min_value=1, max_value=1_000_000)
    node_accelerators = WholeNumber(required=False, allow_null=True, min_value=1, max_value=SMALL_MAX)
    interconnect = Text(required=False, allow_blank=True, max_length=80)
    network_gbps = WholeNumber(required=False, allow_null=True)
    storage_tb = WholeNumber(required=False, allow_null=True)
    power_source = serializers.ChoiceField(required=False, choices=[str(value) for value in SiteProfile.Power.values])
    green_share_percent = WholeNumber(required=False, allow_null=True, max_value=100)
    identifier = Text(required=False, allow_blank=True, max_length=60, help_text="Left empty, the exchange gives one.")

    def validate_compute_class(self, slug: str | None) -> ComputeClass | None:
        """Find it by its slug."""
        return None if slug is None else _by_slug(ComputeClass, slug)

    def validate_hub(self, slug: str | None) -> Hub | None:
        """Find it by its slug."""
        return None if slug is None else _by_slug(Hub, slug)


class CurveSerializer(serializers.ModelSerializer[PriceCurve]):
    """A price for each hour of the week, Monday 00:00 in Beijing first."""

    site = serializers.CharField(source="site.slug")

    class Meta:
        model = PriceCurve
        fields = ("id", "site", "name", "prices_fen", "floor_fen", "created_at", "changed_at")


class NewCurveSerializer(serializers.Serializer[Any]):
    """A curve to keep."""

    site = Text(max_length=80, help_text="Slug of the site.")
    name = Text(max_length=60)
    prices_fen = serializers.ListField(child=WholeNumber(), min_length=HOURS_A_PERIOD, max_length=HOURS_A_PERIOD)
    floor_fen = WholeNumber(required=False, allow_null=True, default=None)


class StandingOfferSerializer(serializers.ModelSerializer[StandingOffer]):
    """A rule that lists by itself."""

    site = serializers.CharField(source="site.slug")

    class Meta:
        model = StandingOffer
        fields = (
            "id", "name", "site", "curve_id", "quantity", "display_quantity", "days_ahead", "from_clock", "hours_a_day",
            "state", "listed_until", "renewed_at", "problem", "created_at",
        )  # fmt: skip


class NewStandingOfferSerializer(serializers.Serializer[Any]):
    """A rule to keep; its site is the curve's."""

    name = Text(max_length=60)
    curve_id = WholeNumber()
    quantity = WholeNumber(help_text="Accelerators in every hour, or what is free where that is less.")
    days_ahead = WholeNumber(help_text="Whole days after today, in Beijing.")
    from_clock = WholeNumber(required=False, default=0, help_text="First hour of each day, in Beijing.")
    hours_a_day = WholeNumber(required=False, default=24)
    display_quantity = WholeNumber(required=False, allow_null=True, default=None)


class NextSerializer(serializers.Serializer[Any]):
    """What a rule would list now."""

    start = serializers.IntegerField(help_text="First delivery hour that it looks at.")
    until = serializers.IntegerField()
    offers = serializers.SerializerMethodField()
    short_hours = serializers.IntegerField(help_text="Hours with less free than the rule would list.")

    def get_offers(self, plan: Any) -> list[dict[str, int]]:
        """Each stretch of hours alike."""
        names = ("start", "hours", "quantity", "price_fen")
        return [{name: getattr(listing, name) for name in names} for listing in plan.listings]


class EndSerializer(serializers.Serializer[Any]):
    """How to end a rule."""

    withdraw = TrueOrFalse(required=False, default=False, help_text="Take back what it has listed and not sold.")


class EndedSerializer(serializers.Serializer[Any]):
    """What ending a rule did."""

    withdrawn = serializers.IntegerField(help_text="Offers that are being withdrawn.")


class MaintenanceSerializer(serializers.ModelSerializer[Maintenance]):
    """Hours in which accelerators are out of service."""

    site = serializers.CharField(source="site.slug")
    starts_at = MomentOfHour(source="start")

    class Meta:
        model = Maintenance
        fields = ("id", "site", "start", "starts_at", "hours", "accelerators", "reason", "state", "created_at")


class NewMaintenanceSerializer(serializers.Serializer[Any]):
    """A maintenance to plan."""

    site = Text(max_length=80, help_text="Slug of the site.")
    start = HourField()
    hours = WholeNumber()
    accelerators = WholeNumber(help_text="Out of service in every hour.")
    reason = Text(required=False, allow_blank=True, default="", max_length=200)
    preview = TrueOrFalse(required=False, default=False, help_text="Only say what it would withdraw.")


class MaintenanceOutcomeSerializer(serializers.Serializer[Any]):
    """What a maintenance withdraws, and the maintenance itself unless it was a preview."""

    withdrawn = serializers.ListField(child=serializers.IntegerField(), help_text="Orders.")
    open_accelerator_hours = serializers.IntegerField(help_text="Unsold in these hours.")
    maintenance = MaintenanceSerializer(allow_null=True)


class DueSerializer(serializers.Serializer[Any]):
    """Consecutive hours of one holder at one of the caller's sites, and whether it has its access details."""

    site = serializers.CharField(source="site.slug")
    holder = serializers.CharField(source="holder.slug")
    start = serializers.IntegerField(source="run.start")
    starts_at = MomentOfHour(source="run.start")
    hours = serializers.IntegerField(source="run.hours")
    accelerators = serializers.IntegerField(source="run.accelerators", help_text="The most in an hour.")
    handed_over_at = serializers.DateTimeField(source="run.handover.handed_over_at", default=None, allow_null=True)


class DueListSerializer(serializers.Serializer[Any]):
    """What is due."""

    due = DueSerializer(many=True)


class NewAccessSerializer(serializers.Serializer[Any]):
    """Access details to hand over."""

    site = Text(max_length=80)
    holder = Text(max_length=80)
    start = HourField()
    hours = WholeNumber()
    text = Text(max_length=TEXT_LENGTH_MAX, help_text="How to log in. Kept encrypted.")


class HandedOverSerializer(serializers.Serializer[Any]):
    """What was handed over, without the details."""

    id = serializers.IntegerField()
    start = serializers.IntegerField()
    hours = serializers.IntegerField()
    handed_over_at = serializers.DateTimeField()


class OpenAccessSerializer(serializers.Serializer[Any]):
    """Whose access details a holder wants to see; the look is kept."""

    site = Text(max_length=80)
    hour = HourField()


class AccessSerializer(HandedOverSerializer):
    """The access details of an hour."""

    text = serializers.CharField()


class ReliabilitySerializer(serializers.ModelSerializer[Reliability]):
    """How the caller has delivered; `score_bps` in hundredths of a percent, null without settled deliveries."""

    class Meta:
        model = Reliability
        fields = (
            "score_bps", "sold_30", "short_30", "disputes_lost_30", "late_handovers_30", "sold_90", "short_90",
            "disputes_lost_90", "late_handovers_90", "computed_at",
        )  # fmt: skip


class EarningsRowSerializer(serializers.Serializer[Any]):
    """A day and site, in fen: net = gross - shortfall - penalty - fee - vat - kept back."""

    start = serializers.IntegerField(help_text="First delivery hour of the Beijing day.")
    site = serializers.CharField()
    accelerator_hours = serializers.IntegerField()
    gross_fen = serializers.IntegerField()
    shortfall_fen = serializers.IntegerField()
    penalty_fen = serializers.IntegerField()
    fee_fen = serializers.IntegerField()
    vat_fen = serializers.IntegerField()
    kept_back_fen = serializers.IntegerField(help_text="In open disputes.")
    net_fen = serializers.IntegerField()


class EarningsSerializer(serializers.Serializer[Any]):
    """Earnings of a span of delivery hours."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    days = EarningsRowSerializer(many=True)


def _by_slug(model: Any, slug: str) -> Any:
    found = model.objects.filter(slug=slug).first()
    if found is None:
        raise serializers.ValidationError(f"{model._meta.object_name}: {slug}?")
    return found
