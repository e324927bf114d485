"""What an accelerator-hour usually costs at a place: the same answer in every process, with a day's shape and some noise."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from billing.period import day_of
from marketplace.demo.places import PLACES, Place

# By the Beijing hour at which three hours begin: nights are cheap, afternoons and evenings dear (assumed).
DAY_SHAPE = {0: 0.84, 3: 0.80, 6: 0.88, 9: 1.02, 12: 1.06, 15: 1.10, 18: 1.14, 21: 0.98}
HOURS_A_SEGMENT = 3
NOISE = 0.07  # standard deviation of a segment's price
WEEKEND = 0.93
PRICE_STEP_FEN = 5


def usual_price_fen(place: Place, hour: int) -> int:
    """Give what an accelerator-hour of `hour` usually costs at `place`."""
    start, _ = day_of(hour)
    segment = (hour - start) // HOURS_A_SEGMENT * HOURS_A_SEGMENT
    weekday = ((start + 8) // 24 + 3) % 7  # 1970-01-01 was a Thursday
    factor = DAY_SHAPE[segment] * _noise(place.slug, start + segment) * (WEEKEND if weekday >= 5 else 1)
    return rounded_fen(place.price_fen * factor)


@lru_cache(maxsize=16_384)  # a source of chance is dear to seed, and the same hours are asked for again and again
def _noise(slug: str, hour: int) -> float:
    return Random(f"{slug}:{hour}").gauss(1, NOISE)


def market_price_fen(compute_class: str, hub: str, hour: int) -> int:
    """Give the lowest usual price among the places of a market."""
    places = [place for place in PLACES if (place.compute_class, place.hub) == (compute_class, hub)]
    return min(usual_price_fen(place, hour) for place in places)


def rounded_fen(price_fen: float) -> int:
    """Round to the steps in which people quote, at least one step."""
    return max(PRICE_STEP_FEN, round(price_fen / PRICE_STEP_FEN) * PRICE_STEP_FEN)
