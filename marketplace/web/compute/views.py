"""My compute: what an organisation holds, its orders and its trades."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Obligation
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from marketplace.errors import PERSON_ERRORS
from marketplace.placing import place_with_others
from marketplace.web.compute import my_orders
from marketplace.web.compute.engine_outlook import engine_outlook, ticket_query
from marketplace.web.compute.my_holdings import holding_figures, holding_rows
from marketplace.web.compute.order_costs import costs_of
from marketplace.web.compute.order_story import story_of
from marketplace.web.compute.sell_back import SellBackForm, quote_sell_back, sell_request
from marketplace.web.fragments import render_page
from marketplace.web.hour_calendar import ruler_of
from marketplace.web.page_numbers import number
from matching.archive.folder import archived_until
from matching.cancel import cancel_order, mass_cancel
from matching.engine.dtypes import Side
from matching.hours import hour_of
from matching.months import month_of

PAGE = 30
OVERVIEW_ORDERS = 6


@require_safe
@participant_required
def holdings(request: ActingRequest) -> HttpResponse:
    """The first page: figures, the calendar of what is held, live orders, what is delivering now."""
    now = timezone.now()
    ruler = ruler_of(request.GET, now=now)
    rows = holding_rows(participant_id=request.participant.pk, ruler=ruler)
    live = my_orders.orders_of(request.participant.pk).filter(state__in=my_orders.LIVE)[:OVERVIEW_ORDERS]
    context = {
        "ruler": ruler,
        "rows": rows,
        "figures": holding_figures(participant_id=request.participant.pk, now_hour=hour_of(now)),
        "bids": my_orders.standing_of(request.participant.pk, side=Side.BID),
        "orders": my_orders.rows_of(list(live)),
        "running": [row for row in rows if row.now],
        "spans": {24: _("24 h"), 72: _("72 h"), 168: _("1 week"), 336: _("2 weeks")},
    }
    return render_page(request, "compute/holdings.html", "live", context)


@require_safe
@participant_required
def orders(request: ActingRequest) -> HttpResponse:
    """The order list, newest first."""
    show = request.GET.get("show", "live")
    states = my_orders.SHOWS.get(show, my_orders.LIVE)
    found = my_orders.orders_of(request.participant.pk).filter(state__in=states)
    before = number(request.GET.get("before"))
    if before is not None:
        found = found.filter(id__lt=before)
    page = list(found[: PAGE + 1])
    context = {
        "orders": my_orders.rows_of(page[:PAGE]),
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "show": show if show in my_orders.SHOWS else "live",
        "shows": {"live": pgettext("orders", "Live"), "filled": _("Filled"), "all": _("All")},
        "is_first_page": before is None,
        "standing": my_orders.standing_of(request.participant.pk),
    }
    return render_page(request, "compute/orders.html", "rows", context)


@require_safe
@participant_required
def order(request: ActingRequest, order_id: int) -> HttpResponse:
    """One order: its state, what it traded, what it holds and costs, and its history."""
    found = get_object_or_404(my_orders.orders_of(request.participant.pk), pk=order_id)
    trades = my_orders.trades_of_order(found, limit=500)
    now = timezone.now()
    # A month leaves as a whole, never the running one.
    until = archived_until() if found.placed_at < month_of(now) else None
    context = {
        "row": my_orders.rows_of([found])[0],
        "order": found,
        "trades": trades,
        "alternatives": found.alternatives.select_related("market") if found.alternative_count else [],
        "costs": costs_of(found, trades),
        "story": story_of(found, trades),
        "outlook": engine_outlook(found, now=now),
        "ticket_query": ticket_query(found) if found.side == Side.BID else "",
        "archived_until": until if until is not None and found.placed_at < until else None,
    }
    return render_page(request, "compute/order.html", "live", context)


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def order_cancel(request: ActingRequest, order_id: int) -> HttpResponse:
    """Ask before cancelling one order; then cancel it."""
    found = get_object_or_404(my_orders.orders_of(request.participant.pk), pk=order_id)
    if request.method == "POST":
        try:
            cancel_order(participant_id=request.participant.pk, order_id=found.pk, now=timezone.now())
            messages.success(request, _("Order %(id)s is being cancelled.") % {"id": found.pk})
        except PERSON_ERRORS as error:
            messages.error(request, str(error))
        return redirect("orders")
    row = my_orders.rows_of([found])[0]
    standing = my_orders.Standing(1, row.held_fen, found.filled_accelerator_hours)
    context = {
        "title": _("Cancel this bid?") if row.is_bid else _("Cancel this ask?"),
        "sentence": my_orders.release_sentence(standing),
        "act": _("Cancel 1 bid") if row.is_bid else _("Cancel 1 ask"),
        "keep": _("Keep it"),
        "row": row,
    }
    return render_page(request, "compute/cancel.html", "dialog", context)


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def orders_cancel(request: ActingRequest) -> HttpResponse:
    """Ask before cancelling every live order, saying what is released; then cancel them."""
    if request.method == "POST":
        count = mass_cancel(participant_id=request.participant.pk, now=timezone.now())
        text = ngettext("%(count)s order is being cancelled.", "%(count)s orders are being cancelled.", count)
        messages.success(request, text % {"count": count})
        return redirect("orders")
    standing = my_orders.standing_of(request.participant.pk)
    values = {"count": standing.orders}
    context = {
        "title": ngettext("Cancel %(count)s open order?", "Cancel %(count)s open orders?", standing.orders) % values,
        "sentence": my_orders.release_sentence(standing),
        "act": ngettext("Cancel %(count)s order", "Cancel %(count)s orders", standing.orders) % values,
        "keep": _("Keep them"),
        "nothing": not standing.orders,
    }
    return render_page(request, "compute/cancel.html", "dialog", context)


@require_safe
@participant_required
def trades(request: ActingRequest) -> HttpResponse:
    """What it bought and sold, newest first."""
    before = number(request.GET.get("before"))
    page = my_orders.trades_of(request.participant.pk, before=before, limit=PAGE + 1)
    fees = _fees(request.participant.pk, page)
    is_last_page = len(page) <= PAGE
    context: dict[str, Any] = {
        "trades": [(trade, trade.buyer_id == request.participant.pk, fees.get(trade.pk)) for trade in page[:PAGE]],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_first_page": before is None,
        "archived_until": archived_until() if is_last_page else None,
    }
    return render_page(request, "compute/trades.html", "rows", context)


def _fees(participant_id: int, page: list[Any]) -> dict[int, int]:
    """The organisation's own fee rate on each trade, in basis points, once it has been cleared."""
    obligations = Obligation.objects.filter(trade__in=page)
    rows = obligations.values_list("trade_id", "buyer_id", "buyer_fee_bps", "seller_fee_bps")
    return {trade: buyer_bps if buyer == participant_id else seller_bps for trade, buyer, buyer_bps, seller_bps in rows}


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def sell_back(request: ActingRequest) -> HttpResponse:
    """Say what selling some held hours would bring; then sell them at once, or list them at a price."""
    now = timezone.now()
    sent = request.POST if request.method == "POST" else request.GET
    form = SellBackForm(sent or None, participant_id=request.participant.pk)
    quote, terms = None, None
    if form.is_valid():
        terms = {key: form.cleaned_data[key] for key in ("site", "start", "hours", "quantity")}
        quote = quote_sell_back(participant_id=request.participant.pk, now=now, **terms)
        if request.method == "POST":
            at_once = request.POST.get("act") == "now"
            price_fen = quote.floor_fen if at_once else form.cleaned_data["price_fen"]
            if price_fen is None:
                form.add_error(None if at_once else "price_fen", _("Enter the price at which to list these hours."))
            elif _placed(request, form, price_fen=price_fen, at_once=at_once, now=now, **terms):
                return redirect("orders")
    context = {"form": form, "quote": quote, "terms": terms, "list_at_fen": quote.paid_fen if quote else None}
    return render_page(
        request, "compute/sell_back.html", "dialog", context, status=422 if form.errors and sent else 200
    )


def _placed(request: ActingRequest, form: SellBackForm, *, now: datetime, **terms: Any) -> bool:
    try:
        order_id = place_with_others(request=sell_request(participant_id=request.participant.pk, **terms), now=now)
    except PERSON_ERRORS as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    messages.success(request, _("Order %(id)s is on its way to the market.") % {"id": order_id})
    return True
