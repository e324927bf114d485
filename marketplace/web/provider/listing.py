"""The form that lists capacity, and what listing it would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.quote import current_rates, quote_sale
from marketplace.errors import PERSON_ERRORS, PersonError
from marketplace.offers.models import PriceCurve
from marketplace.offers.price_curves import price_runs
from marketplace.offers.publish import Listing, ask_requests
from marketplace.trading import preview_order
from marketplace.web.fields import HourField, SiteChoice, YuanField
from marketplace.web.provider.standing import CurveChoice
from matching.capacity import NothingToSell
from matching.models import Participant, Site
from matching.service import free_hours

DAYS_MAX = 14
PREVIEWED_MAX = 24
"""Listings that the engine is asked about; each costs a preview."""


class ListingForm(forms.Form):
    """Site, first hour, length, accelerators and price; the same hours may be listed on several days."""

    site = SiteChoice(Site.objects.none(), label=_("Site"), empty_label=None)
    start = HourField(label=_("From"))
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=1024, initial=24)
    days = forms.IntegerField(
        label=_("Days in a row"), min_value=1, max_value=DAYS_MAX, initial=1, help_text=_("The same hours each day.")
    )
    quantity = forms.IntegerField(label=_("Accelerators"), min_value=1)
    price_fen = YuanField(label=_("Price"), required=False)
    curve = CurveChoice(PriceCurve.objects.none(), label=_("Or by a curve"), required=False, empty_label=_("One price"))
    display_quantity = forms.IntegerField(
        label=_("Show at a time"),
        min_value=1,
        required=False,
        help_text=_("An iceberg: buyers see so many at once; left empty, all."),
    )
    expires_at = forms.DateTimeField(
        label=_("Good till"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 60}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Left empty, until each hour's gate closes."),
    )
    reference = forms.CharField(label=_("Your name for it"), max_length=80, required=False)

    def __init__(self, *args: object, provider: Participant, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.provider = provider
        sites = Site.objects.filter(provider=provider).select_related("market__compute_class", "market__hub")
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]
        curves = PriceCurve.objects.filter(site__provider=provider).select_related("site")
        self.fields["curve"].queryset = curves  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """Days that overlap would list the same hour twice."""
        data = super().clean() or {}
        if (data.get("days") or 1) > 1 and (data.get("hours") or 1) > 24:
            self.add_error("hours", _("On several days, list at most 24 hours a day."))
        curve = data.get("curve")
        if isinstance(curve, PriceCurve) and curve.site != data.get("site"):
            self.add_error("curve", _("This curve belongs to another site. Choose one of this site."))
        elif curve is None and data.get("price_fen") is None and "price_fen" not in self.errors:
            self.add_error("price_fen", _("Give a price, or choose a curve."))
        return data

    def listings(self) -> list[Listing]:
        """One listing a day, or one for each stretch of a day with one price on the curve."""
        data = self.cleaned_data
        return [
            Listing(
                provider_id=self.provider.pk,
                site_id=data["site"].pk,
                start=start,
                hours=hours,
                quantity=data["quantity"],
                price_fen=price_fen,
                display_quantity=data["display_quantity"],
                expires_at=data["expires_at"],
                reference=data["reference"],
            )
            for day in range(data["days"])
            for start, hours, price_fen in self._stretches(data["start"] + 24 * day)
        ]

    def _stretches(self, start: int) -> list[tuple[int, int, int]]:
        data = self.cleaned_data
        if data["curve"] is None:
            return [(start, data["hours"], data["price_fen"])]
        quantities = dict.fromkeys(range(start, start + data["hours"]), data["quantity"])
        return [
            (first, hours, price_fen)
            for first, hours, _quantity, price_fen in price_runs(curve=data["curve"], quantities=quantities)
        ]


@dataclass(frozen=True, slots=True)
class ListingPreview:
    """What the listings would do now; money in fen, sizes in accelerator-hours."""

    listed: int
    at_once: int  # would fill against bids that wait
    at_once_fen: int
    all_fen: int  # value if everything sells, the rest at the listed price
    receive_fen: int  # of that, after fees
    maker_fee_bps: int
    low_fen: int  # the lowest and the highest price asked
    high_fen: int
    error: PersonError | None

    @property
    def average_fen(self) -> int | None:
        return self.at_once_fen // self.at_once if self.at_once else None

    @property
    def rests(self) -> int:
        return self.listed - self.at_once


def preview_listings(listings: Sequence[Listing], *, now: datetime) -> ListingPreview:
    """Ask the engine what each would fill at once, and whether the site has the capacity; reserves nothing."""
    rates = current_rates(now=now, participant_id=listings[0].provider_id)
    at_once = at_once_fen = rest_fen = 0
    error: PersonError | None = _shortage(listings)
    listed = sum(listing.quantity * listing.hours for listing in listings)
    for listing, request in zip(listings[:PREVIEWED_MAX], ask_requests(listings), strict=False):
        whole = listing.quantity * listing.hours
        try:
            ticket = preview_order(request=request, now=now)
        except PERSON_ERRORS as refused:
            error = error or refused
            rest_fen += whole * listing.price_fen
            continue
        error = ticket.error or error
        at_once += ticket.preview.accelerator_hours
        at_once_fen += ticket.preview.value_fen
        rest_fen += (whole - ticket.preview.accelerator_hours) * listing.price_fen
    # A long curve has many stretches; of the later ones only the asked value is told.
    rest_fen += sum(x.quantity * x.hours * x.price_fen for x in listings[PREVIEWED_MAX:])
    receive_fen = (
        quote_sale(value_fen=at_once_fen, rates=rates, taker=True).total_fen
        + quote_sale(value_fen=rest_fen, rates=rates).total_fen
    )
    return ListingPreview(
        listed=listed,
        at_once=at_once,
        at_once_fen=at_once_fen,
        all_fen=at_once_fen + rest_fen,
        receive_fen=receive_fen,
        maker_fee_bps=rates.maker_fee_bps,
        low_fen=min(listing.price_fen for listing in listings),
        high_fen=max(listing.price_fen for listing in listings),
        error=error,
    )


def _shortage(listings: Sequence[Listing]) -> NothingToSell | None:
    """The first hour in which the site has fewer free accelerators than listed."""
    first = listings[0]
    site = Site.objects.get(pk=first.site_id)
    end = max(listing.start + listing.hours for listing in listings)
    free = free_hours(site=site, start=first.start, end=end)
    for listing in listings:
        for hour in range(listing.start, listing.start + listing.hours):
            if free[hour] < listing.quantity:
                return NothingToSell(site=str(site), hour=hour, free=free[hour], quantity=listing.quantity)
    return None
