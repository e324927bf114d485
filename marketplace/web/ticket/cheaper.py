"""Cheaper ways to do the same work: later, at any site, in another hub, on another class of the same TFLOPS; each tried with the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from billing.quote import Quote, quote_fills
from marketplace.web.templatetags.hours import hour_text
from marketplace.web.templatetags.names import named
from marketplace.web.templatetags.numbers import money, plain_yuan
from marketplace.web.ticket.form import ANY_SITE, Job
from marketplace.web.ticket.outcome import Outcome, request_of, up_to_tick
from marketplace.web.ticket.words import sites_text
from matching.engine.bounds import FLEXIBILITY_MAX, PRICE_FEN_MAX
from matching.engine.dtypes import Kind, TimeInForce
from matching.hours import first_open_hour
from matching.models import ComputeClass, Market, Site
from matching.preview import Preview
from matching.preview import preview_order as preview_fills

WAYS_SHOWN = 3
LATER_HOURS = (6, 24)
PLACES_MAX = 3
"""Other hubs and other classes that are tried, each; so the statements of a preview do not grow with the markets."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way that costs less, for a link: what changes in the form, and what it then costs and saves."""

    change: str  # "later", "any_site", "any_site_later", "hub", "class"
    job: Job
    fields: dict[str, str | int]
    preview: Preview
    quote: Quote
    saving_fen: int
    share: float  # of what the job costs as it stands
    sites: tuple[Site, ...]


def find_cheaper_ways(*, outcome: Outcome, markets: Sequence[Market], now: datetime) -> tuple[list[Way], int]:
    """Return at most three ways that fill at once for less than the job as it stands, and how many were tried.

    The largest saving first, one of each kind. A job that does not fill has no price to save on and finds none; its fixes say more.
    """
    if not outcome.fills or outcome.breaks_rule:
        return [], 0
    tried = 0
    best: dict[str, Way] = {}
    for change, job, fields in _changes(outcome.job, markets, now):
        tried += 1
        way = _way(change, job, fields, outcome, now)
        if way is not None and (change not in best or way.saving_fen > best[change].saving_fen):
            best[change] = way
    simpler = [best[change].saving_fen for change in ("later", "any_site") if change in best]
    if "any_site_later" in best and best["any_site_later"].saving_fen <= max(simpler, default=0):
        del best["any_site_later"]  # two changes that save no more than one of them
    ways = sorted(best.values(), key=lambda way: -way.saving_fen)
    return _with_sites(ways[:WAYS_SHOWN]), tried


def _changes(job: Job, markets: Sequence[Market], now: datetime) -> Iterator[tuple[str, Job, dict[str, str | int]]]:
    for hours in LATER_HOURS:
        if job.is_hourly:
            yield "later", replace(job, start=job.start + hours), {"start": job.start + hours}
        elif job.flexibility + hours <= FLEXIBILITY_MAX:
            later = job.flexibility + hours
            yield "later", replace(job, flexibility=later), {"flexibility": later}
            if job.one_site:
                changed = replace(job, flexibility=later, one_site=False)
                yield "any_site_later", changed, {"flexibility": later, "placement": ANY_SITE}
    if job.one_site:
        yield "any_site", replace(job, one_site=False), {"placement": ANY_SITE}
    yield from _elsewhere(job, markets, now)


def _elsewhere(job: Job, markets: Sequence[Market], now: datetime) -> Iterator[tuple[str, Job, dict[str, str | int]]]:
    here = job.market
    open_then = [m for m in markets if m.pk != here.pk and first_open_hour(m, now) <= job.start + job.flexibility]
    for market in [m for m in open_then if m.compute_class_id == here.compute_class_id][:PLACES_MAX]:
        if job.accelerators % market.lot == 0:
            yield "hub", replace(job, market=market), {"hub": market.hub.slug}
    tflops = here.compute_class.bf16_tflops
    others: dict[int, Market] = {}
    for market in sorted(open_then if tflops else [], key=lambda m: m.hub_id != here.hub_id):
        if market.compute_class_id != here.compute_class_id and market.compute_class.bf16_tflops:
            others.setdefault(market.compute_class_id, market)
    for market in list(others.values())[:PLACES_MAX]:
        needed = -(-job.accelerators * (tflops or 0) // (market.compute_class.bf16_tflops or 1))
        count = -(-needed // market.lot) * market.lot
        yield (
            "class",
            replace(job, market=market, accelerators=count),
            {"compute_class": market.compute_class.slug, "hub": market.hub.slug, "accelerators": count},
        )


def _way(change: str, job: Job, fields: dict[str, str | int], outcome: Outcome, now: datetime) -> Way | None:
    request = request_of(replace(job, alternatives=()), outcome.request.participant_id)
    tick_fen = job.market.tick_fen
    request = replace(
        request,
        price_fen=PRICE_FEN_MAX // tick_fen * tick_fen,
        time_in_force=TimeInForce.IOC if request.kind == Kind.HOURLY else TimeInForce.FOK,
        expires_at=None,
        display_quantity=None,
    )
    preview = preview_fills(request=request, now=now)
    if preview.accelerator_hours != job.accelerator_hours or preview.average_fen is None:
        return None
    quote = quote_fills(value_fen=preview.value_fen, rates=outcome.ticket.rates)
    saving_fen = outcome.quote.total_fen - quote.total_fen
    if saving_fen <= 0:
        return None
    if job.limit_fen is not None:
        highest = -(-preview.value_fen // preview.accelerator_hours)
        if job.is_hourly:
            highest = max(fill.price_fen for fill in preview.fills)
        fields = {**fields, "limit": plain_yuan(up_to_tick(highest, job.market))}
    share = saving_fen / outcome.quote.total_fen
    return Way(change, job, fields, preview, quote, saving_fen, share, ())


def _with_sites(ways: list[Way]) -> list[Way]:
    sites = Site.objects.in_bulk({fill.site_id for way in ways for fill in way.preview.fills}) if ways else {}
    return [
        replace(way, sites=tuple(sites[pk] for pk in dict.fromkeys(fill.site_id for fill in way.preview.fills)))
        for way in ways
    ]


def way_words(way: Way, before: Job) -> tuple[str, str, str]:
    """A way's title, its sentence, and what is given up for the saving."""
    job, start = way.job, way.preview.fills[0].hour
    values = {"sites": sites_text(list(way.sites)), "start": hour_text(start), "price": money(way.preview.average_fen)}
    sentence = _("%(sites)s, from %(start)s. Average %(price)s.") % values
    no_link = _("No fast link between sites.") if len(way.sites) > 1 and before.one_site else ""
    after = (start if job.is_hourly or way.change.endswith("later") else before.start) - before.start
    wait = _("Delivery begins %(hours)s h after your earliest start.") % {"hours": after} if after > 0 else ""
    if way.change == "hub":
        return _("In %(hub)s") % {"hub": named(job.market.hub)}, sentence, _("Another delivery hub.")
    if way.change == "class":
        theirs, ours = job.market.compute_class, before.market.compute_class
        facts = {
            "n": f"{job.accelerators:,}",
            "class": theirs.slug,
            "theirs": _memory_gb(theirs, job.accelerators),
            "ours": _memory_gb(ours, before.accelerators),
        }
        title = _("%(n)s × %(class)s") % facts
        hub = "" if job.market.hub_id == before.market.hub_id else _("In %(hub)s.") % {"hub": named(job.market.hub)}
        given_up = _("The same TFLOPS; %(theirs)s GB of memory in all instead of %(ours)s.") % facts
        return title, sentence, f"{given_up} {hub}".strip()
    later = after if job.is_hourly else job.flexibility - before.flexibility
    title = {
        "later": _("Up to %(hours)s h later") % {"hours": later},
        "any_site": _("At any site"),
        "any_site_later": _("At any site, up to %(hours)s h later") % {"hours": later},
    }[way.change]
    return title, sentence, f"{wait} {no_link}".strip()


def _memory_gb(compute_class: ComputeClass, accelerators: int) -> str:
    return "—" if compute_class.memory_gb is None else f"{compute_class.memory_gb * accelerators:,}"
