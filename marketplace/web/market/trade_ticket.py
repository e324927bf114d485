"""The trader's ticket beside the book: an order in a trader's words, previewed while it is typed, then sent as it was previewed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from billing.quote import quote_sale
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest, acting_participant
from marketplace.errors import PERSON_ERRORS
from marketplace.placing import place_with_others
from marketplace.trading import TicketPreview, preview_order
from marketplace.web.fields import YuanField
from marketplace.web.ticket.form import LOCAL_MOMENT, new_client_order_id
from marketplace.web.ticket.outcome import NOBODY, WAITS
from marketplace.web.ticket.warnings import warnings_for
from matching.cancel import mass_cancel
from matching.engine.bounds import HOURS_MAX, QUANTITY_MAX
from matching.engine.dtypes import Kind, Side, TimeInForce
from matching.models import Holding, Market, Participant, Site
from matching.rules import OrderRequest

SIDES = {"buy": Side.BID, "sell": Side.ASK}
LASTS = {"gate": TimeInForce.GTC, "till": TimeInForce.GTD, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
HOURLY, BLOCK, MARKET = "hourly", "block", "market"


class TradeForm(forms.Form):
    """What a trader types or clicks; the market's rules are checked by previewing and by placing it."""

    side = forms.ChoiceField(choices=[(side, side) for side in SIDES])
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in (HOURLY, BLOCK, MARKET)])
    lasts = forms.ChoiceField(choices=[(lasts, lasts) for lasts in LASTS], required=False)
    start = forms.IntegerField(label=gettext_lazy("First hour"), min_value=0, max_value=10_000_000)
    hours = forms.IntegerField(label=gettext_lazy("Hours"), min_value=1, max_value=HOURS_MAX)
    accelerators = forms.IntegerField(label=gettext_lazy("Accelerators"), min_value=1, max_value=QUANTITY_MAX)
    limit = YuanField(label=gettext_lazy("Limit"), required=False)
    site = forms.IntegerField(required=False)
    post_only = forms.BooleanField(required=False)
    display = forms.IntegerField(label=gettext_lazy("Shown"), required=False, min_value=1, max_value=QUANTITY_MAX)
    until = forms.DateTimeField(label=gettext_lazy("Good till"), required=False, input_formats=[LOCAL_MOMENT])
    client_order_id = forms.CharField(max_length=64, required=False)
    heeded = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """A limit order needs its limit, one that is good till a time that time, an ask its site."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") != MARKET and cleaned.get("limit") is None and "limit" not in self.errors:
            self.add_error("limit", _("Enter a limit, or choose a market order."))
        needs_until = cleaned.get("lasts") == "till" and cleaned.get("kind") != MARKET
        if needs_until and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("Enter until when the order waits."))
        if cleaned.get("side") == "sell" and cleaned.get("site") is None:
            self.add_error("site", _("You hold nothing here to sell."))
        return cleaned


def order_of(data: dict[str, Any], *, market: Market, participant_id: int) -> OrderRequest:
    """The order that a valid form means; what its kind has not is left out."""
    is_market, is_block = data["kind"] == MARKET, data["kind"] == BLOCK
    lasts = LASTS[data["lasts"] or "gate"]
    if is_market and lasts in WAITS:
        lasts = TimeInForce.IOC  # market orders never rest
    rests = lasts in WAITS and not is_block
    display = data["display"]
    return OrderRequest(
        participant_id=participant_id,
        market_id=market.pk,
        side=SIDES[data["side"]],
        kind=Kind.BLOCK if is_block else Kind.HOURLY,
        start=data["start"],
        hours=data["hours"],
        quantity=data["accelerators"],
        price_fen=None if is_market else data["limit"],
        time_in_force=lasts,
        expires_at=data["until"] if lasts == TimeInForce.GTD else None,
        site_id=data["site"] if data["side"] == "sell" else None,
        post_only=rests and data["post_only"],
        display_quantity=display if rests and display and display < data["accelerators"] else None,
        client_order_id=data["client_order_id"] or None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def market_ticket(request: HttpRequest, symbol: str) -> HttpResponseBase:
    """GET previews for htmx what the form describes; POST sends it."""
    market = get_object_or_404(Market, symbol=symbol)
    if request.method == "POST":
        return send(request, market=market)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("market", symbol=symbol)
    return answer(request, market, TradeForm(request.GET), timezone.now())


@participant_required
def send(request: ActingRequest, *, market: Market) -> HttpResponse:
    """Place the order that was previewed, and say what became of it."""
    form, now = TradeForm(request.POST), timezone.now()
    if not form.is_valid():
        return answer(request, market, form, now)
    order = order_of(form.cleaned_data, market=market, participant_id=request.participant.pk)
    if warnings_for(request.user, order, market) and not form.cleaned_data["heeded"]:
        return answer(request, market, form, now, unheeded=True)
    try:
        order_id = place_with_others(request=order, now=now)
    except PERSON_ERRORS as error:
        return answer(request, market, form, now, refused=error)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("order", order_id)
    return render(request, "market/ticket_sent.html", {"market": market, "order": order, "order_id": order_id})


def answer(
    request: HttpRequest,
    market: Market,
    form: TradeForm,
    now: datetime,
    refused: Exception | None = None,
    unheeded: bool = False,
) -> HttpResponse:
    """The preview of a form: what would fill, what would rest, what it holds or brings, and the button that sends just that."""
    context: dict[str, Any] = {"market": market, "form": form, "refused": refused, "unheeded": unheeded}
    if form.is_valid():
        participant = acting_participant(request)
        order = order_of(form.cleaned_data, market=market, participant_id=participant.pk if participant else NOBODY)
        ticket = preview_order(request=order, now=now, signed_in=participant is not None)
        context |= figures(order, ticket) | {"client_order_id": new_client_order_id()}
        context["warnings"] = warnings_for(request.user, order, market)
    return render(request, "market/ticket_answer.html", context)


def figures(order: OrderRequest, ticket: TicketPreview) -> dict[str, Any]:
    """The numbers of a preview."""
    wanted = order.quantity * order.hours
    filled = ticket.preview.accelerator_hours
    return {
        "order": order,
        "ticket": ticket,
        "wanted": wanted,
        "filled": filled,
        "rests": wanted - filled if order.time_in_force in WAITS else 0,
        "is_bid": order.side == Side.BID,
        "is_block": order.kind == Kind.BLOCK,
        "proceeds": quote_sale(value_fen=ticket.preview.value_fen, rates=ticket.rates, taker=True),
    }


def sites_to_sell(participant: Participant | None, market: Market, first_hour: int) -> list[Site]:
    """The market's sites at which the participant holds an hour that still trades; one statement."""
    if participant is None:
        return []
    held = Holding.objects.filter(participant=participant, site__market=market, hour__gte=first_hour, capacity__gt=0)
    return list(Site.objects.filter(pk__in=held.values("site_id")).order_by("name", "pk"))


@require_POST
@participant_required
def market_cancel(request: ActingRequest, symbol: str) -> HttpResponse:
    """Cancel every open order of the organisation in this market."""
    market = get_object_or_404(Market, symbol=symbol)
    count = mass_cancel(participant_id=request.participant.pk, market_id=market.pk, now=timezone.now())
    text = ngettext("%(count)s order is being cancelled.", "%(count)s orders are being cancelled.", count)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "market/toast.html", {"text": text % {"count": count}})
    return redirect("market", symbol=symbol)
