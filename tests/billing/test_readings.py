"""Readings that are not taken, each with its name, and readings that come twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from billing.delivery import readings as verbs
from billing.delivery.disputes import (
    DisputeOfFuture,
    DisputeOpen,
    DisputeReasonMissing,
    DisputeResolved,
    DisputeTooLate,
    NothingToDispute,
    RulingOutOfRange,
    raise_dispute,
    resolve_dispute,
)
from billing.delivery.readings import NewReading, TooManyReadings, record_readings
from billing.invoicing import issue_invoices
from billing.models import Dispute, MeterReading
from billing.month_close import close_month
from billing.period import first_hour_of
from billing.settlement import settle_delivered
from matching.hours import moment_of
from tests.billing.threads import in_threads
from tests.billing.world import MONDAY, World


@pytest.fixture
def sold(world: World) -> World:
    """Buyer 0 has eight accelerators at site 0 for four hours that have ended."""
    sell(world)
    return world


def sell(world: World) -> None:
    world.trade(world.bid(0, hours=4, quantity=8), price_fen=900, quantity=8)
    world.clear()
    world.close(MONDAY + 4)


def reading(world: World, **fields: object) -> NewReading:
    good = NewReading(
        site="site-0",
        hour=MONDAY,
        holder="buyer-0",
        accelerators=7,
        source="dcim",
        source_id="1",
        read_at=moment_of(MONDAY + 1),
    )
    return replace(good, **fields)  # type: ignore[arg-type]


def send(world: World, *readings: NewReading) -> list[str]:
    """What became of each: `new`, `known`, or the error's code."""
    verdicts = record_readings(provider_id=world.providers[0].pk, readings=readings, now=world.now)
    return [v.error.code if v.error else "new" if v.is_new else "known" for v in verdicts]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"site": "site-1"}, "site_not_yours"),
        ({"site": "nowhere"}, "site_not_yours"),
        ({"accelerators": -1}, "negative_reading"),
        ({"accelerators": 9}, "more_than_sold"),
        ({"hour": MONDAY + 4}, "hour_not_over"),
        ({"hour": MONDAY - 1}, "hours_not_sold"),
        ({"holder": "buyer-1"}, "hours_not_sold"),
        ({"holder": "nobody"}, "hours_not_sold"),
        ({"holder": "provider-0"}, "hours_not_sold"),
    ],
)
def test_a_reading_at_fault_is_named_and_leaves_the_others_alone(
    sold: World, fields: dict[str, object], code: str
) -> None:
    good = reading(sold, source_id="good", hour=MONDAY + 1)
    assert send(sold, reading(sold, **fields), good) == [code, "new"]
    assert MeterReading.objects.get().source_id == "good"


def test_the_same_reading_is_known_and_other_numbers_are_a_conflict(sold: World) -> None:
    first = reading(sold)
    assert send(sold, first, first, replace(first, accelerators=3)) == ["new", "known", "reading_conflict"]
    assert send(sold, first, replace(first, hour=MONDAY + 1), replace(first, source="other")) == [
        "known",
        "reading_conflict",
        "new",
    ]
    assert MeterReading.objects.count() == 2


def test_a_closed_month_takes_no_reading(sold: World) -> None:
    settle_delivered(until_hour=sold.hour, now=sold.now)
    sold.hour = first_hour_of(date(2025, 12, 2))
    close_month(month=date(2025, 11, 1), by="fiona", now=sold.now)
    assert send(sold, reading(sold)) == ["month_closed"]


def test_an_invoiced_hour_takes_readings_and_disputes_until_its_month_is_closed(sold: World) -> None:
    sold.settle(MONDAY + 168)
    issue_invoices(period_start=MONDAY, now=sold.now)
    assert send(sold, reading(sold)) == ["new"]
    dispute(sold)
    sold.hour = first_hour_of(date(2025, 12, 2))
    close_month(month=date(2025, 11, 1), by="fiona", now=sold.now)
    assert send(sold, reading(sold, source_id="2")) == ["month_closed"]
    with pytest.raises(DisputeTooLate):
        dispute(sold)


def test_a_call_has_an_end(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "BATCH_MAX", 1)
    with pytest.raises(TooManyReadings):
        send(sold, reading(sold), reading(sold, source_id="2"))


def test_a_reading_is_never_changed(sold: World) -> None:
    send(sold, reading(sold))
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_meterreading SET accelerators = 1")


def dispute(world: World, **fields: object) -> Dispute:
    given = {"hour": MONDAY, "accelerators": 5, "reason": "Down", **fields}
    return raise_dispute(site_id=world.sites[0].pk, holder_id=world.buyers[0].pk, by="alice", now=world.now, **given)  # type: ignore[arg-type]


def test_disputes_that_cannot_be_raised(sold: World) -> None:
    for error, fields in (
        (DisputeReasonMissing, {"reason": " "}),
        (DisputeOfFuture, {"hour": MONDAY + 4}),
        (NothingToDispute, {"accelerators": 8}),
        (NothingToDispute, {"accelerators": -1}),
        (NothingToDispute, {"hour": MONDAY - 1}),
    ):
        with pytest.raises(error):
            dispute(sold, **fields)
    dispute(sold)
    with pytest.raises(DisputeOpen):
        dispute(sold, accelerators=4)


def test_a_dispute_is_resolved_once_and_within_what_was_sold(sold: World) -> None:
    pk = dispute(sold).pk
    for error, accelerators, words in (
        (DisputeReasonMissing, 3, ""),
        (RulingOutOfRange, 9, "x"),
        (RulingOutOfRange, -1, "x"),
    ):
        with pytest.raises(error):
            resolve_dispute(dispute_id=pk, accelerators=accelerators, resolution=words, by="f", now=sold.now)
    resolve_dispute(dispute_id=pk, accelerators=None, resolution="No", by="f", now=sold.now)
    with pytest.raises(DisputeResolved):
        resolve_dispute(dispute_id=pk, accelerators=3, resolution="Yes", by="f", now=sold.now)


@pytest.mark.django_db(transaction=True)
def test_readings_and_settlement_at_once_lose_no_reading() -> None:
    world = World.create()
    sell(world)

    def work(row: int) -> None:
        for turn in range(4):
            if row == 0:
                settle_delivered(until_hour=world.hour, now=world.now)
            else:
                codes = send(world, reading(world, hour=MONDAY + turn, source_id=f"{turn}", accelerators=turn))
                assert codes in (["new"], ["known"])

    assert in_threads(5, work) == []
    settle_delivered(until_hour=world.hour, now=world.now)
    from billing.models import Adjustment
    from billing.verify import find_differences

    assert MeterReading.objects.count() == 4
    assert sum(Adjustment.objects.values_list("accelerators", flat=True)) == 8 + 7 + 6 + 5
    assert list(find_differences()) == []
