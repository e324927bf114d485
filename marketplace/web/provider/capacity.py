"""Capacity: the calendar of one's sites, and listing what is free."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.delivery.reliability import reliability_of
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.errors import PERSON_ERRORS
from marketplace.offers.models import Offer
from marketplace.offers.publish import publish_offers
from marketplace.web.fragments import render_page
from marketplace.web.hour_calendar import Ruler, ruler_of
from marketplace.web.provider.capacity_rows import CapacityRow, capacity_figures, capacity_rows
from marketplace.web.provider.listing import ListingForm, preview_listings
from marketplace.web.templatetags.names import named


@require_safe
@provider_required
def capacity(request: ActingRequest) -> HttpResponse:
    """Sites on the ruler, what is sold, listed and free, and the form that lists more."""
    now = timezone.now()
    ruler = ruler_of(request.GET, now=now, hours=168)
    rows = capacity_rows(provider_id=request.participant.pk, ruler=ruler)
    context = {
        "ruler": ruler,
        "rows": rows,
        "figures": capacity_figures(rows),
        "reliability": reliability_of(provider_id=request.participant.pk),
        "spans": {72: _("72 h"), 168: _("1 week"), 336: _("2 weeks")},
        "form": ListingForm(provider=request.participant, initial=_first_listing(rows, ruler)),
    }
    return render_page(request, "provider/capacity.html", "live", context)


def _first_listing(rows: list[CapacityRow], ruler: Ruler) -> dict[str, object]:
    """What the empty form offers: tomorrow, all that is free at the first site."""
    tomorrow = next((day.hour for day in ruler.days if day.hour > ruler.now_hour), ruler.now_hour + 1)
    initial: dict[str, object] = {"start": tomorrow, "hours": 24, "days": 1}
    if rows:
        free = rows[0].free[max(tomorrow - ruler.start, 0) :][:24]
        initial |= {"site": rows[0].site.pk, "quantity": max(min(free, default=1), 1)}
    return initial


@require_POST
@provider_required
def listing_preview(request: ActingRequest) -> HttpResponse:
    """What the form's listings would do, for beside the form."""
    form = ListingForm(request.POST, provider=request.participant)
    preview = preview_listings(form.listings(), now=timezone.now()) if form.is_valid() else None
    return render(request, "provider/listing_preview.html", {"preview": preview, "form": form})


@require_safe
@provider_required
def painted(request: ActingRequest) -> HttpResponse:
    """What stands beside painted hours: their price, what listing them would do, and the ways to go on."""
    form = ListingForm(request.GET, provider=request.participant)
    preview = preview_listings(form.listings(), now=timezone.now()) if form.is_valid() else None
    context = {"form": form, "preview": preview, "has_curves": form.fields["curve"].queryset.exists()}  # type: ignore[attr-defined]
    return render(request, "provider/painted.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def list_capacity(request: ActingRequest) -> HttpResponse:
    """List capacity; a form that cannot be listed comes back as it was, with the reason."""
    now = timezone.now()
    initial = None
    if request.method != "POST":
        ruler = ruler_of(request.GET, now=now, hours=168)
        initial = _first_listing(capacity_rows(provider_id=request.participant.pk, ruler=ruler), ruler)
    form = ListingForm(request.POST or None, provider=request.participant, initial=initial)
    preview = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview = preview_listings(form.listings(), now=now)
        else:
            try:
                offers = publish_offers(listings=form.listings(), now=now)
            except PERSON_ERRORS as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                _tell_listed(request, form, offers)
                return redirect("provider_offers")
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "provider/listing.html", {"form": form, "preview": preview}, status=status)


def _tell_listed(request: HttpRequest, form: ListingForm, offers: list[Offer]) -> None:
    """Say what was listed; a single offer can be undone from there."""
    values = {
        "quantity": f"{form.cleaned_data['quantity']:,}",
        "hours": f"{form.cleaned_data['hours']:,}",
        "site": named(form.cleaned_data["site"]),
        "count": len(offers),
    }
    text = ngettext(
        "Listed %(quantity)s × %(hours)s h at %(site)s.",
        "Listed %(quantity)s × %(hours)s h at %(site)s on %(count)s days.",
        len(offers),
    )
    said = text % values
    if len(offers) == 1:
        undo = reverse("order_cancel", args=[offers[0].order_id])
        said = format_html('{} <a href="{}">{}</a>', said, undo, _("Undo"))
    messages.success(request, said)
