"""A provider's pages: capacity and its calendar, listing, offers, sites, earnings."""

from __future__ import annotations

import json

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Invoice
from marketplace.accounts.access import participant_required, provider_required
from marketplace.accounts.acting import ActingRequest, Choice, Role, switch_to
from marketplace.errors import PERSON_ERRORS
from marketplace.offers.models import Offer
from marketplace.offers.publish import publish_offers
from marketplace.offers.register_site import register_site
from marketplace.web.compute.my_orders import LIVE, rows_of
from marketplace.web.fragments import render_page
from marketplace.web.hour_calendar import Ruler, ruler_of
from marketplace.web.page_numbers import number
from marketplace.web.provider.capacity_rows import CapacityRow, capacity_figures, capacity_rows
from marketplace.web.provider.earnings import daily_chart, earnings_of
from marketplace.web.provider.listing import ListingForm, preview_listings
from marketplace.web.provider.site_form import SiteForm
from marketplace.web.templatetags.names import named
from matching.models import Site

PAGE = 30
DOCUMENTS = 12


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


@require_safe
@provider_required
def offers(request: ActingRequest) -> HttpResponse:
    """What is listed, how far it is sold, and a way to withdraw it."""
    show = "all" if request.GET.get("show") == "all" else "live"
    before = number(request.GET.get("before"))
    found = _offers_of(request.participant.pk)
    if show == "live":
        found = found.filter(order__state__in=LIVE)
    if before is not None:
        found = found.filter(order_id__lt=before)
    page = list(found[: PAGE + 1])
    rows = rows_of([offer.order for offer in page[:PAGE]])
    context = {
        "offers": list(zip(page, rows, strict=False)),
        "older": page[PAGE - 1].order_id if len(page) > PAGE else None,
        "is_first_page": before is None,
        "show": show,
        "shows": {"live": pgettext("orders", "Live"), "all": _("All")},
    }
    return render_page(request, "provider/offers.html", "rows", context)


def _offers_of(provider_id: int) -> QuerySet[Offer]:
    offers = Offer.objects.filter(order__participant_id=provider_id).order_by("-order_id")
    return offers.select_related("order__market__compute_class", "order__market__hub", "order__site")


@require_safe
@provider_required
def sites(request: ActingRequest) -> HttpResponse:
    """The provider's sites."""
    found = Site.objects.filter(provider_id=request.participant.pk).select_related(
        "market__compute_class", "market__hub"
    )
    return render_page(request, "provider/sites.html", "rows", {"sites": found})


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def site_new(request: ActingRequest) -> HttpResponse:
    """Register a site; whoever registers a first one is a provider from then on."""
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        site = register_site(provider_id=request.participant.pk, now=timezone.now(), **form.facts())
        request.participant.refresh_from_db()
        switch_to(request, Choice(Role.PROVIDER, request.participant))
        messages.success(request, _("%(name)s is registered. Its identifier is %(id)s.") % {
            "name": site.name,
            "id": site.identifier,
        })  # fmt: skip
        return redirect("capacity")
    return render(request, "provider/site_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@provider_required
def earnings(request: ActingRequest) -> HttpResponse:
    """What has been earned by day, what is owed, and the statements."""
    now = timezone.now()
    figures = earnings_of(provider_id=request.participant.pk, now=now)
    statements = Invoice.objects.filter(participant_id=request.participant.pk, kind=Invoice.Kind.STATEMENT)
    chart = daily_chart(figures.days)
    context = {
        "figures": figures,
        "chart": json.dumps(chart),
        "keys": chart["series"],
        "invoices": statements.order_by("-start")[:DOCUMENTS],
    }
    return render_page(request, "provider/earnings.html", "live", context)
