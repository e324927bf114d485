"""A market as its operators see it: its terms, its band, and the state of each contract to come."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.operations.market_forms import ChangeTermsForm, OpenMarketForm
from marketplace.web.operations.reference_form import ReferenceForm
from marketplace.web.templatetags.hours import day_text, local
from matching.engine.dtypes import ContractState
from matching.halts import active_halts
from matching.hours import first_open_hour
from matching.models import Contract, Halt, Market, Reference
from matching.opening import ChangingTerms, FixedTerms

DAYS_SHOWN = 7
REFERENCES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class CalendarHour:
    """One contract to come."""

    hour: int
    state: str  # open, halted or collecting
    contract: Contract | None

    @property
    def column(self) -> int:
        """Its place in the row of its day, from 1."""
        return local(self.hour).hour + 1


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def market_terms(request: ActingRequest, symbol: str) -> HttpResponse:
    """A market's terms, its references and its calendar."""
    market = get_object_or_404(Market.objects.select_related("compute_class", "hub"), symbol=symbol)
    now = timezone.now()
    sets_reference = request.POST.get("do") == "reference"
    terms = {name: getattr(market, name) for name in asdict(ChangingTerms())}
    form = ChangeTermsForm(None if sets_reference else request.POST or None, initial=terms)
    reference = ReferenceForm(
        request.POST if sets_reference else None,
        initial={"price_fen": market.reference_price_fen, "band_bps": market.protection_band_bps},
        prefix="reference",
    )
    if request.method == "POST":
        by = request.user.email
        acted: ChangeTermsForm | ReferenceForm = reference if sets_reference else form
        if acted.is_valid() and acted.change(market, by=by, now=now):
            messages.success(request, _("Changed, for orders from now on."))
            return redirect("operations_market", symbol=symbol)
    context = {
        "market": market,
        "form": form,
        "reference_form": reference,
        "days": calendar_of(market, now),
        "references": Reference.objects.filter(market=market)[:REFERENCES_SHOWN],
    }
    return render(request, "operations/market.html", context, status=422 if form.errors or reference.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def market_new(request: ActingRequest) -> HttpResponse:
    """Open a market."""
    form = OpenMarketForm(request.POST or None, initial={**asdict(FixedTerms()), **asdict(ChangingTerms())})
    if request.method == "POST" and form.is_valid():
        market = form.open(by=request.user.email, now=timezone.now())
        if market is not None:
            messages.success(request, _("%(market)s is open.") % {"market": market.symbol})
            return redirect("operations_market", symbol=market.symbol)
    context = {
        "form": form,
        "title": _("Open a market"),
        "act": _("Open it"),
        "lead": _("Its books take orders from then on; sites can be registered for it at once."),
    }
    return render(request, "operations/step.html", context, status=422 if form.errors else 200)


def calendar_of(market: Market, now: datetime) -> list[tuple[str, list[CalendarHour]]]:
    """The contracts of the next days by day; two statements."""
    first = first_open_hour(market, now)
    hours = range(first, first + min(DAYS_SHOWN * 24, market.horizon_hours))
    contracts = {c.hour: c for c in Contract.objects.filter(market=market, hour__gte=hours[0], hour__lte=hours[-1])}
    halts = active_halts([market.pk])
    cells = [CalendarHour(hour, _state_of(hour, halts), contracts.get(hour)) for hour in hours]
    return [(day, list(group)) for day, group in groupby(cells, key=lambda cell: day_text(local(cell.hour)))]


def _state_of(hour: int, halts: list[Halt]) -> str:
    states = {
        halt.state
        for halt in halts
        if halt.hour is None or halt.hours is None or halt.hour <= hour < halt.hour + halt.hours
    }
    if ContractState.HALTED in states:
        return "halted"
    return "collecting" if ContractState.COLLECTING in states else "open"
