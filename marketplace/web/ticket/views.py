"""The order ticket: a job priced while it is typed, then sent exactly as it was previewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from billing.funds import available_fen
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest, acting_participant
from marketplace.errors import PERSON_ERRORS
from marketplace.placing import place_with_others
from marketplace.web.figures import Traded, share_above, traded_by_market, upcoming_best_asks
from marketplace.web.ticket.alternatives import AlternativesField, alternatives_of, instead_rows, written
from marketplace.web.ticket.cheaper import find_cheaper_ways, way_words
from marketplace.web.ticket.form import (
    ACCELERATOR_PRESETS,
    HOUR_PRESETS,
    Job,
    TicketForm,
    bound_form,
    find_market,
    flexibility_choices,
    job_of,
    markets_to_trade,
    new_client_order_id,
    start_choices,
)
from marketplace.web.ticket.job_chart import job_chart
from marketplace.web.ticket.outcome import Outcome, find_fixes, weigh_job
from marketplace.web.ticket.presets import presets_of
from marketplace.web.ticket.seen import PreviewChanged, seal_preview, what_moved
from marketplace.web.ticket.start_totals import start_totals
from marketplace.web.ticket.warnings import warnings_for
from marketplace.web.ticket.words import fix_words, verdict_of
from matching.engine.bounds import FLEXIBILITY_MAX, HOURS_MAX, PRICE_FEN_MAX, QUANTITY_MAX
from matching.engine.dtypes import Kind, Side, TimeInForce
from matching.halted import sentence_of
from matching.halts import active_halts
from matching.hours import first_open_hour
from matching.models import Market
from matching.rules import OrderRequest

BEST_ASK_HOURS = 48


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def ticket(request: HttpRequest) -> HttpResponseBase:
    """GET previews what the address describes, as a page or for htmx as the preview alone; POST sends it."""
    if request.method == "POST":
        return send_order(request)
    now = timezone.now()
    markets = list(markets_to_trade())
    market = find_market(request.GET, markets)
    if market is None:
        return render(request, "ticket/no_market.html")
    context = ticket_context(request, market, markets, now)
    fragment = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "ticket/update.html" if fragment else "ticket/ticket.html", context)


@require_safe
@vary_on_headers("HX-Request")
def cheaper_ways(request: HttpRequest) -> HttpResponse:
    """What the same work would cost otherwise, tried with the engine; asked for when the preview stands."""
    now = timezone.now()
    markets = list(markets_to_trade())
    market = find_market(request.GET, markets)
    if market is None:
        return render(request, "ticket/no_market.html")
    usual_fen = traded_by_market(now=now).get(market.pk, Traded()).vwap_week_fen or market.reference_price_fen
    form, _has_closed = bound_form(request.GET.dict(), market, usual_fen, now)
    context: dict[str, Any] = {"back": request.GET.urlencode(), "ways": [], "tried": 0}
    if form.is_valid():
        job = job_of(form, market)
        outcome = weigh_job(job=job, participant=acting_participant(request), now=now)
        ways, context["tried"] = find_cheaper_ways(outcome=outcome, markets=markets, now=now)
        context["ways"] = [(way, way_words(way, job), _address(request, way.fields)) for way in ways]
        context["fills"] = outcome.fills
    fragment = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "ticket/cheaper.html" if fragment else "ticket/cheaper_page.html", context)


def ticket_context(request: HttpRequest, market: Market, markets: list[Market], now: datetime) -> dict[str, Any]:
    """The form with its choices, and the answer to it where it is valid."""
    traded = traded_by_market(now=now).get(market.pk, Traded())
    usual_fen = traded.vwap_week_fen or market.reference_price_fen
    form, has_closed = bound_form(request.GET.dict(), market, usual_fen, now)
    participant = acting_participant(request)
    asks = upcoming_best_asks(markets=markets, hours=BEST_ASK_HOURS, now=now)
    class_of = {m.pk: m.compute_class_id for m in markets}
    best_of_class: dict[int, int] = {}
    for ask in asks:
        class_id = class_of[ask.market_id]
        best_of_class[class_id] = min(ask.price_fen, best_of_class.get(class_id, ask.price_fen))
    start = _whole(form.data.get("start"), first_open_hour(market, now))
    rows = instead_rows(request.GET)
    context = {
        "form": form,
        "market": market,
        "classes": list({m.compute_class_id: m.compute_class for m in markets}.values()),
        "best_of_class": best_of_class,
        "hubs": [m.hub for m in markets if m.compute_class_id == market.compute_class_id],
        "start_days": start_choices(market, start, now),
        "flexibilities": flexibility_choices(start, _whole(form.data.get("flexibility"), 0)),
        "start": start,
        "flexibility": _whole(form.data.get("flexibility"), 0),
        "first_hour": first_open_hour(market, now),
        "halts": [(halt, sentence_of(halt)) for halt in active_halts([market.pk])],
        "has_closed": has_closed,
        "accelerator_presets": ACCELERATOR_PRESETS,
        "hour_presets": HOUR_PRESETS,
        "traded": traded,
        "available_fen": available_fen(participant.pk) if participant else None,
        "now": now,
        "presets": presets_of(request.user),
        "instead_rows": rows,
        "has_instead": any(row["market"].value() for row in rows),
        "instead_markets": [each for each in markets if each.link_group == market.link_group],
    }
    return context | (answer(request, form, market, markets, traded, now) if form.is_valid() else {})


def answer(
    request: HttpRequest, form: TicketForm, market: Market, markets: list[Market], traded: Traded, now: datetime
) -> dict[str, Any]:
    """The engine's answer to a valid form, in words and numbers."""
    job = with_instead(job_of(form, market), request.GET, markets)
    outcome = weigh_job(job=job, participant=acting_participant(request), now=now)
    fixes = [
        (fix_words(fix, outcome), fix, _address(request, fix.fields)) for fix in find_fixes(outcome=outcome, now=now)
    ]
    instead = outcome.instead
    return {
        "outcome": outcome,
        "instead": instead,
        "instead_market": next((m for m in markets if instead and m.pk == instead.market_id), None),
        "verdict": verdict_of(outcome),
        "against_week": share_above(outcome.average_fen, traded.vwap_week_fen),
        "chart": job_chart(outcome),
        "start_columns": [
            (column, _address(request, {"start": column.hour, "flexibility": 0}))
            for column in ([] if outcome.breaks_rule or job.is_hourly else start_totals(outcome.request))
        ],
        "fixes": fixes,
        "send": sending_fields(outcome),
        "warnings": warnings_for(request.user, outcome.request, market),
        "back": request.GET.urlencode(),
        "limit_address": _address(request, {"price": "limit", "limit": form.data["limit"]}),
        "today": timezone.localtime(now),
    }


def with_instead(job: Job, data: QueryDict, markets: list[Market]) -> Job:
    """The job with what it would take instead, where it can have any."""
    if job.is_hourly or job.limit_fen is None:
        return job
    return replace(
        job,
        alternatives=alternatives_of(
            instead_rows(data),
            markets,
            start=job.start,
            flexibility=job.flexibility,
            limit_fen=job.limit_fen,
        ),
    )


def sending_fields(outcome: Outcome) -> dict[str, Any]:
    """The previewed order, field by field, as the button sends it."""
    sent = outcome.request
    return {
        "market": outcome.market.pk,
        "kind": int(sent.kind),
        "start": sent.start,
        "hours": sent.hours,
        "quantity": sent.quantity,
        "price_fen": sent.price_fen,
        "time_in_force": int(sent.time_in_force),
        "expires_at": sent.expires_at.isoformat() if sent.expires_at else "",
        "start_flexibility": sent.start_flexibility,
        "one_site": int(sent.one_site),
        "display_quantity": sent.display_quantity or "",
        "alternatives": written(sent.alternatives),
        "client_order_id": new_client_order_id(),
        "seen": seal_preview(sent, outcome.ticket),
    }


class SentOrder(forms.Form):
    """A previewed order as it comes back; the market's rules are checked where it is placed."""

    market = forms.IntegerField()
    kind = forms.TypedChoiceField(choices=[(int(k), k.name) for k in Kind], coerce=lambda v: Kind(int(v)))
    start = forms.IntegerField(min_value=0, max_value=10_000_000)
    hours = forms.IntegerField(min_value=1, max_value=HOURS_MAX)
    quantity = forms.IntegerField(min_value=1, max_value=QUANTITY_MAX)
    price_fen = forms.IntegerField(min_value=1, max_value=PRICE_FEN_MAX)
    time_in_force = forms.TypedChoiceField(
        choices=[(int(t), t.name) for t in TimeInForce], coerce=lambda v: TimeInForce(int(v))
    )
    expires_at = forms.DateTimeField(required=False)
    start_flexibility = forms.IntegerField(min_value=0, max_value=FLEXIBILITY_MAX)
    one_site = forms.IntegerField(min_value=0, max_value=1)
    display_quantity = forms.IntegerField(min_value=1, max_value=QUANTITY_MAX, required=False)
    alternatives = AlternativesField()
    client_order_id = forms.CharField(max_length=64)
    seen = forms.CharField(max_length=500)


@participant_required
def send_order(request: ActingRequest) -> HttpResponse:
    """Place the order that was previewed; refused, it goes back to the same ticket with the reason."""
    form = SentOrder(request.POST)
    back = f"{reverse('buy')}?{QueryDict(request.POST.get('back', '')).urlencode()}"
    if not form.is_valid():
        messages.error(request, _("The order arrived incomplete and was not sent. Preview it again."))
        return HttpResponseRedirect(back)
    data = form.cleaned_data
    order = OrderRequest(
        participant_id=request.participant.pk,
        market_id=data["market"],
        side=Side.BID,
        kind=data["kind"],
        start=data["start"],
        hours=data["hours"],
        quantity=data["quantity"],
        price_fen=data["price_fen"],
        time_in_force=data["time_in_force"],
        expires_at=data["expires_at"],
        start_flexibility=data["start_flexibility"],
        one_site=bool(data["one_site"]),
        display_quantity=data["display_quantity"],
        alternatives=data["alternatives"],
        client_order_id=data["client_order_id"],
    )
    now = timezone.now()
    try:
        if _unheeded(request, order):
            messages.error(
                request, _("This order is beyond your own limits. Tick that you have read it; nothing was sent.")
            )
            return HttpResponseRedirect(back)
        if moved := what_moved(data["seen"], order, now=now):
            messages.warning(request, moved)
            return HttpResponseRedirect(back)
        order_id = place_with_others(request=order, now=now)
    except PreviewChanged as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    except PERSON_ERRORS as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    messages.success(request, _("Bid accepted. The matcher takes it at once."))
    return HttpResponseRedirect(reverse("order", args=[order_id]))


def _unheeded(request: ActingRequest, order: OrderRequest) -> bool:
    """Whether the order is beyond the person's own limits and that was not ticked."""
    if request.POST.get("heeded"):
        return False
    market = Market.objects.filter(pk=order.market_id).first()
    return market is not None and bool(warnings_for(request.user, order, market))


def _address(request: HttpRequest, changes: dict[str, Any]) -> str:
    query = request.GET.copy()
    for key, value in changes.items():
        query[key] = str(value)
    return f"{reverse('buy')}?{query.urlencode()}"


def _whole(text: Any, default: int) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return default
