"""Meter readings and disputes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.delivery.readings import BATCH_MAX
from billing.models import Dispute, MeterReading
from marketplace.api.fields import INT_MAX, HourField, MomentOfHour, Text, WholeNumber


class NewReadingSerializer(serializers.Serializer[Any]):
    """A reading as a meter says it."""

    site = Text(max_length=80, help_text="One of your sites.")
    hour = HourField()
    holder = Text(max_length=80, help_text="Who holds the accelerators in this hour.")
    accelerators = WholeNumber(min_value=-INT_MAX, help_text="How many it could use; below 0 is refused by name.")
    source = Text(max_length=60, help_text="The meter, or the system that keeps its numbers.")  # type: ignore[assignment]
    source_id = Text(max_length=120, help_text="The source's own id: the same again is no second reading.")
    read_at = serializers.DateTimeField(help_text="By the meter's clock; the newest reading of an hour counts.")


class NewReadingsSerializer(serializers.Serializer[Any]):
    """A batch of readings."""

    readings = serializers.ListField(child=NewReadingSerializer(), min_length=1, max_length=BATCH_MAX)


class VerdictSerializer(serializers.Serializer[Any]):
    """What became of one reading, in the order sent."""

    source_id = serializers.CharField()
    status = serializers.ChoiceField(choices=["accepted", "known", "refused"])
    id = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True, help_text="Why it was refused.")
    detail = serializers.CharField(allow_null=True)


class VerdictsSerializer(serializers.Serializer[Any]):
    """A verdict a reading."""

    verdicts = VerdictSerializer(many=True)


class ReadingSerializer(serializers.ModelSerializer[MeterReading]):
    """A stored reading; a ruling is what finance decided in a dispute."""

    site = serializers.CharField(source="site.slug")
    holder = serializers.CharField(source="holder.slug")
    starts_at = MomentOfHour(source="hour")

    class Meta:
        model = MeterReading
        fields = (
            "id", "site", "hour", "starts_at", "holder", "accelerators", "source", "source_id", "read_at", "received_at",
            "is_ruling",
        )  # fmt: skip


class NewDisputeSerializer(serializers.Serializer[Any]):
    """What a holder got, as it says."""

    site = Text(max_length=80)
    hour = HourField()
    accelerators = WholeNumber(help_text="How many were delivered, as you say: fewer than count as delivered.")
    reason = Text(max_length=500)


class RulingSerializer(serializers.Serializer[Any]):
    """What finance decides of a dispute."""

    accelerators = WholeNumber(allow_null=True, help_text="Delivered, where it is upheld; null rejects it.")
    resolution = Text(max_length=500, help_text="Why; both sides read it.")


class FileVerdictSerializer(serializers.Serializer[Any]):
    """What a file of readings brought, or would."""

    readings = serializers.IntegerField(help_text="Lines of the file.")
    new = serializers.IntegerField()
    known = serializers.IntegerField()
    faults = serializers.ListField(
        child=serializers.CharField(), help_text="Of the preview: each line at fault, and why."
    )


class ReadingsFileSerializer(serializers.Serializer[Any]):
    """A CSV file of readings, sent as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True)
    preview = serializers.BooleanField(default=False, help_text="Only say what would become of it.")


class DisputeSerializer(serializers.ModelSerializer[Dispute]):
    """A dispute, as both sides see it."""

    site = serializers.CharField(source="site.slug")
    holder = serializers.CharField(source="holder.slug")
    starts_at = MomentOfHour(source="hour")
    ruled_accelerators = serializers.IntegerField(source="ruling.accelerators", allow_null=True, default=None)

    class Meta:
        model = Dispute
        fields = (
            "id", "site", "hour", "starts_at", "holder", "accelerators", "reason", "state", "raised_at", "resolution",
            "resolved_at", "ruled_accelerators",
        )  # fmt: skip
