"""The form of a price curve: a price for each hour of the week, filled by days, nights and weekend, then by hand."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from marketplace.offers.models import PriceCurve
from marketplace.web.fields import FEN_PER_YUAN, SiteChoice, YuanField
from matching.models import Participant, Site

DAY_HOURS = range(8, 22)
WEEKDAYS = 5


class CurveForm(forms.Form):
    """Name and floor, the three prices that fill a week, and the week itself as 168 prices in yuan."""

    site = SiteChoice(Site.objects.none(), label=_("Site"), empty_label=None)
    name = forms.CharField(label=_("Name"), max_length=60)
    days_fen = YuanField(label=_("Days 08–22"), required=False)
    nights_fen = YuanField(label=_("Nights"), required=False)
    weekend_fen = YuanField(label=_("Weekend"), required=False)
    floor_fen = YuanField(label=_("Never below"), required=False)

    def __init__(self, *args: object, provider: Participant, curve: PriceCurve | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        sites = Site.objects.filter(provider=provider).select_related("market__compute_class", "market__hub")
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]
        self.curve = curve

    def clean(self) -> dict[str, object]:
        """Read the week: what stands in the table, else what the three prices fill."""
        data = super().clean() or {}
        typed = [price.strip() for price in cast(QueryDict, self.data).getlist("hour")]
        prices = [_fen(price) for price in typed] if any(typed) and "fill" not in self.data else self._filled(data)
        data["prices_fen"] = prices
        if None in prices:
            self.add_error(None, _("Give a price to every hour: fill the week, then change single hours."))
        return data

    def _filled(self, data: dict[str, object]) -> list[int | None]:
        return filled_week(data.get("days_fen"), data.get("nights_fen"), data.get("weekend_fen"))  # type: ignore[arg-type]

    @property
    def week(self) -> list[int | None]:
        """The 168 prices as they stand in the form, in fen."""
        if self.is_bound and (prices := getattr(self, "cleaned_data", {}).get("prices_fen")):
            return list(prices)
        if self.curve is not None:
            return list(self.curve.prices_fen)
        initial = [self.initial.get(name) for name in ("days_fen", "nights_fen", "weekend_fen")]
        return filled_week(*initial)


def filled_week(days_fen: int | None, nights_fen: int | None, weekend_fen: int | None) -> list[int | None]:
    """Return a week of prices by day, night and weekend; a price left out is that of the days."""
    week: list[int | None] = []
    for hour in range(168):
        day, clock = divmod(hour, 24)
        if day >= WEEKDAYS and weekend_fen:
            week.append(weekend_fen)
        elif clock in DAY_HOURS:
            week.append(days_fen)
        else:
            week.append(nights_fen or days_fen)
    return week


def _fen(text: str) -> int | None:
    try:
        fen = Decimal(text) * FEN_PER_YUAN
    except InvalidOperation:
        return None
    return int(fen) if fen.is_finite() and fen == int(fen) and 0 < fen < 10**9 else None
