from __future__ import annotations

from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from billing.models import FeeSchedule, Rate
from billing.period import date_of, day_of, first_hour_of, period_of
from billing.quote import RateMissing, Rates, current_rates, hold_unit_fen, quote_fills, quote_sale
from billing.rounding import share_ceil, share_half_up, split_by_largest_remainder
from matching.hours import hour_of
from tests.billing.world import MONDAY, World

RATES = Rates(maker_fee_bps=20, taker_fee_bps=60, vat_bps=600)
amounts = st.integers(0, 10**16)
bps = st.integers(0, 10_000)


@given(amounts, bps)
def test_shares_round_half_up_and_up(amount_fen: int, rate: int) -> None:
    exact = Fraction(amount_fen * rate, 10_000)
    assert -Fraction(1, 2) < share_half_up(amount_fen=amount_fen, bps=rate) - exact <= Fraction(1, 2)
    assert 0 <= share_ceil(amount_fen=amount_fen, bps=rate) - exact < 1


def test_the_database_rounds_as_python_does(db: None) -> None:
    cases = [
        (a, b)
        for a in (0, 1, 83, 84, 9_999, 10_000, 25_000, 10**16 + 7, 9 * 10**18)
        for b in (0, 1, 20, 60, 600, 10_000)
    ]
    with connection.cursor() as cursor:
        for amount_fen, rate in cases:
            cursor.execute("SELECT billing_share_fen(%s::bigint, %s)", [amount_fen, rate])
            assert cursor.fetchone() == (share_half_up(amount_fen=amount_fen, bps=rate),)


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**9), min_size=1, max_size=12))
def test_a_split_adds_up_and_no_part_is_off_by_a_fen(total_fen: int, weights: list[int]) -> None:
    parts = split_by_largest_remainder(total_fen=total_fen, weights=weights)
    assert sum(parts) == total_fen
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total_fen * weight, sum(weights))) < 1


@given(
    limit_fen=st.integers(1, 10**7),
    rates=st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 2000)),
    fills=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100)), min_size=1, max_size=8),
    base_before_fen=st.integers(0, 10**9),
)
def test_a_hold_suffices_however_it_fills(
    limit_fen: int, rates: tuple[int, int, int], fills: list[tuple[int, int]], base_before_fen: int
) -> None:
    """Any number of trades at or below the limit, on top of any VAT base, never cost more than the hold."""
    maker, taker, vat_bps = rates
    unit_fen = hold_unit_fen(
        price_fen=limit_fen, rates=Rates(maker_fee_bps=maker, taker_fee_bps=taker, vat_bps=vat_bps)
    )
    base, cost = base_before_fen, 0
    for accelerator_hours, discount in fills:
        value = accelerator_hours * max(limit_fen - discount, 1)
        charge = value + share_half_up(amount_fen=value, bps=max(maker, taker))
        vat = share_half_up(amount_fen=base + charge, bps=vat_bps) - share_half_up(amount_fen=base, bps=vat_bps)
        base, cost = base + charge, cost + charge + vat
    assert cost <= unit_fen * sum(hours for hours, _discount in fills)


def test_quotes_of_the_worked_example() -> None:
    """docs/money.md: 64 accelerators x 48 h at 12.92."""
    quote = quote_fills(value_fen=1292 * 64 * 48, rates=RATES)
    assert (quote.value_fen, quote.fee_fen, quote.vat_fen, quote.total_fen) == (3_969_024, 23_814, 239_570, 4_232_408)
    assert quote_sale(value_fen=3_969_024, rates=RATES).total_fen == 3_969_024 - 7_938


def test_a_rate_in_force_begins_with_its_hour_and_vat_with_its_period(world: World) -> None:
    world.hour = MONDAY + 10
    FeeSchedule.objects.create(
        from_hour=MONDAY + 24, tier_volumes_fen=[0], maker_fee_bps=[20], taker_fee_bps=[80], participant=None
    )
    Rate.objects.create(kind="vat", tax_code="services", bps=900, from_hour=MONDAY + 5)
    rates = current_rates(now=world.now)
    assert (rates.taker_fee_bps, rates.vat_bps) == (60, 600)
    assert (rates.hold_fee_bps, rates.hold_vat_bps) == (80, 900)
    world.hour = MONDAY + 168
    rates = current_rates(now=world.now)
    assert (rates.taker_fee_bps, rates.vat_bps) == (80, 900)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE billing_rate")
    with pytest.raises(RateMissing):
        current_rates(now=world.now)


def test_days_and_periods_are_beijings(world: World) -> None:
    assert f"{date_of(MONDAY)}" == "2025-11-24"
    assert f"{date_of(MONDAY - 1)}" == "2025-11-23"
    assert first_hour_of(date_of(MONDAY)) == MONDAY
    assert day_of(MONDAY + 23) == (MONDAY, MONDAY + 24)
    assert period_of(MONDAY + 167) == (MONDAY, MONDAY + 168)
    assert period_of(MONDAY - 1)[0] == MONDAY - 168
    assert hour_of(world.now) == world.hour
