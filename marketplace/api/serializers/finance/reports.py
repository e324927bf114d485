"""Reports as rows and as files, what limits them, and what is sent by mail; amounts in integer fen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.exports import CONTENT_TYPES
from billing.models import ReportFile, ReportSubscription
from billing.reports.asked import WORDS_MAX
from billing.reports.frame import Column, Form
from billing.reports.registry import REPORTS
from marketplace.api.fields import DayField, WholeNumber

ROWS_MAX = 1000
CHOICES = ("participant", "class", "hub", "run", "by", "kind", "code", "state", "who", "what")


class MomentField(serializers.DateTimeField):
    """A moment of the years that reports are about."""

    default_error_messages = {"out_of_range": _("Give a time from 1971 to 2999.")}

    def to_internal_value(self, value: Any) -> datetime:
        """Refuse times that nobody means."""
        moment: datetime = super().to_internal_value(value)
        if not 1971 <= moment.year <= 2999:
            self.fail("out_of_range")
        return moment


class AskedSerializer(serializers.Serializer[Any]):
    """What a report is limited to, by the names of the page's address; a limit that the report does not have is not read."""

    def get_fields(self) -> dict[str, Any]:
        """Days and a moment, and words for the rest; `from` is no name for an attribute."""
        days = {
            "from": DayField(required=False, help_text="First day (Beijing). Left out: last week, or last month."),
            "to": DayField(required=False, help_text="Last day."),
            "at": MomentField(required=False, help_text="As of this moment."),
        }
        words = {name: serializers.CharField(required=False, max_length=WORDS_MAX) for name in CHOICES}
        return {**days, **words}


def address_of(limits: Mapping[str, Any]) -> dict[str, str]:
    """Return limits as a page's address says them."""
    return {name: v.isoformat() if isinstance(v, date | datetime) else str(v) for name, v in limits.items()}


class RowsQuerySerializer(AskedSerializer):
    """The same with which rows."""

    def get_fields(self) -> dict[str, Any]:
        """Add the rows."""
        after = serializers.IntegerField(default=0, min_value=0, max_value=10**9, help_text="Rows to leave out.")
        limit = serializers.IntegerField(default=100, min_value=1, max_value=ROWS_MAX)
        return {**super().get_fields(), "after": after, "limit": limit}


class FileQuerySerializer(AskedSerializer):
    """The same with a format."""

    def get_fields(self) -> dict[str, Any]:
        """Add the format."""
        return {**super().get_fields(), "format": serializers.ChoiceField(list(CONTENT_TYPES), default="csv")}


def name_in_json(column: Column) -> str:
    """Return a column's name; amounts are in fen here, so `value_cny` is `value_fen`."""
    return f"{column.name.removesuffix('_cny')}_fen" if column.form is Form.FEN else column.name


class ColumnSerializer(serializers.Serializer[Column]):
    """A column of a report."""

    name = serializers.SerializerMethodField()
    head = serializers.CharField(source="label", help_text="In the language of Accept-Language.")
    form = serializers.CharField(help_text="text, word, participant, hub, count, fen, day or time (Beijing).")
    adds = serializers.BooleanField(help_text="It is in the totals.")
    difference = serializers.BooleanField(help_text="It must be 0.")

    def get_name(self, column: Column) -> str:
        """As rows have it."""
        return name_in_json(column)


class ReportSerializer(serializers.Serializer[Any]):
    """A report that can be had."""

    name = serializers.CharField()
    title = serializers.CharField()
    lead = serializers.CharField()
    limits = serializers.ListField(child=serializers.CharField(), help_text="period: `from` and `to`.")
    by = serializers.ListField(child=serializers.CharField(), help_text="What its rows can be grouped by.")
    states = serializers.ListField(child=serializers.CharField())
    formats = serializers.ListField(child=serializers.CharField(), help_text="Of its files.")


class ReportsSerializer(serializers.Serializer[Any]):
    """Every report."""

    reports = ReportSerializer(many=True)


class ReportRowsSerializer(serializers.Serializer[Any]):
    """Rows of a report with the totals of all of them."""

    report = serializers.CharField()
    asked = serializers.DictField(child=serializers.CharField(), help_text="The limits as they were read.")
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.DictField())
    totals = serializers.DictField(child=serializers.IntegerField())
    count = serializers.IntegerField(help_text="Rows in all.")
    next = serializers.IntegerField(allow_null=True, help_text="`after` of the next rows; null on the last.")


class ReportFileSerializer(serializers.ModelSerializer[ReportFile]):
    """A file that a worker writes: how far it is, and until when it can be had."""

    percent = serializers.IntegerField()
    asked = serializers.SerializerMethodField()

    class Meta:
        model = ReportFile
        fields = (
            "id", "report", "format", "asked", "asked_by", "asked_at", "state", "rows_expected", "rows_written", "percent",
            "finished_at", "expires_at", "bytes", "fault",
        )  # fmt: skip

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_asked(self, made: ReportFile) -> Any:
        """The limits."""
        return made.asked


class NewFileSerializer(serializers.Serializer[Any]):
    """A file to ask for."""

    report = serializers.ChoiceField(list(REPORTS))
    format = serializers.ChoiceField(list(CONTENT_TYPES))
    limits = AskedSerializer(required=False)


class SubscriptionSerializer(serializers.ModelSerializer[ReportSubscription]):
    """A report that comes by mail."""

    asked = serializers.SerializerMethodField()

    class Meta:
        model = ReportSubscription
        fields = ("id", "report", "format", "asked", "every", "at_hour", "time_zone", "next_at", "began_at")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_asked(self, subscription: ReportSubscription) -> Any:
        """The limits but the days."""
        return subscription.asked


class NewSubscriptionSerializer(NewFileSerializer):
    """A subscription to begin; the days follow from how often."""

    every = serializers.ChoiceField(ReportSubscription.Every.choices)
    at_hour = WholeNumber(max_value=23, default=8, help_text="On the clock of the person whose key it is.")


class BooksQuerySerializer(serializers.Serializer[Any]):
    """What of the books to write."""

    format = serializers.ChoiceField(["beancount", "hledger", "csv"], default="beancount")
    detail = serializers.ChoiceField(
        ["day", "transfer"], default="day", help_text="One entry a day and pair of accounts, or one a transfer."
    )
    first = DayField(
        required=False, allow_null=True, default=None, help_text="The file opens with the balances before it."
    )
    last = DayField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        first, last = attrs["first"], attrs["last"]
        if first and last and first > last:
            raise serializers.ValidationError({"last": [_("This day is before the first one.")]})
        return attrs
