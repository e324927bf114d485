"""The demo's past: the whole system run with a clock that has already been, up to now.

Three young weeks are played a day at a time, so that finance has paid invoices, overdue ones and payouts to show. From the start of the
previous Beijing week on it is two hours at a time, and the last day hour by hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from django.db.models import Max

from billing.clearing import clear
from billing.delivery.reliability import keep_reliability
from billing.invoicing import issue_invoices
from billing.period import HOURS_A_DAY, HOURS_A_PERIOD, day_of, period_of
from billing.settlement import settle_delivered
from marketplace.demo.demand import HABITS, random_bid, resting_bids
from marketplace.demo.desks import open_buyers_desk, open_providers_desk, usual_jobs
from marketplace.demo.finance_desk import bring_statement, do_finance_day
from marketplace.demo.funding import has_paid_in, pay_in_buyer, top_up_buyer, top_up_traders
from marketplace.demo.metering import hand_over, leave_a_dispute_open, read_meters, settle_a_dispute
from marketplace.demo.odd_trading import trade_oddly
from marketplace.demo.special_terms import enter_special_terms
from marketplace.demo.stage import Stage
from marketplace.demo.supply import publish_days, publish_early_day
from marketplace.trading import place_orders
from matching.clock import close_gates
from matching.engine.dtypes import Do
from matching.entry import OrderRequest
from matching.hours import hour_of, moment_of
from matching.models import Command

EARLY_WEEKS = 3
EARLY_BIDS_A_DAY = (55, 75, 95)  # week by week
BIDS_AN_HOUR = (7, 19)  # at three in the night and at three in the afternoon
HOURS_AT_ONCE = 2  # until the last day, of which every hour is played
BIDS_AT_LAST = 120
DISPUTED_DAY = 4  # of the previous week

Match = Callable[[], object]


def history_is_played() -> bool:
    """Say whether the demo has its past."""
    return has_paid_in("opening")


def play_history(*, stage: Stage, now: datetime, match: Match, tell: Callable[[str], object]) -> None:
    """Play from three weeks before the previous invoice period until `now`; `match` plays all that waits in the inbox.

    Killed in the middle, it goes on after the last day or hour that had begun.
    """
    last = hour_of(now)
    week = period_of(period_of(last)[0] - 1)[0]
    first = week - EARLY_WEEKS * HOURS_A_PERIOD
    done = Command.objects.filter(do=Do.CLOSE).aggregate(hour=Max("hour"))["hour"]
    pay_in_buyer(stage=stage, occasion="first", now=moment_of(first))
    if done is None:
        enter_special_terms(stage=stage, now=moment_of(first))
    begun = first if done is None else max(first, done)
    days = (last - first) // HOURS_A_DAY + 1
    for start in range(day_of(begun)[0], week, HOURS_A_DAY):
        tell(f"day {(start - first) // HOURS_A_DAY + 1} of {days}")
        _play_early_day(stage, start, EARLY_BIDS_A_DAY[(start - first) // HOURS_A_PERIOD], match)
    for hour in range(max(begun, week), last + 1):
        if hour == day_of(hour)[0]:
            tell(f"day {(hour - first) // HOURS_A_DAY + 1} of {days}")
        if hour >= last - HOURS_A_DAY:
            _play_hours(stage, hour, 1, match)
        elif (hour - day_of(hour)[0]) % HOURS_AT_ONCE == 0:
            _play_hours(stage, hour, HOURS_AT_ONCE, match)
        if hour == week + DISPUTED_DAY * HOURS_A_DAY:
            settle_a_dispute(stage=stage, now=moment_of(hour))
        if hour == last - 1:
            trade_oddly(stage=stage, now=moment_of(hour) + timedelta(minutes=5), match=match)
    _open_market(stage, now, match)
    _open_desks(stage, week, now, match)
    pay_in_buyer(stage=stage, occasion="opening", now=now)


def _play_early_day(stage: Stage, start: int, count: int, match: Match) -> None:
    moment = moment_of(start)
    _begin_day(stage, start, match)
    publish_early_day(stage=stage, now=moment)
    chance = Random(f"early:{start}")
    bids = [random_bid(stage=stage, hour=start, chance=chance, habits=HABITS) for _ in range(count)]
    _trade([*bids, *usual_jobs(stage=stage, hour=start)], moment, match)


def _play_hours(stage: Stage, hour: int, hours: int, match: Match) -> None:
    """Place the bids of this hour and the following ones at its beginning."""
    moment = moment_of(hour)
    chance = Random(f"history:{hour}")
    low, high = BIDS_AN_HOUR
    from_night = abs((hour + 8 - 3 + 12) % 24 - 12) / 12  # 0 at three in the night, 1 at three in the afternoon
    count = hours * (low + round((high - low) * from_night))
    bids = [random_bid(stage=stage, hour=hour, chance=chance, habits=HABITS) for _ in range(count)]
    if hour == day_of(hour)[0]:
        _begin_day(stage, hour, match)
        publish_days(stage=stage, now=moment)
        bids += usual_jobs(stage=stage, hour=hour)
    else:
        close_gates(now=moment)
    _trade(bids, moment, match)


def _begin_day(stage: Stage, start: int, match: Match) -> None:
    """Close the day before: its gates, its meters, its settlement, and what finance does on such a day."""
    moment = moment_of(start)
    close_gates(now=moment)
    match()
    clear(now=moment)
    read_meters(stage=stage, start=start - HOURS_A_DAY, end=start, now=moment)
    settle_delivered(until_hour=start, now=moment)
    do_finance_day(stage=stage, now=moment)
    top_up_traders(stage=stage, now=moment)
    top_up_buyer(stage=stage, now=moment)


def _trade(bids: list[OrderRequest], moment: datetime, match: Match) -> None:
    place_orders(requests=bids, now=moment)
    match()
    clear(now=moment)


def _open_market(stage: Stage, now: datetime, match: Match) -> None:
    """Give the market that people see first two-sided books and a crowd of waiting jobs."""
    hour = hour_of(now)
    close_gates(now=now)
    top_up_traders(stage=stage, now=now)
    publish_days(stage=stage, now=now)
    chance = Random(f"crowd:{hour}")
    crowd = [random_bid(stage=stage, hour=hour, chance=chance) for _ in range(BIDS_AT_LAST)]
    _trade([*resting_bids(stage=stage, hour=hour), *crowd], now, match)


def _open_desks(stage: Stage, week: int, now: datetime, match: Match) -> None:
    """Leave everybody who signs in something to read and something to do."""
    hour = hour_of(now)
    open_buyers_desk(stage=stage, now=now)
    match()
    open_providers_desk(stage=stage, now=now)
    match()
    clear(now=now)
    read_meters(stage=stage, start=day_of(hour)[0], end=hour, now=now)
    settle_delivered(until_hour=hour, now=now)
    leave_a_dispute_open(stage=stage, now=now)
    hand_over(stage=stage, now=now)
    issue_invoices(period_start=week, now=now)
    bring_statement(now=now)
    keep_reliability(now=now)
