"""What the demo's buyers bid: jobs of a few kinds, most near the usual price and some well below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from marketplace.demo.people import BUYER
from marketplace.demo.places import A10, A100, ASCEND, H800, K100, PLACES
from marketplace.demo.stage import Stage
from marketplace.demo.tariff import market_price_fen, rounded_fen
from matching.engine.dtypes import Kind, Side
from matching.entry import OrderRequest

PATIENT_SHARE = 0.3  # bids that wait below the market
PATIENT_PRICE = (0.78, 0.95)
READY_PRICE = (0.98, 1.28)

RESTING_HOURS = 6
RESTING_AHEAD_HOURS = 72
RESTING_BUYERS = (
    ("demo-campus", 0.86),
    ("demo-weather", 0.83),
    ("demo-harbour", 0.80),
    ("demo-model", 0.77),
    ("demo-vision", 0.74),
    ("demo-genome", 0.70),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """How one buyer bids. Shapes are (accelerators, hours); `ahead` is how many hours before the start, at most."""

    buyer: str
    classes: Sequence[str]
    shapes: Sequence[tuple[int, int]]
    weight: int
    block: bool = True
    flexibility: int = 0
    one_site: bool = False
    ahead: int = 36


HABITS = (
    Habit("demo-model", (H800, A100), ((8, 12), (16, 8), (16, 24), (32, 12), (48, 6)), 4, flexibility=6, one_site=True),
    Habit("demo-vision", (A10, A100), ((1, 2), (2, 4), (4, 3), (8, 6)), 6, ahead=12),
    Habit("demo-genome", (A100, K100), ((8, 6), (8, 12), (16, 8)), 3, flexibility=12),
    Habit("demo-render", (A10,), ((2, 6), (4, 8), (6, 4)), 4, flexibility=4, ahead=20),
    Habit("demo-weather", (K100, ASCEND), ((16, 6), (32, 6), (48, 3)), 4, one_site=True, ahead=24),
    Habit("demo-campus", (A10, A100, K100, ASCEND), ((1, 1), (1, 4), (2, 3), (4, 6)), 7, block=False, ahead=18),
    Habit("demo-harbour", (A100, H800), ((4, 3), (8, 3), (8, 6)), 2, block=False, ahead=48),
    Habit(BUYER.slug, (A100, H800), ((8, 4), (8, 8), (16, 4)), 1, one_site=True),
)

BIDDERS = {habit.buyer for habit in HABITS} | {buyer for buyer, _low in RESTING_BUYERS}

# The person who signs in as the buyer places its own orders once the demo runs.
TRADER_HABITS = tuple(habit for habit in HABITS if habit.buyer != BUYER.slug)


def random_bid(*, stage: Stage, hour: int, chance: Random, habits: Sequence[Habit] = TRADER_HABITS) -> OrderRequest:
    """Make up a bid that somebody might place during `hour`."""
    habit = chance.choices(habits, weights=[habit.weight for habit in habits])[0]
    compute_class = chance.choice(habit.classes)
    hub = chance.choice(sorted({place.hub for place in PLACES if place.compute_class == compute_class}))
    quantity, hours = chance.choice(habit.shapes)
    start = hour + 1 + int(habit.ahead * chance.random() ** 2)  # most jobs start soon
    usual_fen = sum(market_price_fen(compute_class, hub, h) for h in range(start, start + hours)) / hours
    patient = chance.random() < PATIENT_SHARE
    return OrderRequest(
        participant_id=stage.participants[habit.buyer],
        market_id=stage.markets[compute_class, hub],
        side=Side.BID,
        kind=Kind.BLOCK if habit.block else Kind.HOURLY,
        start=start,
        hours=hours,
        quantity=quantity,
        price_fen=rounded_fen(usual_fen * chance.uniform(*(PATIENT_PRICE if patient else READY_PRICE))),
        start_flexibility=habit.flexibility if habit.block else 0,
        one_site=habit.one_site and habit.block,
    )


def job_of_buyer(
    stage: Stage,
    compute_class: str,
    hub: str,
    *,
    hours: tuple[int, int],
    quantity: int,
    times: float,
    flexibility: int = 0,
    kind: Kind = Kind.BLOCK,
) -> OrderRequest:
    """Make up a bid of the buyer who signs in: `hours` are the first and how many, the limit is `times` the usual price."""
    start, count = hours
    usual_fen = sum(market_price_fen(compute_class, hub, h) for h in range(start, start + count)) / count
    return OrderRequest(
        participant_id=stage.participants[BUYER.slug],
        market_id=stage.markets[compute_class, hub],
        side=Side.BID,
        kind=kind,
        start=start,
        hours=count,
        quantity=quantity,
        price_fen=rounded_fen(usual_fen * times),
        start_flexibility=flexibility,
        one_site=kind == Kind.BLOCK,
    )


def resting_bids(*, stage: Stage, hour: int) -> list[OrderRequest]:
    """Make up the hourly bids that stand a little below every market for the next days, so that books have two sides.

    The same bid has the same client_order_id, so asking for it again places nothing.
    """
    first = (hour + 1) // RESTING_HOURS * RESTING_HOURS
    return [
        _resting_bid(stage, market, start, max(start, hour + 1), buyer, low)
        for market in stage.markets
        for start in range(first, first + RESTING_AHEAD_HOURS + RESTING_HOURS, RESTING_HOURS)
        for buyer, low in RESTING_BUYERS
    ]


def _resting_bid(
    stage: Stage, market: tuple[str, str], segment: int, start: int, buyer: str, low: float
) -> OrderRequest:
    chance = Random(f"resting:{market}:{segment}:{buyer}")
    usual_fen = min(market_price_fen(*market, hour) for hour in range(segment, segment + RESTING_HOURS))
    return OrderRequest(
        participant_id=stage.participants[buyer],
        market_id=stage.markets[market],
        side=Side.BID,
        kind=Kind.HOURLY,
        start=start,
        hours=segment + RESTING_HOURS - start,
        quantity=chance.choice((1, 2, 4, 8)),
        price_fen=rounded_fen(usual_fen * chance.uniform(low, low + 0.06)),
        client_order_id=f"resting-{stage.markets[market]}-{segment}",
    )
