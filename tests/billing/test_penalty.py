"""The penalty on what is not delivered: versions by two people, and each trade by the one in force when it was made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from billing import versions
from billing.delivery.penalty import Penalty, approve_penalty_rate, propose_penalty_rate, read_penalty
from billing.models import Adjustment, Rate
from billing.tax.versions import approve_vat_rate, propose_vat_rate
from billing.verify import find_differences
from matching.models import Change
from tests.billing.report_differences import report_differences
from tests.billing.test_shortfalls import balance, buy, read, settle
from tests.billing.world import MONDAY, World

TODAY, TOMORROW = MONDAY - 24, MONDAY  # a world stands at the beginning of a day


def propose(world: World, bps: int, *, day: int = TOMORROW) -> Rate:
    return propose_penalty_rate(bps=bps, from_hour=day + 5, reason="Agreed", by="ann@x.example", now=world.now)


def enter(world: World, bps: int, *, day: int = TOMORROW) -> Rate:
    """Propose and approve a rate as two people."""
    return approve_penalty_rate(rate_id=propose(world, bps, day=day).pk, by="bob@x.example", now=world.now)


def penalties(price_fen: int) -> list[tuple[int, int]]:
    """Principal and penalty of every adjustment of the trades at a price, in the order in which they were found."""
    found = Adjustment.objects.filter(trade__price_fen=price_fen).order_by("id")
    return list(found.values_list("principal_fen", "penalty_fen"))


def test_a_trade_keeps_the_penalty_of_its_day_however_late_its_reading(world: World) -> None:
    enter(world, 2_500)
    world.hour = TOMORROW - 1
    buy(world, price_fen=1033, quantity=8)  # the last hour of the rate that came with the exchange
    world.hour = TOMORROW
    buy(world, price_fen=997, quantity=4)
    enter(world, 0, day=TOMORROW + 24)
    world.settle(MONDAY + 4)
    read(world, MONDAY + 1, 9, "late")  # three of the newest trade
    read(world, MONDAY + 2, 6, "later")  # all of the newest, two of the older
    settle(world)
    assert penalties(1033) == [(2 * 1033, 207)]  # a tenth, 206.6
    assert penalties(997) == [(3 * 997, 748), (4 * 997, 997)]  # a quarter: 747.75, then 1,744.75 less 748
    read(world, MONDAY + 1, 12, "corrected")
    settle(world)
    assert penalties(997)[-1] == (-3 * 997, 997 - 1745)  # what is left is a quarter of the other hour's: 997.00
    assert balance("payable", world.providers[0]) > 0
    assert list(find_differences()) == []
    assert report_differences(world.now) == {}


def test_which_is_in_force_and_which_comes_next(world: World) -> None:
    assert read_penalty(now=world.now) == Penalty(bps=1_000, next_bps=None, next_from_hour=None)
    enter(world, 2_000, day=TOMORROW + 48)
    enter(world, 1_500)
    enter(world, 1_200)  # the newer of two from the same day
    propose(world, 5_000)
    assert read_penalty(now=world.now) == Penalty(bps=1_000, next_bps=1_200, next_from_hour=TOMORROW)
    world.hour = TOMORROW
    assert read_penalty(now=world.now) == Penalty(bps=1_200, next_bps=2_000, next_from_hour=TOMORROW + 48)


def test_who_proposed_and_who_approved_stands_in_the_audit_trail(world: World) -> None:
    rate = enter(world, 2_500)
    versions.reject(Rate, version_id=propose(world, 9_000).pk, by="bob@x.example", now=world.now)
    changes = Change.objects.filter(what__startswith="penalty_rate.").order_by("id")
    assert [(change.what, change.who) for change in changes] == [
        ("penalty_rate.propose", "ann@x.example"),
        ("penalty_rate.approve", "bob@x.example"),
        ("penalty_rate.propose", "ann@x.example"),
        ("penalty_rate.reject", "bob@x.example"),
    ]
    assert (changes[1].after["bps"], changes[1].after["from_hour"], changes[1].why) == (2_500, TOMORROW, "Agreed")
    assert changes[1].object_id == str(rate.pk)


def _own(world: World) -> None:
    approve_penalty_rate(rate_id=propose(world, 500).pk, by="ANN@x.example", now=world.now)


def _too_late(world: World) -> None:
    rate = propose(world, 500)
    world.hour = TOMORROW
    approve_penalty_rate(rate_id=rate.pk, by="bob@x.example", now=world.now)


def _twice(world: World) -> None:
    approve_penalty_rate(rate_id=enter(world, 500).pk, by="eve@x.example", now=world.now)


def _vat_as_penalty(world: World) -> None:
    rate = propose_vat_rate(tax_code="services", bps=900, from_hour=MONDAY, reason="Law", by="ann", now=world.now)
    approve_penalty_rate(rate_id=rate.pk, by="bob", now=world.now)


def _penalty_as_vat(world: World) -> None:
    approve_vat_rate(rate_id=propose(world, 500).pk, by="bob@x.example", now=world.now)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (lambda w: propose(w, -1), versions.RateOutOfRange),
        (lambda w: propose(w, 10_001), versions.RateOutOfRange),
        (lambda w: propose(w, 500, day=TODAY), versions.VersionTooEarly),
        (
            lambda w: propose_penalty_rate(bps=500, from_hour=TOMORROW, reason=" ", by="ann", now=w.now),
            versions.ReasonMissing,
        ),
        (_own, versions.SecondPersonNeeded),
        (_too_late, versions.VersionTooEarly),
        (_twice, versions.VersionDecided),
        (_vat_as_penalty, versions.VersionDecided),
        (_penalty_as_vat, versions.VersionDecided),
    ],
)
def test_a_penalty_that_cannot_be_is_refused_by_name(
    world: World, bad: Callable[[World], object], error: type[versions.UnableToVersion]
) -> None:
    with pytest.raises(error) as caught:
        bad(world)
    assert str(caught.value)
