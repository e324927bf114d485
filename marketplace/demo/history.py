"""The demo's past: the whole system run hour by hour with a clock that has already been, up to now.

It starts with the previous Beijing week, so that one invoice period has ended and finance sees a report and invoices.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random

from django.db.models import Max

from billing.clearing import clear
from billing.invoicing import issue_invoices
from billing.period import day_of, period_of
from billing.settlement import settle_delivered
from marketplace.demo.demand import HABITS, random_bid, resting_bids
from marketplace.demo.funding import has_paid_in, pay_in_buyer, top_up_traders
from marketplace.demo.special_terms import enter_special_terms
from marketplace.demo.stage import Stage
from marketplace.demo.supply import publish_days
from marketplace.trading import place_orders
from matching.clock import close_gates
from matching.engine.dtypes import Do
from matching.hours import hour_of, moment_of
from matching.models import Command

BIDS_AN_HOUR = (7, 19)  # at three in the night and at three in the afternoon
BIDS_AT_LAST = 120


def history_is_played() -> bool:
    """Say whether the demo has its past."""
    return has_paid_in("opening")


def play_history(*, stage: Stage, now: datetime, match: Callable[[], object], tell: Callable[[str], object]) -> None:
    """Play from the start of the previous invoice period until `now`; `match` plays all that waits in the inbox.

    Killed in the middle, it goes on after the last hour that had begun.
    """
    last = hour_of(now)
    first = _period_before(last)
    done = Command.objects.filter(do=Do.CLOSE).aggregate(hour=Max("hour"))["hour"]
    pay_in_buyer(stage=stage, occasion="first", now=moment_of(first))
    if done is None:
        enter_special_terms(stage=stage, now=moment_of(first))
    for hour in range(first if done is None else max(first, done), last + 1):
        _play_hour(stage, hour, match)
        if hour == day_of(hour)[0]:
            tell(f"day {(hour - first) // 24 + 1} of {(last - first) // 24 + 1}")
    _open_market(stage, now, match)
    settle_delivered(until_hour=last, now=now)
    issue_invoices(period_start=first, now=now)
    pay_in_buyer(stage=stage, occasion="opening", now=now)


def _period_before(hour: int) -> int:
    """Give the first hour of the invoice period before that of `hour`."""
    start, _ = period_of(hour)
    return period_of(start - 1)[0]


def _play_hour(stage: Stage, hour: int, match: Callable[[], object]) -> None:
    moment = moment_of(hour)
    close_gates(now=moment)
    if hour == day_of(hour)[0]:
        match()
        clear(now=moment)
        settle_delivered(until_hour=hour, now=moment)
        top_up_traders(stage=stage, now=moment)
        publish_days(stage=stage, now=moment)
    chance = Random(f"history:{hour}")
    low, high = BIDS_AN_HOUR
    from_night = abs((hour + 8 - 3 + 12) % 24 - 12) / 12  # 0 at three in the night, 1 at three in the afternoon
    count = low + round((high - low) * from_night)
    bids = [random_bid(stage=stage, hour=hour, chance=chance, habits=HABITS) for _ in range(count)]
    place_orders(requests=bids, now=moment)
    match()
    clear(now=moment)


def _open_market(stage: Stage, now: datetime, match: Callable[[], object]) -> None:
    """Give the market that people see first two-sided books and a crowd of waiting jobs."""
    hour = hour_of(now)
    close_gates(now=now)
    top_up_traders(stage=stage, now=now)
    publish_days(stage=stage, now=now)
    chance = Random(f"crowd:{hour}")
    crowd = [random_bid(stage=stage, hour=hour, chance=chance) for _ in range(BIDS_AT_LAST)]
    place_orders(requests=[*resting_bids(stage=stage, hour=hour), *crowd], now=now)
    match()
    clear(now=now)
