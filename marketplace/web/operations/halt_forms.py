"""What an operator says when halting or reopening: which hours, why, and for how long orders are collected."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from matching.halts import (
    COLLECT_MINUTES,
    COLLECT_MINUTES_MAX,
    REASON_LENGTH_MAX,
    Reopening,
    UnableToRule,
    halt_markets,
)
from matching.hours import hour_of
from matching.models import Market

LOCAL_MOMENT = "%Y-%m-%dT%H:%M"


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH_MAX, help_text=_("Traders read it on the market's page.")
    )


class CollectForm(ReasonForm):
    """Why, and for how long orders come in before the auction."""

    minutes = forms.IntegerField(
        label=_("Minutes until the auction"), min_value=1, max_value=COLLECT_MINUTES_MAX, initial=5
    )


class HaltForm(ReasonForm):
    """What is halted, why, and when it reopens by itself."""

    field_order = ("market", "from_hour", "hours", "reason", "reopen_after", "collect_minutes")

    market = forms.ModelChoiceField(
        Market.objects.select_related("compute_class", "hub"),
        label=_("Market"),
        to_field_name="symbol",
        required=False,
        empty_label=_("Every market"),
    )
    from_hour = forms.DateTimeField(
        label=_("From delivery hour"),
        required=False,
        input_formats=[LOCAL_MOMENT],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 3600}, format=LOCAL_MOMENT),
        help_text=_("Left empty, all delivery hours are halted."),
    )
    hours = forms.IntegerField(label=_("Delivery hours"), required=False, min_value=1, max_value=1024)
    reopen_after = forms.IntegerField(
        label=_("Reopen after, minutes"),
        required=False,
        min_value=1,
        max_value=7 * 24 * 60,
        help_text=_("Orders are then collected and an auction opens. Left empty, it stays halted until you say so."),
    )
    collect_minutes = forms.IntegerField(
        label=_("Collect orders, minutes"), required=False, min_value=1, max_value=COLLECT_MINUTES_MAX
    )

    def halt(self, *, by: str, now: datetime) -> bool:
        """Begin the halt in each market named, in all or in none; where that cannot be done, the form says why and False is returned."""
        data = self.cleaned_data
        span = (hour_of(data["from_hour"]), data["hours"] or 1) if data["from_hour"] else None
        reopening = Reopening()
        if data["reopen_after"]:
            minutes = data["collect_minutes"] or COLLECT_MINUTES
            reopening = Reopening.after(data["reopen_after"], collect_minutes=minutes, now=now)
        markets = [data["market"]] if data["market"] else list(Market.objects.order_by("id"))
        try:
            halt_markets(markets=markets, by=by, reason=data["reason"], now=now, span=span, reopening=reopening)
        except UnableToRule as error:
            self.add_error("hours" if error.field == "hours" else None, str(error))
            return False
        return True
