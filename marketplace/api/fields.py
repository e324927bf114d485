"""Field types of the API: delivery hours, words for codes, and JSON taken at its word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from enum import IntEnum
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from matching.engine.bounds import START_MAX
from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from matching.hours import hour_of, moment_of

INT_MAX = 2**31 - 1

SIDES = {"bid": Side.BID, "ask": Side.ASK}
KINDS = {"hourly": Kind.HOURLY, "block": Kind.BLOCK}
TIMES_IN_FORCE = {member.name: member for member in TimeInForce}
SELF_TRADES = {member.name.lower(): member for member in SelfTrade}


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction; text is not taken for one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": INT_MAX, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        """Refuse what JSON does not write as an integer."""
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class TrueOrFalse(serializers.BooleanField):
    """A JSON true or false; words and numbers are not taken for one."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse what JSON does not write as a boolean."""
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return bool(data)


class Text(serializers.CharField):
    """A JSON string; numbers are not taken for one."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse what JSON does not write as a string."""
        if type(data) is not str:
            self.fail("invalid")
        return super().to_internal_value(data)


class DayField(serializers.DateField):
    """A day in Beijing, of the years that its hours can be counted in."""

    default_error_messages = {"out_of_range": _("Give a day from 1971 to 2999.")}

    def to_internal_value(self, value: Any) -> date:
        """Refuse days that nobody means."""
        day: date = super().to_internal_value(value)
        if not 1971 <= day.year <= 2999:
            self.fail("out_of_range")
        return day


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": START_MAX},
            {"type": "string", "format": "date-time"},
        ],
        "description": "A delivery hour: hours since 1970-01-01T00Z, or the moment at which it starts.",
    }
)
class HourField(serializers.Field[int, Any, Any, Any]):
    """A delivery hour, given as its number or as the moment at which it starts."""

    default_error_messages = {
        "invalid": _("Give a delivery hour as hours since 1970-01-01T00Z or as a time like 2026-03-02T10:00Z."),
        "not_full": _("Delivery hours start at the full hour. Set minutes and seconds to 0."),
    }

    def to_internal_value(self, data: Any) -> int:
        """Read either form; a time without a zone is UTC."""
        if type(data) is int and 0 <= data <= START_MAX:
            return int(data)
        if type(data) is str:
            return self._of_moment(data)
        return self.fail("invalid")

    def _of_moment(self, text: str) -> int:
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None:
            return self.fail("invalid")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        hour = hour_of(moment)
        if not 0 <= hour <= START_MAX:
            return self.fail("invalid")
        if moment_of(hour) != moment:
            return self.fail("not_full")
        return hour

    def to_representation(self, value: int) -> int:
        """Always answer with the number."""
        return value


class MomentOfHour(serializers.Field[Any, Any, str, int]):
    """The moment at which a delivery hour starts, for people who read along."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})

    def to_representation(self, value: int) -> str:
        """Write it as 2026-03-02T10:00:00Z."""
        return f"{moment_of(value):%Y-%m-%dT%H:%M:%SZ}"


class WordField(serializers.ChoiceField):
    """A code of the engine, written as its word."""

    def __init__(self, words: Mapping[str, IntEnum], **kwargs: Any) -> None:
        self.codes = dict(words)
        self.words = {int(code): word for word, code in words.items()}
        super().__init__(choices=list(words), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Turn the word into its code."""
        if type(data) is not str or data not in self.codes:
            self.fail("invalid_choice", input=data)
        return self.codes[data]

    def to_representation(self, value: Any) -> str:
        """Turn the code into its word."""
        return self.words[int(value)]


extend_schema_field(OpenApiTypes.DATETIME)(MomentOfHour)
