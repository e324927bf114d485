from __future__ import annotations

from django.db import connection

from billing.invoicing import issue_invoices
from billing.models import SettlementLine, SettlementRun
from billing.period import date_of
from billing.reports import SettlementFilters, daily_values, settlement_lines, settlement_summary
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.world import MONDAY, World

PERIOD = SettlementFilters(start=MONDAY, end=MONDAY + WEEK)


def test_every_stage_agrees_before_and_after_invoicing(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + 40)
    halfway = settlement_summary(PERIOD).total
    assert halfway.difference_fen == 0
    assert halfway.undelivered_fen > 0
    assert halfway.invoiced_fen == 0
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    summary = settlement_summary(PERIOD)
    assert summary.total.difference_fen == 0
    assert summary.total.undelivered_fen == summary.total.uninvoiced_fen == 0
    assert summary.total.value_fen == 1033 * 210 + 877 * 15 + 61 + 999 * 136
    assert summary.total.trades == 4
    assert summary.markets == 2
    assert summary.total.invoiced_fen == summary.total.paid_fen + summary.total.fees_fen


def test_a_planted_difference_shows_wherever_one_looks(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE billing_invoiceline SET amount_fen = amount_fen + 5 WHERE id = "
            "(SELECT id FROM billing_invoiceline WHERE market_id = %s ORDER BY id LIMIT 1)",
            [world.markets[0].pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert settlement_summary(PERIOD).total.difference_fen == 5
    first_day = SettlementFilters(start=MONDAY, end=MONDAY + 24)
    assert settlement_summary(first_day).total.invoice_difference_fen == 5
    other_market = SettlementFilters(market_id=world.markets[1].pk)
    assert settlement_summary(other_market).total.difference_fen == 0


def test_filters_keep_what_they_say(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK + 8)
    every = SettlementLine.objects.count()
    buyers = [settlement_lines(SettlementFilters(buyer_id=b.pk)).count() for b in world.buyers]
    hubs = [settlement_lines(SettlementFilters(hub=m.hub.slug)).count() for m in world.markets]
    assert sum(buyers) == sum(hubs) == every
    assert settlement_lines(SettlementFilters(compute_class="A100-SXM4-80G")).count() == every
    assert settlement_lines(SettlementFilters(participant_id=world.providers[1].pk)).count() == 3  # one spans midnight
    for run in SettlementRun.objects.all():
        of_run = settlement_summary(SettlementFilters(run_id=run.pk)).total
        assert (of_run.delivered_fen, of_run.difference_fen) == (run.value_fen, 0)
    for buyer in world.buyers:
        assert settlement_summary(SettlementFilters(participant_id=buyer.pk)).total.difference_fen == 0
    days = daily_values(PERIOD)
    assert days[0].day == date_of(MONDAY)
    assert sum(day.value_fen for day in days) == settlement_summary(PERIOD).total.delivered_fen
