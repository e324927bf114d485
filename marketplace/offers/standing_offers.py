"""Standing offers: rules that list a site's hours as they come into reach, each hour once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.period import DAY_OFFSET, HOURS_A_DAY, day_of
from marketplace.offers.models import PriceCurve, StandingOffer
from marketplace.offers.models.standing_offer import DAYS_AHEAD_MAX
from marketplace.offers.price_curves import own_curve, price_runs
from marketplace.offers.publish import Listing, publish_offers
from marketplace.offers.refusal import NotYours, UnableToOffer
from matching.cancel import cancel_orders
from matching.changes import fields_of, record_change
from matching.entry import UnableToPlaceOrder
from matching.hours import first_open_hour, hour_of
from matching.inbox import ExchangeBusy
from matching.models import Market, Order
from matching.service import free_hours

FIELDS = ("name", "curve_id", "quantity", "display_quantity", "days_ahead", "from_clock", "hours_a_day")


class StandingOfferMalformed(UnableToOffer):
    code = "standing_offer_malformed"
    sentence = _("%(name)s must be between %(low)s and %(high)s.")


class StandingOfferEnded(UnableToOffer):
    code = "standing_offer_ended"
    sentence = _("This standing offer has ended. Make a new one.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NextListing:
    """What a rule lists when it next looks: its listings, until where, and hours that it finds too little free in."""

    listings: Sequence[Listing]
    start: int  # first hour that it looks at
    until: int  # delivery hour
    short_hours: int  # of them, with less free than the rule would list

    @property
    def accelerator_hours(self) -> int:
        return sum(listing.quantity * listing.hours for listing in self.listings)

    @property
    def low_fen(self) -> int | None:
        return min((listing.price_fen for listing in self.listings), default=None)

    @property
    def high_fen(self) -> int | None:
        return max((listing.price_fen for listing in self.listings), default=None)


@transaction.atomic
def save_standing_offer(
    *,
    provider_id: int,
    standing_id: int | None,
    name: str,
    curve_id: int,
    quantity: int,
    days_ahead: int,
    from_clock: int = 0,
    hours_a_day: int = 24,
    display_quantity: int | None = None,
    by: str,
    now: datetime,
) -> StandingOffer:
    """Keep a rule; what it has listed stays as it is. Raises NotYours, StandingOfferMalformed, StandingOfferEnded."""
    curve = own_curve(curve_id=curve_id, provider_id=provider_id)
    _check(curve, quantity, days_ahead, from_clock, hours_a_day, display_quantity)
    rule = StandingOffer(created_at=now) if standing_id is None else own_rule(standing_id, provider_id)
    if rule.state == StandingOffer.State.ENDED:
        raise StandingOfferEnded()
    if rule.pk and rule.site_id != curve.site_id:
        # It has listed hours of its own site; another site is another rule.
        raise NotYours(field="curve")
    before = fields_of(rule, FIELDS) if rule.pk else {}
    rule.site, rule.curve, rule.name = curve.site, curve, name.strip()[:60] or curve.name
    rule.quantity, rule.display_quantity = quantity, display_quantity
    rule.days_ahead, rule.from_clock, rule.hours_a_day = days_ahead, from_clock, hours_a_day
    rule.problem = ""
    rule.save()
    record_change(
        who=by, what="standing_offer.save", on=rule, before=before, after=fields_of(rule, FIELDS), now=now,
        participant_id=provider_id,
    )  # fmt: skip
    return rule


@transaction.atomic
def pause_standing_offer(*, provider_id: int, standing_id: int, by: str, now: datetime) -> StandingOffer:
    """Let a rule list nothing more until it goes on; what it has listed stays. Raises NotYours, StandingOfferEnded."""
    return _move(provider_id, standing_id, StandingOffer.State.PAUSED, by, now)


@transaction.atomic
def resume_standing_offer(*, provider_id: int, standing_id: int, by: str, now: datetime) -> StandingOffer:
    """Let a paused rule go on where it stopped, from the first hour that still trades. Raises NotYours, StandingOfferEnded."""
    return _move(provider_id, standing_id, StandingOffer.State.ACTIVE, by, now)


@transaction.atomic
def end_standing_offer(*, provider_id: int, standing_id: int, withdraw: bool, by: str, now: datetime) -> int:
    """End a rule for good; `withdraw` takes back what it has listed and not sold. Returns how many offers that concerns.

    Raises NotYours, StandingOfferEnded.
    """
    rule = _move(provider_id, standing_id, StandingOffer.State.ENDED, by, now)
    if not withdraw:
        return 0
    live = Order.objects.filter(offer__standing=rule, state__in=(Order.State.PENDING, Order.State.OPEN))
    ids = list(live.order_by("id").values_list("pk", flat=True))
    cancel_orders(participant_id=provider_id, order_ids=ids, now=now)
    return len(ids)


def renew_standing_offers(*, now: datetime) -> int:
    """Let every rule list what has come into its reach; returns how many offers that made. What one cannot do stops no other."""
    today = day_of(hour_of(now))[0]
    rules = StandingOffer.objects.filter(state=StandingOffer.State.ACTIVE).order_by("id")
    # A rule reaches the end of its last day; the market's horizon may stop it earlier, which costs a look a minute.
    due = rules.filter(Q(listed_until=None) | Q(listed_until__lt=today + DAYS_AHEAD_MAX * HOURS_A_DAY + HOURS_A_DAY))
    made = 0
    for standing_id, until, days_ahead in due.values_list("pk", "listed_until", "days_ahead"):
        if until is None or until < today + (days_ahead + 1) * HOURS_A_DAY:
            made += renew_standing_offer(standing_id=standing_id, now=now)
    return made


def renew_standing_offer(*, standing_id: int, now: datetime) -> int:
    """Let one rule list what has come into its reach, in one transaction with the note of how far it has come.

    Returns how many offers that made. A second run at the same time passes over the rule; what the market refuses is
    kept in `problem` and tried again.
    """
    try:
        return _renew(standing_id, now)
    except (UnableToPlaceOrder, ExchangeBusy) as error:
        StandingOffer.objects.filter(pk=standing_id).update(problem=str(error)[:300])
        return 0


@transaction.atomic
def _renew(standing_id: int, now: datetime) -> int:
    rules = StandingOffer.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "site__market", "curve"
    )
    rule = rules.filter(pk=standing_id, state=StandingOffer.State.ACTIVE).first()
    if rule is None:
        return 0
    plan = next_listing(rule=rule, now=now)
    if plan.until <= plan.start:
        return 0
    offers = publish_offers(listings=plan.listings, standing_id=rule.pk, now=now) if plan.listings else []
    rule.listed_until, rule.renewed_at, rule.problem = plan.until, now, ""
    rule.save(update_fields=["listed_until", "renewed_at", "problem"])
    return len(offers)


def next_listing(*, rule: StandingOffer, now: datetime, free: Mapping[int, int] | None = None) -> NextListing:
    """Return what a rule would list at `now`; one statement, none where nothing is in reach or `free` is known by hour."""
    market = rule.site.market
    start = max(rule.listed_until or 0, first_open_hour(market, now))
    until = reach_of(rule=rule, market=market, now=now)
    if start >= until:
        return NextListing(listings=(), start=until, until=until, short_hours=0)
    if free is None:
        free = free_hours(site=rule.site, start=start, end=until)
    hours_in_reach = (hour for hour in range(start, until) if covers(rule, hour))
    wanted = {hour: free.get(hour, rule.site.accelerators) // market.lot * market.lot for hour in hours_in_reach}
    runs = price_runs(curve=rule.curve, quantities=wanted, most=rule.quantity)
    listings = [
        Listing(
            provider_id=rule.site.provider_id,
            site_id=rule.site_id,
            start=first,
            hours=hours,
            quantity=quantity,
            price_fen=price_fen,
            display_quantity=rule.display_quantity if (rule.display_quantity or quantity) < quantity else None,
            reference=rule.name,
        )
        for first, hours, quantity, price_fen in runs
    ]
    short = sum(quantity < rule.quantity for quantity in wanted.values())
    return NextListing(listings=listings, start=start, until=until, short_hours=short)


def reach_of(*, rule: StandingOffer, market: Market, now: datetime) -> int:
    """Return the delivery hour up to which a rule lists at `now`: the end of its last Beijing day, within the market's horizon."""
    end = day_of(hour_of(now))[0] + (rule.days_ahead + 1) * HOURS_A_DAY
    return min(end, hour_of(now) + market.horizon_hours)


def covers(rule: StandingOffer, hour: int) -> bool:
    """Say whether a rule lists this hour of its day; its hours may run past midnight."""
    clock = (hour + DAY_OFFSET) % HOURS_A_DAY
    return (clock - rule.from_clock) % HOURS_A_DAY < rule.hours_a_day


def own_rule(standing_id: int, provider_id: int) -> StandingOffer:
    """Lock and return one of the provider's rules; raises NotYours."""
    rules = StandingOffer.objects.select_for_update(of=("self",)).select_related("site__market", "curve")
    rule = rules.filter(pk=standing_id, site__provider_id=provider_id).first()
    if rule is None:
        raise NotYours()
    return rule


def _move(provider_id: int, standing_id: int, state: StandingOffer.State, by: str, now: datetime) -> StandingOffer:
    rule = own_rule(standing_id, provider_id)
    if rule.state == StandingOffer.State.ENDED:
        raise StandingOfferEnded()
    before = str(rule.state)
    rule.state, rule.problem = state, ""
    rule.save(update_fields=["state", "problem"])
    record_change(
        who=by, what=f"standing_offer.{state}", on=rule, before={"state": before}, after={"state": str(state)}, now=now,
        participant_id=provider_id,
    )  # fmt: skip
    return rule


def _check(
    curve: PriceCurve, quantity: int, days_ahead: int, from_clock: int, hours_a_day: int, display_quantity: int | None
) -> None:
    lot = curve.site.market.lot
    bounds = (
        ("quantity", quantity, lot, curve.site.accelerators, _("The quantity")),
        ("days_ahead", days_ahead, 1, DAYS_AHEAD_MAX, _("Days ahead")),
        ("from_clock", from_clock, 0, 23, _("The first hour of the day")),
        ("hours_a_day", hours_a_day, 1, 24, _("Hours a day")),
    )
    for field, value, low, high, name in bounds:
        if not low <= value <= high:
            raise StandingOfferMalformed(field=field, name=name, low=low, high=high)
    if quantity % lot:
        raise StandingOfferMalformed(field="quantity", name=_("The quantity"), low=lot, high=quantity // lot * lot)
    if display_quantity is not None:
        low = -(-quantity // 100)
        if not low <= display_quantity <= quantity or display_quantity % lot:
            raise StandingOfferMalformed(
                field="display_quantity", name=_("The shown quantity"), low=max(low, lot), high=quantity
            )
