"""A month is closed once everything of it is done, by one who asks and another who agrees."""

from __future__ import annotations

from datetime import date

import pytest

from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.invoicing import issue_invoices, periods_to_invoice
from billing.models import CloseRequest
from billing.month_close import MonthAlreadyClosed, MonthNotOver, SecondPersonNeeded, ask_to_reopen, reopen_month
from billing.months.closing import (
    CloseAlreadyAsked,
    CloseNotAsked,
    MonthNotReady,
    agree_to_close,
    ask_to_close,
    open_request,
    withdraw_close,
)
from billing.months.open_points import open_points, seal_of
from billing.months.span import Month
from billing.sealing import seal_transfers
from billing.settlement import settle_delivered
from tests.billing.test_shortfalls import buy, read
from tests.billing.world import MONDAY, World

NOVEMBER = Month(date(2025, 11, 1))


@pytest.fixture
def over(world: World) -> World:
    """November has ended; a trade of it is cleared and nothing else is done."""
    buy(world)
    world.close(NOVEMBER.end_hour + 1)
    return world


def still_open(world: World) -> set[str]:
    return {point.code for point in open_points(month=NOVEMBER, now=world.now) if not point.is_done}


def finish(world: World) -> None:
    settle_delivered(until_hour=world.hour, now=world.now)
    for start in periods_to_invoice(now=world.now):
        issue_invoices(period_start=start, now=world.now)
    seal_transfers(now=world.now, wait_seconds=0)


def test_every_point_is_listed_until_it_is_done(over: World) -> None:
    assert still_open(over) == {"unsettled", "unsealed"}
    (unsettled,) = (p for p in open_points(month=NOVEMBER, now=over.now) if p.code == "unsettled")
    assert unsettled.open == 32
    settle_delivered(until_hour=over.hour, now=over.now)
    assert still_open(over) == {"uninvoiced", "unsealed"}
    finish(over)
    assert still_open(over) == set()
    hour, site, buyer = MONDAY + 1, over.sites[0], over.buyers[0]
    read(over, hour, 7, "late")
    assert still_open(over) == {"delta_runs"}
    finish(over)
    dispute = raise_dispute(
        site_id=site.pk, hour=hour, holder_id=buyer.pk, accelerators=3, reason="Down", by="a", now=over.now
    )
    assert still_open(over) == {"delta_runs", "disputes"}
    resolve_dispute(dispute_id=dispute.pk, accelerators=None, resolution="No", by="f", now=over.now)
    finish(over)
    assert still_open(over) == set()
    seal = seal_of(NOVEMBER)
    assert seal is not None
    assert len(seal.hash) == 64


def test_two_people_close_a_month(over: World) -> None:
    with pytest.raises(MonthNotOver):
        ask_to_close(month=NOVEMBER.following, by="fiona", now=over.now)
    with pytest.raises(MonthNotReady, match="Accelerator-hours not settled"):
        ask_to_close(month=NOVEMBER, by="fiona", now=over.now)
    finish(over)
    with pytest.raises(CloseNotAsked):
        agree_to_close(month=NOVEMBER, by="greta", now=over.now)
    ask_to_close(month=NOVEMBER, by="fiona", now=over.now)
    withdraw_close(month=NOVEMBER, by="fiona", now=over.now)
    ask_to_close(month=NOVEMBER, by="fiona", now=over.now)
    with pytest.raises(CloseAlreadyAsked):
        ask_to_close(month=NOVEMBER, by="greta", now=over.now)
    with pytest.raises(SecondPersonNeeded):
        agree_to_close(month=NOVEMBER, by="Fiona", now=over.now)
    read(over, MONDAY + 1, 7, "late")
    with pytest.raises(MonthNotReady, match="readings since"):
        agree_to_close(month=NOVEMBER, by="greta", now=over.now)
    finish(over)
    closing = agree_to_close(month=NOVEMBER, by="greta", now=over.now)
    asked_by = CloseRequest.objects.get(closing=closing).asked_by
    assert (closing.closed_by, asked_by, open_request(NOVEMBER)) == ("greta", "fiona", None)
    with pytest.raises(MonthAlreadyClosed):
        ask_to_close(month=NOVEMBER, by="fiona", now=over.now)
    ask_to_reopen(month=NOVEMBER.first, by="fiona", reason="A deposit was overlooked", now=over.now)
    reopen_month(month=NOVEMBER.first, by="greta", now=over.now)
    ask_to_close(month=NOVEMBER, by="fiona", now=over.now)
    assert CloseRequest.objects.count() == 3
