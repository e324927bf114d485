"""The ticket's form: a job in a buyer's words, and the order request that it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.web.fields import YuanField
from marketplace.web.templatetags.hours import day_text, hour_text, local
from marketplace.web.templatetags.numbers import plain_yuan
from matching.engine.bounds import FLEXIBILITY_MAX, HOURS_MAX, QUANTITY_MAX
from matching.hours import first_open_hour
from matching.models import Market
from matching.rules import AlternativeRequest

JOB, HOURLY = "job", "hourly"
LIMIT, BEST = "limit", "best"
ONE_SITE, ANY_SITE = "one_site", "any_site"

DAYS_TO_CHOOSE = 14
LOCAL_MOMENT = "%Y-%m-%dT%H:%M"
"""As a browser's date and time field sends it, in the person's time zone."""

FLEXIBILITIES = (0, 1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, FLEXIBILITY_MAX)
ACCELERATOR_PRESETS = (8, 16, 32, 64)
HOUR_PRESETS = (8, 24, 48, 168)

DEFAULTS = {
    "kind": JOB,
    "accelerators": "8",
    "hours": "24",
    "flexibility": "0",
    "placement": ONE_SITE,
    "price": BEST,
}


class TicketForm(forms.Form):
    """What a buyer types; `market` has been found from class and hub before."""

    kind = forms.ChoiceField(choices=[(JOB, _("Whole job")), (HOURLY, _("By the hour"))])
    accelerators = forms.IntegerField(label=_("Accelerators"), min_value=1, max_value=QUANTITY_MAX)
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=HOURS_MAX)
    start = forms.IntegerField(label=_("Start"))
    flexibility = forms.IntegerField(label=_("Latest start"), min_value=0, max_value=FLEXIBILITY_MAX)
    placement = forms.ChoiceField(choices=[(ONE_SITE, _("One site")), (ANY_SITE, _("Any site"))])
    until = forms.DateTimeField(label=_("Good till"), required=False, input_formats=[LOCAL_MOMENT])
    price = forms.ChoiceField(choices=[(LIMIT, _("Limit")), (BEST, _("Best now"))])
    limit = YuanField(label=_("Limit"), required=False)
    display = forms.IntegerField(label=_("Show at a time"), min_value=1, max_value=QUANTITY_MAX, required=False)

    def clean(self) -> dict[str, Any]:
        """A limit order needs its limit."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("price") == LIMIT and cleaned.get("limit") is None and "limit" not in self.errors:
            self.add_error("limit", _("Enter the most that you pay per accelerator-hour, on average."))
        return cleaned


@dataclass(frozen=True, slots=True)
class Job:
    """A valid form: the job that it describes."""

    kind: str
    market: Market
    accelerators: int
    hours: int
    start: int
    flexibility: int
    one_site: bool
    limit_fen: int | None  # None: the best price now
    until: datetime | None = None  # when a bid that waits ends; None: at its gate
    display: int | None = None  # accelerators that others see at a time; None: all
    alternatives: tuple[AlternativeRequest, ...] = ()  # of a whole job with a limit

    @property
    def is_hourly(self) -> bool:
        """Hours bought one by one, rather than all or nothing."""
        return self.kind == HOURLY

    @property
    def accelerator_hours(self) -> int:
        """Accelerators x hours."""
        return self.accelerators * self.hours


def find_market(data: Mapping[str, str], markets: list[Market]) -> Market | None:
    """The market that the address names: by symbol, or by class and hub; else another of the class, else the first."""
    by_symbol = next((m for m in markets if m.symbol == data.get("market")), None)
    of_class = [m for m in markets if m.compute_class.slug == data.get("compute_class")]
    in_hub = next((m for m in of_class if m.hub.slug == data.get("hub")), None)
    return by_symbol or in_hub or next(iter(of_class or markets), None)


def bound_form(
    data: Mapping[str, str], market: Market, usual_fen: int | None, now: datetime
) -> tuple[TicketForm, bool]:
    """The form with defaults where the address says nothing, and whether the start it named has closed (and was moved).

    `usual_fen` is the limit that stands there until another is typed.
    """
    first = first_open_hour(market, now)
    given = {key: value for key, value in data.items() if key in TicketForm.base_fields and value != ""}
    values: dict[str, Any] = {**DEFAULTS, "start": str(first), "limit": plain_yuan(usual_fen), **given}
    has_closed = values["start"].isdigit() and int(values["start"]) + _digits(values["flexibility"]) < first
    if values["start"].isdigit() and int(values["start"]) < first:
        values["start"] = str(first)
    return TicketForm(values), has_closed


def job_of(form: TicketForm, market: Market) -> Job:
    """What a valid form describes."""
    data = form.cleaned_data
    hourly = data["kind"] == HOURLY
    rests = hourly and data["price"] == LIMIT
    return Job(
        kind=data["kind"],
        market=market,
        accelerators=data["accelerators"],
        hours=data["hours"],
        start=data["start"],
        flexibility=0 if hourly else data["flexibility"],
        one_site=not hourly and data["placement"] == ONE_SITE,
        limit_fen=data["limit"] if data["price"] == LIMIT else None,
        until=data["until"] if data["price"] == LIMIT else None,
        display=data["display"] if rests and data["display"] != data["accelerators"] else None,
    )


def start_choices(market: Market, chosen: int, now: datetime) -> list[tuple[str, list[tuple[int, str]]]]:
    """The hours that may be chosen as a start, by day; always with the one chosen."""
    first = first_open_hour(market, now)
    hours = list(range(first, first + min(DAYS_TO_CHOOSE * 24, market.horizon_hours)))
    if chosen > hours[-1]:
        hours.append(chosen)
    by_day = groupby(hours, key=lambda hour: local(hour).date())
    days = [list(those) for _day, those in by_day]
    return [(day_text(local(those[0])), [(hour, hour_text(hour)) for hour in those]) for those in days]


def flexibility_choices(start: int, chosen: int) -> list[tuple[int, str]]:
    """Latest starts: as hours after the earliest, each with the moment it means."""
    offsets = sorted({*FLEXIBILITIES, max(0, min(chosen, FLEXIBILITY_MAX))})
    return [(offset, f"{hour_text(start + offset)}" + (f"  +{offset} h" if offset else "")) for offset in offsets]


def markets_to_trade() -> QuerySet[Market]:
    """Every market with its class and hub."""
    return Market.objects.select_related("compute_class", "hub")


def new_client_order_id() -> str:
    """An id that makes a second click harmless."""
    return f"web-{uuid4().hex}"


def _digits(text: str) -> int:
    return int(text) if text.isdigit() else 0
