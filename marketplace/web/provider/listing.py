"""The form that lists capacity, and what listing it would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.quote import current_rates, quote_sale
from marketplace.errors import PERSON_ERRORS, PersonError
from marketplace.offers.publish import Listing, ask_requests
from marketplace.trading import preview_order
from marketplace.web.fields import HourField, SiteChoice, YuanField
from matching.capacity import NothingToSell
from matching.holdings import holdings_of
from matching.models import Participant, Site

DAYS_MAX = 14


class ListingForm(forms.Form):
    """Site, first hour, length, accelerators and price; the same hours may be listed on several days."""

    site = SiteChoice(Site.objects.none(), label=_("Site"), empty_label=None)
    start = HourField(label=_("From"))
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=1024, initial=24)
    days = forms.IntegerField(
        label=_("Days in a row"), min_value=1, max_value=DAYS_MAX, initial=1, help_text=_("The same hours each day.")
    )
    quantity = forms.IntegerField(label=_("Accelerators"), min_value=1)
    price_fen = YuanField(label=_("Price"))
    reference = forms.CharField(label=_("Your name for it"), max_length=80, required=False)

    def __init__(self, *args: object, provider: Participant, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.provider = provider
        sites = Site.objects.filter(provider=provider).select_related("market__compute_class", "market__hub")
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """Days that overlap would list the same hour twice."""
        data = super().clean() or {}
        if (data.get("days") or 1) > 1 and (data.get("hours") or 1) > 24:
            self.add_error("hours", _("On several days, list at most 24 hours a day."))
        return data

    def listings(self) -> list[Listing]:
        """One listing a day."""
        data = self.cleaned_data
        return [
            Listing(
                provider_id=self.provider.pk,
                site_id=data["site"].pk,
                start=data["start"] + 24 * day,
                hours=data["hours"],
                quantity=data["quantity"],
                price_fen=data["price_fen"],
                reference=data["reference"],
            )
            for day in range(data["days"])
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
    error: PersonError | None

    @property
    def average_fen(self) -> int | None:
        return self.at_once_fen // self.at_once if self.at_once else None

    @property
    def rests(self) -> int:
        return self.listed - self.at_once


def preview_listings(listings: Sequence[Listing], *, now: datetime) -> ListingPreview:
    """Ask the engine what each would fill at once, and whether the site has the capacity; reserves nothing."""
    rates = current_rates(now=now)
    at_once = at_once_fen = receive_fen = 0
    error: PersonError | None = _shortage(listings)
    listed = sum(listing.quantity * listing.hours for listing in listings)
    for request in ask_requests(listings):
        try:
            ticket = preview_order(request=request, now=now)
        except PERSON_ERRORS as refused:
            error = error or refused
            continue
        error = ticket.error or error
        at_once += ticket.preview.accelerator_hours
        at_once_fen += ticket.preview.value_fen
    rest_fen = (listed - at_once) * listings[0].price_fen
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
        error=error,
    )


def _shortage(listings: Sequence[Listing]) -> NothingToSell | None:
    """The first hour in which the site has fewer free accelerators than listed."""
    first = listings[0]
    site = Site.objects.get(pk=first.site_id)
    end = max(listing.start + listing.hours for listing in listings)
    free: dict[int, int] = {}
    for span in holdings_of(participant_id=first.provider_id, start=first.start, end=end):
        if span.site.pk == site.pk:
            free.update(dict.fromkeys(range(span.start, span.end), span.free))
    for listing in listings:
        for hour in range(listing.start, listing.start + listing.hours):
            if free.get(hour, site.accelerators) < listing.quantity:
                return NothingToSell(
                    site=str(site), hour=hour, free=free.get(hour, site.accelerators), quantity=listing.quantity
                )
    return None
