"""The forms by which finance enters a version of fees or tax."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import TaxCode
from billing.period import date_of, first_hour_of, period_of
from marketplace.web.fields import FEN_PER_YUAN
from marketplace.web.templatetags.names import named
from matching.models import Participant

ROWS = 6

TAX_CODE_WORDS = {
    TaxCode.SERVICES: gettext_lazy("Modern services"),
    TaxCode.EXPORT: gettext_lazy("Services used abroad"),
}


class PercentField(forms.DecimalField):
    """Typed in per cent with at most two decimals; cleans to basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": Decimal(0), "max_value": Decimal(100), "decimal_places": 2, **kwargs})
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        """Basis points, or None where it may be left empty."""
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)

    def prepare_value(self, value: Any) -> Any:
        """Show basis points as per cent."""
        return f"{value / 100:g}" if isinstance(value, int) else value


class ParticipantChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Participants by their name in the page's language."""

    def label_from_instance(self, obj: Any) -> str:
        """`Riverside · riverside`."""
        return f"{named(obj)} · {obj.slug}"


class VersionForm(forms.Form):
    """From which day, and why; what every version has."""

    from_day = forms.DateField(
        label=gettext_lazy("From (Beijing)"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(max_length=500, label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 2}))

    @property
    def from_hour(self) -> int:
        """The first delivery hour of the day entered."""
        day: date = self.cleaned_data["from_day"]
        return first_hour_of(day)


class ScheduleForm(VersionForm):
    """Tiers of the general schedule, or of one participant; an override without tiers ends it."""

    participant = ParticipantChoice(
        Participant.objects.order_by("slug"),
        required=False,
        label=gettext_lazy("For"),
        empty_label=gettext_lazy("Everybody: the general schedule"),
    )
    ends = forms.BooleanField(
        required=False, label=gettext_lazy("Back to the general schedule: this ends the override")
    )
    field_order = ("participant", "from_day", "reason")

    def __init__(self, *args: Any, tiers: list[tuple[int, int, int]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in range(ROWS):
            volume_fen, maker, taker = (tiers or [])[row] if tiers and row < len(tiers) else (None, None, None)
            self.fields[f"volume_{row}"] = forms.DecimalField(
                required=False, min_value=0, decimal_places=2, max_digits=15, label=_("Volume from, ¥"),
                initial=None if volume_fen is None else Decimal(volume_fen) / FEN_PER_YUAN,
            )  # fmt: skip
            self.fields[f"maker_{row}"] = PercentField(required=False, label=_("Maker, %"), initial=maker)
            self.fields[f"taker_{row}"] = PercentField(required=False, label=_("Taker, %"), initial=taker)
            for name in ("volume", "maker", "taker"):
                self.fields[f"{name}_{row}"].widget.attrs["class"] = "input"

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The cells of the tiers, a row each."""
        return [(self[f"volume_{row}"], self[f"maker_{row}"], self[f"taker_{row}"]) for row in range(ROWS)]

    def main_fields(self) -> list[forms.BoundField]:
        """What is not a tier."""
        return [self["participant"], self["from_day"], self["reason"]]

    def clean(self) -> dict[str, Any]:
        """A row is filled in whole or left empty; only an override can end."""
        data = super().clean() or {}
        for row in range(ROWS):
            names = [f"{name}_{row}" for name in ("volume", "maker", "taker")]
            given = [data.get(name) is not None for name in names]
            if any(given) and not all(given) and not any(name in self.errors for name in names):
                self.add_error(names[given.index(False)], _("Fill in the whole row, or leave it empty."))
        if data.get("ends") and data.get("participant") is None:
            self.add_error("participant", _("Choose whose override ends."))
        return data

    @property
    def tiers(self) -> list[tuple[int, int, int]]:
        """Volume in fen, maker and taker in basis points; none where the override ends."""
        data = self.cleaned_data
        if data["ends"]:
            return []
        return [
            (int(data[f"volume_{row}"] * FEN_PER_YUAN), data[f"maker_{row}"], data[f"taker_{row}"])
            for row in range(ROWS)
            if data.get(f"volume_{row}") is not None
        ]


class VatForm(VersionForm):
    """A VAT rate of a tax code."""

    tax_code = forms.ChoiceField(choices=list(TAX_CODE_WORDS.items()), label=gettext_lazy("Tax code"))
    bps = PercentField(label=gettext_lazy("Rate, %"))
    field_order = ("tax_code", "bps", "from_day", "reason")


class PenaltyForm(VersionForm):
    """The share of what is not delivered that its provider pays on top."""

    bps = PercentField(label=gettext_lazy("Penalty, %"))
    field_order = ("bps", "from_day", "reason")


class TaxCodeForm(VersionForm):
    """Whose purchases have which tax code."""

    participant = ParticipantChoice(Participant.objects.filter(buys=True).order_by("slug"), label=gettext_lazy("Buyer"))
    tax_code = forms.ChoiceField(choices=list(TAX_CODE_WORDS.items()), label=gettext_lazy("Tax code"))
    field_order = ("participant", "tax_code", "from_day", "reason")


def next_day(hour: int) -> date:
    """The Beijing date after that of an hour."""
    return date_of(hour) + timedelta(days=1)


def first_free_week(hour: int) -> date:
    """The first Monday on or after an hour."""
    return date_of(period_of(hour + 167)[0])
