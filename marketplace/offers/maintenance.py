"""Maintenance windows: hours in which accelerators of a site are out of service and cannot be sold.

What is sold stands. Own asks that need the accelerators are withdrawn, and what of them lies outside is listed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from marketplace.offers.models import Maintenance, Withdrawal
from marketplace.offers.publish import Listing, publish_offers
from marketplace.offers.refusal import NotYours, UnableToOffer
from matching.cancel import cancel_orders
from matching.changes import fields_of, record_change
from matching.engine.bounds import HOURS_MAX
from matching.entry import LIVE, UnableToPlaceOrder
from matching.hours import first_open_hour, hour_of, moment_of
from matching.inbox import ExchangeBusy
from matching.models import Order, Site, Trade
from matching.service import ServiceHour, change_out_of_service, free_hours, lock_hours


class MaintenanceMalformed(UnableToOffer):
    code = "maintenance_malformed"
    sentence = _("%(name)s must be between %(low)s and %(high)s.")


class MaintenanceTooLate(UnableToOffer):
    code = "maintenance_too_late"
    field = "start"
    sentence = _("These hours trade no more. The first that can still be taken out of sale starts at %(first)s.")


class HoursAreSold(UnableToOffer):
    """Some hours are sold; `hours` tells each with the accelerators that are sold and those that would be left."""

    code = "hours_are_sold"
    field = "start"
    sentence = _(
        "%(count)s hours are sold: from %(start)s on %(sold)s accelerators are due, and only %(left)s would be in service. "
        "Choose other hours, or fewer accelerators."
    )

    def __init__(self, *, hours: Sequence[tuple[int, int, int]]) -> None:
        hour, sold, left = hours[0]
        super().__init__(count=len(hours), start=moment_of(hour), sold=sold, left=left)
        self.hours = hours


class AlreadyOutOfService(UnableToOffer):
    code = "already_out_of_service"
    field = "accelerators"
    sentence = _("%(out)s of %(installed)s accelerators are out of service already in the hour from %(start)s.")


class MaintenanceOver(UnableToOffer):
    code = "maintenance_over"
    sentence = _("This maintenance is over or has been called off.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MaintenancePlan:
    """What a maintenance would do: the asks that it withdraws, newest first, and how many hours it takes out of sale."""

    site: Site
    start: int
    hours: int
    accelerators: int
    asks: Sequence[Order]

    @property
    def open_accelerator_hours(self) -> int:
        """Of the asks withdrawn, in these hours."""
        ends = range(self.start, self.start + self.hours)
        return sum(open_ for ask in self.asks for hour, open_ in enumerate(ask.open, ask.start) if hour in ends)


@transaction.atomic
def check_maintenance(
    *, provider_id: int, site_id: int, start: int, hours: int, accelerators: int, now: datetime
) -> MaintenancePlan:
    """Say what a maintenance would do, and do nothing. Raises what `plan_maintenance` raises."""
    plan = _plan(provider_id, site_id, start, hours, accelerators, now)
    transaction.set_rollback(True)
    return plan


@transaction.atomic
def plan_maintenance(
    *,
    provider_id: int,
    site_id: int,
    start: int,
    hours: int,
    accelerators: int,
    reason: str = "",
    by: str,
    now: datetime,
) -> Maintenance:
    """Take accelerators out of service in `[start, start + hours)` and withdraw the own asks that need them.

    From the commit on no ask can commit them, whatever is asked at the same time. Raises NotYours, MaintenanceMalformed,
    MaintenanceTooLate, AlreadyOutOfService, HoursAreSold.
    """
    plan = _plan(provider_id, site_id, start, hours, accelerators, now)
    window = Maintenance.objects.create(
        site=plan.site, start=start, hours=hours, accelerators=accelerators, reason=reason.strip()[:200], created_at=now
    )
    change_out_of_service(site=plan.site, hours=range(start, start + hours), by=accelerators)
    sold = _sold_by_hour(plan.asks)
    Withdrawal.objects.bulk_create(
        Withdrawal(
            maintenance=window,
            order=ask,
            accelerators=[open_ + sold.get((ask.pk, hour), 0) for hour, open_ in enumerate(ask.open, ask.start)],
        )
        for ask in plan.asks
    )
    cancel_orders(participant_id=provider_id, order_ids=[ask.pk for ask in plan.asks], now=now)
    record_change(
        who=by, what="maintenance.plan", on=window, now=now, participant_id=provider_id,
        after={**fields_of(window, ("site_id", "start", "hours", "accelerators", "reason")),
               "withdrawn": [ask.pk for ask in plan.asks]},
    )  # fmt: skip
    return window


@transaction.atomic
def cancel_maintenance(*, provider_id: int, maintenance_id: int, by: str, now: datetime) -> Maintenance:
    """Call a maintenance off: its hours that have not begun can be listed again. Raises NotYours, MaintenanceOver."""
    windows = Maintenance.objects.select_for_update(of=("self",)).select_related("site__market")
    window = windows.filter(pk=maintenance_id, site__provider_id=provider_id).first()
    if window is None:
        raise NotYours()
    first = max(window.start, hour_of(now) + 1)
    if window.state != Maintenance.State.PLANNED or first >= window.end:
        raise MaintenanceOver()
    lock_hours(site=window.site, start=first, end=window.end)
    change_out_of_service(site=window.site, hours=range(first, window.end), by=-window.accelerators)
    window.state = Maintenance.State.CANCELLED
    window.save(update_fields=["state"])
    record_change(
        who=by, what="maintenance.cancel", on=window, before={"state": "planned"}, after={"state": "cancelled"}, now=now,
        participant_id=provider_id,
    )  # fmt: skip
    return window


def list_again(*, now: datetime) -> int:
    """List again what lay outside of withdrawn asks that the matcher has cancelled by now; returns how many were looked at."""
    waiting = Withdrawal.objects.filter(listed_again_at=None).exclude(order__state__in=LIVE).order_by("id")
    done = 0
    for withdrawal_id in list(waiting.values_list("pk", flat=True)):
        try:
            done += _list_one_again(withdrawal_id, now)
        except ExchangeBusy:
            break
        except UnableToPlaceOrder as error:
            Withdrawal.objects.filter(pk=withdrawal_id, listed_again_at=None).update(
                listed_again_at=now, problem=str(error)[:300]
            )
            done += 1
    return done


@transaction.atomic
def _list_one_again(withdrawal_id: int, now: datetime) -> int:
    found = Withdrawal.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=withdrawal_id)
    withdrawal = (
        found.select_related("order__market", "order__site", "order__offer").filter(listed_again_at=None).first()
    )
    if withdrawal is None:
        return 0
    order = withdrawal.order
    site = order.site
    assert site is not None
    sold = _sold_by_hour([order])
    first = first_open_hour(order.market, now)
    left = {
        hour: total - sold.get((order.pk, hour), 0)
        for hour, total in enumerate(withdrawal.accelerators, order.start)
        if hour >= first
    }
    if left and (listings := _listings(order, site, left)):
        publish_offers(listings=listings, now=now)
    withdrawal.listed_again_at = now
    withdrawal.save(update_fields=["listed_again_at"])
    return 1


def _listings(order: Order, site: Site, left: Mapping[int, int]) -> list[Listing]:
    """What is left of a withdrawn ask and still free, as listings of consecutive hours with the same quantity."""
    free = free_hours(site=site, start=min(left), end=max(left) + 1)
    lot = order.market.lot
    runs: list[tuple[int, int, int]] = []
    for hour in sorted(left):
        quantity = min(left[hour], free[hour]) // lot * lot
        if quantity <= 0:
            continue
        if runs and runs[-1][0] + runs[-1][1] == hour and runs[-1][2] == quantity:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, quantity)
        else:
            runs.append((hour, 1, quantity))
    shown = order.display_quantity
    return [
        Listing(
            provider_id=site.provider_id,
            site_id=site.pk,
            start=start,
            hours=hours,
            quantity=quantity,
            price_fen=order.price_fen or 0,
            display_quantity=shown if shown is not None and shown < quantity else None,
            expires_at=order.expires_at,
            reference=order.offer.reference if hasattr(order, "offer") else "",
        )
        for start, hours, quantity in runs
    ]


def _plan(provider_id: int, site_id: int, start: int, hours: int, accelerators: int, now: datetime) -> MaintenancePlan:
    site = Site.objects.select_related("market").filter(pk=site_id, provider_id=provider_id).first()
    if site is None:
        raise NotYours(field="site")
    for field, value, high, name in (
        ("hours", hours, HOURS_MAX, _("The length in hours")),
        ("accelerators", accelerators, site.accelerators, _("Accelerators out of service")),
    ):
        if not 1 <= value <= high:
            raise MaintenanceMalformed(field=field, name=name, low=1, high=high)
    first = first_open_hour(site.market, now)
    if not first <= start <= hour_of(now) + site.market.horizon_hours:
        raise MaintenanceTooLate(first=moment_of(first))
    rows = lock_hours(site=site, start=start, end=start + hours)
    for row in rows:
        if row.out_of_service + accelerators > row.capacity:
            raise AlreadyOutOfService(out=row.out_of_service, installed=row.capacity, start=moment_of(row.hour))
    asks = list(
        Order.objects.filter(site=site, participant_id=provider_id, state__in=LIVE, start__lt=start + hours)
        .filter(start__gt=start - HOURS_MAX)
        .select_related("market__compute_class", "market__hub", "site")
        .order_by("-id")
    )
    return MaintenancePlan(
        site=site, start=start, hours=hours, accelerators=accelerators, asks=_in_the_way(rows, asks, accelerators)
    )


def _in_the_way(rows: Sequence[ServiceHour], asks: Sequence[Order], accelerators: int) -> list[Order]:
    """Return the asks to withdraw, newest first, as few as do; raises HoursAreSold where that is not enough."""
    excess = {row.hour: row.committed + row.out_of_service + accelerators - row.capacity for row in rows}
    by_hour = {row.hour: row for row in rows}
    withdrawn = []
    for ask in asks:
        open_ = {hour: quantity for hour, quantity in enumerate(ask.open, ask.start) if quantity and hour in excess}
        if not any(excess[hour] > 0 for hour in open_):
            continue
        withdrawn.append(ask)
        for hour, quantity in open_.items():
            excess[hour] -= quantity
    sold = [
        (hour, by_hour[hour].capacity - by_hour[hour].out_of_service - accelerators + over,
         max(by_hour[hour].capacity - by_hour[hour].out_of_service - accelerators, 0))
        for hour, over in sorted(excess.items())
        if over > 0
    ]  # fmt: skip
    if sold:
        raise HoursAreSold(hours=sold)
    return withdrawn


def _sold_by_hour(orders: Sequence[Order]) -> dict[tuple[int, int], int]:
    """What each ask has sold, by order and hour."""
    sold: dict[tuple[int, int], int] = {}
    trades = Trade.objects.filter(ask__in=[order.pk for order in orders]).order_by()
    sums = trades.values("ask_id", "start", "hours").annotate(total=Coalesce(Sum("quantity"), 0))
    for row in sums.values_list("ask_id", "start", "hours", "total"):
        order_id, start, hours, quantity = row
        for hour in range(start, start + hours):
            sold[order_id, hour] = sold.get((order_id, hour), 0) + quantity
    return sold
