from __future__ import annotations

from datetime import timedelta

import pytest

from billing import tasks
from billing.models import Invoice, Obligation, SettlementRun
from tests.billing.test_invoicing import WEEK
from tests.billing.world import MONDAY, World


def test_the_clock_alone_takes_a_trade_to_its_invoice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    late = timedelta(0)
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now + late)
    world.trade(world.bid(0, hours=3), price_fen=900, quantity=1)
    tasks.clear()
    assert Obligation.objects.count() == 1
    world.close(MONDAY + 2)
    tasks.settle()
    assert SettlementRun.objects.get().until_hour == MONDAY + 1  # the last hour's readings may still come
    late = tasks.CUT_OFF
    tasks.settle()
    tasks.issue_invoices()
    assert SettlementRun.objects.latest("id").until_hour == MONDAY + 2
    assert not Invoice.objects.exists()
    world.close(MONDAY + WEEK)
    late = tasks.GRACE
    tasks.issue_invoices()  # the period is over but not settled: it waits
    assert not Invoice.objects.exists()
    tasks.settle()
    late = tasks.GRACE - timedelta(hours=1)
    tasks.issue_invoices()
    assert not Invoice.objects.exists()
    late = tasks.GRACE
    tasks.issue_invoices()
    tasks.issue_invoices()
    assert Invoice.objects.count() == 3
