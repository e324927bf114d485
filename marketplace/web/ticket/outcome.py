"""What the ticket answers: the verdict, the numbers, the receipt, and what would change them.

`weigh_job` asks the engine (through `marketplace.trading.preview_order`, the same checks and the same engine as sending),
and `Outcome` says the answer. A job at the best price is previewed with the lowest limit that fills it now, rounded up to the
tick, and sent as exactly that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from billing.holds import InsufficientFunds
from billing.quote import Quote, quote_fills
from marketplace.errors import PersonError
from marketplace.trading import TicketPreview, preview_order
from marketplace.web.ticket.form import Job
from matching.engine.bounds import PRICE_FEN_MAX
from matching.engine.dtypes import Kind, Side, TimeInForce
from matching.halted import halt_of_hours
from matching.halts import active_halts
from matching.models import Halt, Market, Participant, Site
from matching.preview import Fill, WhyNot
from matching.preview import preview_order as preview_fills
from matching.rules import AlternativeRequest, OrderRequest, UnableToPlaceOrder

NOBODY = 0
"""The participant of a visitor's preview; no stored order is its own."""


WAITS = (TimeInForce.GTC, TimeInForce.GTD)
"""What is left of such a bid waits."""


@dataclass(frozen=True)
class Outcome:
    """The answer to one job."""

    job: Job
    request: OrderRequest  # what would be sent
    ticket: TicketPreview
    market: Market
    shown_fills: tuple[Fill, ...]  # what fills; for a limit too low, what the best average would fill
    site_names: dict[int, Site]

    @cached_property
    def halt(self) -> Halt | None:
        """What keeps its hours from trading, where nothing is short but trading itself."""
        why_not = self.why_not
        if why_not is None or why_not.short_fen is not None or why_not.missing:
            return None
        return halt_of_hours(active_halts([self.market.pk]), range(self.request.start, self.request.end))

    @property
    def error(self) -> PersonError | None:
        """Why it would be refused."""
        return self.ticket.error

    @property
    def why_not(self) -> WhyNot | None:
        """Why it does not fill in full."""
        return self.ticket.preview.why_not

    @property
    def fills(self) -> bool:
        """Everything fills at once."""
        return self.filled == self.job.accelerator_hours

    @property
    def partly(self) -> bool:
        """Some of it fills at once (hourly)."""
        return 0 < self.filled < self.job.accelerator_hours

    @property
    def filled(self) -> int:
        """Accelerator-hours that fill at once."""
        return self.ticket.preview.accelerator_hours

    @property
    def resting(self) -> int:
        """Accelerator-hours that would wait."""
        return 0 if self.request.time_in_force not in WAITS else self.job.accelerator_hours - self.filled

    @property
    def has_price(self) -> bool:
        """Whether there is something to pay: it fills, or it would wait at its limit."""
        return not self.breaks_rule and (self.filled > 0 or self.request.time_in_force in WAITS)

    @property
    def breaks_rule(self) -> bool:
        """Whether the market refuses it, whatever money there is."""
        return isinstance(self.error, UnableToPlaceOrder)

    @property
    def lacks_money(self) -> bool:
        """Whether paying in is all that it needs."""
        return isinstance(self.error, InsufficientFunds)

    @property
    def may_send(self) -> bool:
        """Whether it would be taken as it is."""
        return self.error is None and self.has_price

    @property
    def average_fen(self) -> int | None:
        """Average of what fills, rounded half up; of what would fill at the best average where the limit is too low."""
        quantity = sum(fill.quantity for fill in self.shown_fills)
        value_fen = sum(fill.quantity * fill.price_fen for fill in self.shown_fills)
        return (2 * value_fen + quantity) // (2 * quantity) if quantity else None

    @property
    def start(self) -> int | None:
        """When it starts, or would at the best average."""
        return self.shown_fills[0].hour if self.shown_fills else None

    @property
    def limit_fen(self) -> int:
        """The limit that is sent."""
        return self.request.price_fen or 0

    @property
    def dearest_fen(self) -> int:
        """The highest limit of the job and its alternatives: what is held for."""
        return max([self.limit_fen, *(each.price_fen for each in self.request.alternatives)])

    @property
    def instead(self) -> AlternativeRequest | None:
        """The alternative that would fill rather than the job as it stands."""
        place = self.ticket.preview.alternative
        return self.request.alternatives[place - 1] if place else None

    @cached_property
    def sites(self) -> list[Site]:
        """Where it is delivered, largest part first."""
        sizes: dict[int, int] = {}
        for fill in self.shown_fills:
            sizes[fill.site_id] = sizes.get(fill.site_id, 0) + fill.quantity
        return [self.site_names[i] for i in sorted(sizes, key=lambda i: (-sizes[i], i)) if i in self.site_names]

    @cached_property
    def quote(self) -> Quote:
        """Of what fills; where nothing does, of the whole job at its limit: the most that it can cost."""
        if self.filled:
            return self.ticket.quote
        return quote_fills(value_fen=self.dearest_fen * self.job.accelerator_hours, rates=self.ticket.rates)

    @property
    def quoted_hours(self) -> int:
        """Accelerator-hours that the receipt speaks of."""
        return self.filled or self.job.accelerator_hours

    @property
    def quoted_price_fen(self) -> int:
        """The receipt's price: the average of what fills, else the limit."""
        average = self.ticket.preview.average_fen
        return self.dearest_fen if average is None else average

    @property
    def comes_back_fen(self) -> int:
        """What is freed of the hold at once when everything fills; 0 where something waits."""
        return self.ticket.released_fen if self.fills else 0

    @property
    def after_hold_fen(self) -> int | None:
        """Available money after the hold."""
        available = self.ticket.available_fen
        return None if available is None else available - self.ticket.hold_fen

    def price_by_hour(self) -> dict[int, float]:
        """Average price of each hour that fills, in fen."""
        value: dict[int, int] = {}
        quantity: dict[int, int] = {}
        for fill in self.shown_fills:
            value[fill.hour] = value.get(fill.hour, 0) + fill.price_fen * fill.quantity
            quantity[fill.hour] = quantity.get(fill.hour, 0) + fill.quantity
        return {hour: value[hour] / quantity[hour] for hour in value}


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that makes the job fill, for a link: what changes in the form, and what it then costs."""

    change: str  # "limit", "any_site", "later", "fewer"
    fields: dict[str, str | int]
    average_fen: int
    start: int
    quote: Quote
    sites: tuple[Site, ...]


def weigh_job(*, job: Job, participant: Participant | None, now: datetime) -> Outcome:
    """Preview a job as it would be sent."""
    request = request_of(job, participant.pk if participant else NOBODY)
    if request.price_fen is None:
        request = with_best_limit(request, job.market, now)
    ticket = preview_order(request=request, now=now, signed_in=participant is not None)
    fills = ticket.preview.fills or fills_at_best_average(request, ticket.preview.why_not, job.market, now)
    ids = {fill.site_id for fill in fills}
    why_not = ticket.preview.why_not
    if why_not is not None and why_not.site_id is not None:
        ids.add(why_not.site_id)
    return Outcome(
        job=job,
        request=request,
        ticket=ticket,
        market=job.market,
        shown_fills=fills,
        site_names=Site.objects.in_bulk(ids) if ids else {},
    )


def request_of(job: Job, participant_id: int) -> OrderRequest:
    """The bid that a job means; its price stays open where the buyer wants the best one."""
    if job.limit_fen is None:
        time_in_force = TimeInForce.IOC if job.is_hourly else TimeInForce.FOK
    else:
        time_in_force = TimeInForce.GTC if job.until is None else TimeInForce.GTD
    return OrderRequest(
        participant_id=participant_id,
        market_id=job.market.pk,
        side=Side.BID,
        kind=Kind.HOURLY if job.is_hourly else Kind.BLOCK,
        start=job.start,
        hours=job.hours,
        quantity=job.accelerators,
        price_fen=job.limit_fen,
        time_in_force=time_in_force,
        expires_at=job.until,
        start_flexibility=job.flexibility,
        one_site=job.one_site,
        display_quantity=job.display,
        alternatives=job.alternatives,
    )


def with_best_limit(request: OrderRequest, market: Market, now: datetime) -> OrderRequest:
    """The request with the lowest limit that fills now what any limit would: a job's average, the hours' dearest fill.

    Where nothing would fill, the highest limit stands; such an order is shown and never sent.
    """
    highest_fen = PRICE_FEN_MAX // market.tick_fen * market.tick_fen
    found = preview_fills(request=replace(request, price_fen=highest_fen), now=now)
    if not found.fills:
        return replace(request, price_fen=highest_fen)
    if request.kind == Kind.HOURLY:
        return replace(request, price_fen=max(fill.price_fen for fill in found.fills))
    average_fen = -(-found.value_fen // found.accelerator_hours)
    return replace(request, price_fen=up_to_tick(average_fen, market))


def up_to_tick(price_fen: int, market: Market) -> int:
    """The next price of the market at or above `price_fen`: a price that would fill is rounded up."""
    return -(-price_fen // market.tick_fen) * market.tick_fen


def fills_at_best_average(
    request: OrderRequest, why_not: WhyNot | None, market: Market, now: datetime
) -> tuple[Fill, ...]:
    """What the job would fill at the lowest limit that fills it, to draw beside the limit that does not."""
    if why_not is None or why_not.best_average_fen is None:
        return ()
    enough = replace(request, price_fen=up_to_tick(why_not.best_average_fen, market))
    return preview_fills(request=enough, now=now).fills


def find_fixes(*, outcome: Outcome, now: datetime) -> list[Fix]:
    """At most three single changes, each of which makes the job fill now, tried with the engine itself."""
    job, why_not = outcome.job, outcome.why_not
    if outcome.fills or outcome.breaks_rule or why_not is None:
        return []
    if job.is_hourly:
        return _hourly_fixes(outcome, now)
    changes: list[tuple[str, Job, dict[str, str | int]]] = []
    if why_not.best_average_fen is None:
        if job.one_site:
            changes.append(("any_site", replace(job, one_site=False), {"placement": "any_site"}))
        most = max((lack.available for lack in why_not.lacks), default=0)
        least = min((lack.available for lack in why_not.lacks), default=0)
        if 0 < least <= most:
            changes.append(("fewer", replace(job, accelerators=least), {"accelerators": least}))
    else:
        limit_fen = up_to_tick(why_not.best_average_fen, job.market)
        text = f"{limit_fen // 100}.{limit_fen % 100:02}"
        changes.append(("limit", replace(job, limit_fen=limit_fen), {"price": "limit", "limit": text}))
        if job.one_site:
            changes.append(("any_site", replace(job, one_site=False), {"placement": "any_site"}))
    later = min(job.flexibility + 24, 168)
    if later > job.flexibility:
        changes.append(("later", replace(job, flexibility=later), {"flexibility": later}))
    fixes = (_fix(change, changed, fields, outcome, now) for change, changed, fields in changes)
    return [fix for fix in fixes if fix is not None][:3]


def _hourly_fixes(outcome: Outcome, now: datetime) -> list[Fix]:
    """The limit at which every hour fills now, where there is one."""
    job = outcome.job
    if job.limit_fen is None:
        return []
    at_best = request_of(replace(job, limit_fen=None), outcome.request.participant_id)
    enough_fen = with_best_limit(at_best, job.market, now).price_fen or 0
    if enough_fen <= job.limit_fen:
        return []
    text = f"{enough_fen // 100}.{enough_fen % 100:02}"
    found = _fix("limit", replace(job, limit_fen=enough_fen), {"price": "limit", "limit": text}, outcome, now)
    return [found] if found else []


def _fix(change: str, job: Job, fields: dict[str, str | int], outcome: Outcome, now: datetime) -> Fix | None:
    """The change if it fills; at the job's own limit, or at the best price where it has none."""
    request = request_of(job, outcome.request.participant_id)
    if request.price_fen is None:
        request = with_best_limit(request, job.market, now)
    preview = preview_fills(request=request, now=now)
    if preview.accelerator_hours != job.accelerator_hours or preview.average_fen is None:
        return None
    sites = Site.objects.in_bulk({fill.site_id for fill in preview.fills})
    return Fix(
        change=change,
        fields=fields,
        average_fen=preview.average_fen,
        start=preview.fills[0].hour,
        quote=quote_fills(value_fen=preview.value_fen, rates=outcome.ticket.rates),
        sites=tuple(sites.values()),
    )
