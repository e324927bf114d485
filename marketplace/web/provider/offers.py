"""A provider's offers: what is listed, how far it is sold, changed in its row, and withdrawn."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.errors import PERSON_ERRORS
from marketplace.offers.models import Offer
from marketplace.trading import replace_orders
from marketplace.web.compute.my_orders import LIVE, rows_of
from marketplace.web.compute.order_change import ChangeForm, Note, form_for
from marketplace.web.fragments import render_page
from marketplace.web.page_numbers import number
from matching.cancel import cancel_orders
from matching.replace import CheckedReplace

PAGE = 30


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
    context: dict[str, object] = {
        "offers": list(zip(page, rows, strict=False)),
        "older": page[PAGE - 1].order_id if len(page) > PAGE else None,
        "is_first_page": before is None,
        "live": found.filter(order__state__in=LIVE).count() if show == "all" else len(page),
        "show": show,
        "shows": {"live": pgettext("orders", "Live"), "all": _("All")},
    }
    return render_page(request, "provider/offers.html", "rows", context)


def _offers_of(provider_id: int) -> QuerySet[Offer]:
    offers = Offer.objects.filter(order__participant_id=provider_id).order_by("-order_id")
    return offers.select_related("order__market__compute_class", "order__market__hub", "order__site", "standing")


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def offers_cancel(request: ActingRequest) -> HttpResponse:
    """Ask before withdrawing every live offer; then withdraw them."""
    live = _offers_of(request.participant.pk).filter(order__state__in=LIVE).order_by("order_id")
    ids = list(live.values_list("order_id", flat=True))
    if request.method == "POST":
        cancel_orders(participant_id=request.participant.pk, order_ids=ids, now=timezone.now())
        text = ngettext("%(count)s offer is being withdrawn.", "%(count)s offers are being withdrawn.", len(ids))
        messages.success(request, text % {"count": len(ids)})
        return redirect("provider_offers")
    context = {
        "title": ngettext("Withdraw %(count)s offer?", "Withdraw %(count)s offers?", len(ids)) % {"count": len(ids)},
        "sentence": _("What has not sold is taken back at once. What is sold stays sold. Standing offers go on."),
        "act": ngettext("Withdraw %(count)s offer", "Withdraw %(count)s offers", len(ids)) % {"count": len(ids)},
        "keep": _("Keep them"),
        "back": "provider_offers",
        "nothing": not ids,
    }
    return render_page(request, "provider/question.html", "dialog", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def offer_change(request: ActingRequest, order_id: int) -> HttpResponse:
    """The form in the offer's row; sent, the change."""
    offer = get_object_or_404(_offers_of(request.participant.pk), order_id=order_id)
    order = offer.order
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    if not rows_of([order])[0].may_change:
        return _row(request, offer) if is_part else redirect("provider_offers")
    form = form_for(order, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        (verdict,) = replace_orders(requests=[form.replace_request(order)], now=timezone.now())
        if isinstance(verdict, CheckedReplace):
            if is_part:
                return _row(request, _offers_of(request.participant.pk).get(pk=offer.pk))
            messages.success(request, _("The change of offer %(id)s is on its way to the market.") % {"id": order.pk})
            return redirect("provider_offers")
        assert isinstance(verdict, PERSON_ERRORS)
        form.add_error(verdict.field if verdict.field in form.fields else None, str(verdict))
    return _change(request, offer, form, is_part=is_part)


@require_safe
@provider_required
def offer_row(request: ActingRequest, order_id: int) -> HttpResponse:
    """One row of the list, as it stands."""
    return _row(request, get_object_or_404(_offers_of(request.participant.pk), order_id=order_id))


def _change(request: ActingRequest, offer: Offer, form: ChangeForm, *, is_part: bool) -> HttpResponse:
    row = rows_of([offer.order])[0]
    context = {"offer": offer, "order": offer.order, "row": row, "form": form, "note": Note("")}
    template = "provider/offer_change.html#row" if is_part else "provider/offer_change.html"
    return render(request, template, context, status=200 if is_part or not form.errors else 422)


def _row(request: ActingRequest, offer: Offer) -> HttpResponse:
    return render(request, "provider/offer_row.html", {"offer": offer, "row": rows_of([offer.order])[0]})
