"""What the two who sign in have on their desks when the demo opens: the buyer's jobs, the provider's rules and plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.period import HOURS_A_DAY, day_of
from marketplace.demo.demand import job_of_buyer
from marketplace.demo.people import PROVIDER, PROVIDER_PERSON
from marketplace.demo.places import A100, H800, PLACES
from marketplace.demo.stage import Stage
from marketplace.offers.maintenance import plan_maintenance
from marketplace.offers.models import PriceCurve
from marketplace.offers.price_curves import save_curve
from marketplace.offers.standing_offers import renew_standing_offer, save_standing_offer
from marketplace.trading import place_orders
from matching.engine.dtypes import Kind
from matching.entry import OrderRequest
from matching.hours import hour_of

CURVE_SITE, MAINTENANCE_SITE = "wuhu-1", "shaoguan-2"
NIGHT_HOURS = 8
NIGHT_SHARE, DAY_SHARE = 0.86, 1.12
MAINTENANCE_DAYS_AHEAD = 5


def usual_jobs(*, stage: Stage, hour: int) -> list[OrderRequest]:
    """Make up what the buyer who signs in bids at the start of a day: a training job, an evaluation, and one that is too cheap."""
    return [
        job_of_buyer(stage, H800, "yangtze-delta", hours=(hour + 2, 10), quantity=8, times=1.3),
        job_of_buyer(stage, A100, "greater-bay", hours=(hour + 9, 6), quantity=16, times=1.3),
        job_of_buyer(stage, A100, "yangtze-delta", hours=(hour + 14, 8), quantity=8, times=0.7),
    ]


def open_buyers_desk(*, stage: Stage, now: datetime) -> None:
    """Place what the buyer has going on at the start: jobs that run now and in the next days, hours in part, and two that wait."""
    hour = hour_of(now)
    requests = [
        job_of_buyer(stage, H800, "yangtze-delta", hours=(hour + 1, 12), quantity=16, times=1.4),
        job_of_buyer(stage, A100, "jing-jin-ji", hours=(hour + 8, 24), quantity=16, times=1.4, flexibility=12),
        job_of_buyer(stage, A100, "greater-bay", hours=(hour + 30, 12), quantity=24, times=1.4, flexibility=6),
        job_of_buyer(stage, H800, "inner-mongolia", hours=(hour + 20, 24), quantity=8, times=0.72),
        job_of_buyer(stage, A100, "yangtze-delta", hours=(hour + 20, 6), quantity=96, times=1.02, kind=Kind.HOURLY),
        job_of_buyer(stage, A100, "yangtze-delta", hours=(hour + 40, 8), quantity=32, times=0.8),
    ]
    place_orders(requests=requests, now=now)


def open_providers_desk(*, stage: Stage, now: datetime) -> None:
    """Give the provider a price curve with a standing offer on it, and a maintenance in a few days; once."""
    site_id, provider_id = stage.sites[CURVE_SITE], stage.participants[PROVIDER.slug]
    if PriceCurve.objects.filter(site_id=site_id).exists():
        return
    whose: dict[str, Any] = {"provider_id": provider_id, "by": PROVIDER_PERSON, "now": now}
    curve = save_curve(
        site_id=site_id, curve_id=None, name="Nights cheap", prices_fen=_week_of_prices(), floor_fen=700, **whose
    )
    rule = save_standing_offer(
        standing_id=None, name="Sixteen at every hour", curve_id=curve.pk, quantity=16, days_ahead=3, **whose
    )
    renew_standing_offer(standing_id=rule.pk, now=now)
    today, _ = day_of(hour_of(now))
    plan_maintenance(
        site_id=stage.sites[MAINTENANCE_SITE], start=today + HOURS_A_DAY * MAINTENANCE_DAYS_AHEAD + 2, hours=6,
        accelerators=24, reason="Firmware of the switches", **whose,
    )  # fmt: skip


def _week_of_prices() -> list[int]:
    """A price for each hour of a week from Monday 00:00 on: nights below the usual price, days above it."""
    place = next(place for place in PLACES if place.slug == CURVE_SITE)
    night, day = (round(place.price_fen * share / 10) * 10 for share in (NIGHT_SHARE, DAY_SHARE))
    return [night if hour % HOURS_A_DAY < NIGHT_HOURS else day for hour in range(7 * HOURS_A_DAY)]
