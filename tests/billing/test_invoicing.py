from __future__ import annotations

import random
import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from billing.documents.storing import check_code_of
from billing.invoicing import (
    NotAPeriod,
    PeriodNotOver,
    PeriodNotSettled,
    issue_invoices,
    periods_to_invoice,
)
from billing.models import Account, Invoice, InvoiceLine, VatPeriod
from tests.billing.world import MONDAY, World

WEEK = 168


def trade_a_week(world: World) -> None:
    """Two buyers on two markets: odd prices, so that every share has to be rounded."""
    for buyer, market, start, hours, quantity, price in [
        (0, 0, 0, 30, 7, 1033),
        (0, 1, 20, 5, 3, 877),
        (0, 1, 60, 1, 1, 61),
        (1, 0, 100, 70, 2, 999),  # two hours of it belong to the next period
    ]:
        bid = world.bid(buyer, market=market, start=MONDAY + start, hours=hours, quantity=quantity, price_fen=price)
        world.trade(bid, price_fen=price, quantity=quantity)
    world.clear()


def test_invoices_and_statements_agree_with_the_ledger_to_the_fen(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issued = issue_invoices(period_start=MONDAY, now=world.now)
    invoices = [i for i in issued if i.kind == Invoice.Kind.INVOICE]
    statements = [i for i in issued if i.kind == Invoice.Kind.STATEMENT]
    assert [i.number for i in invoices] == ["SS-2025-B-000001", "SS-2025-B-000002"]
    assert [i.number for i in statements] == ["SS-2025-P-000001", "SS-2025-P-000002"]
    for invoice in invoices:
        period = VatPeriod.objects.get(participant=invoice.participant, start=MONDAY)
        assert (invoice.net_fen, invoice.vat_fen) == (period.settled_base_fen, period.posted_fen)
        assert invoice.lines.aggregate(Sum("vat_fen"))["vat_fen__sum"] == invoice.vat_fen
        funds = Account.objects.get(participant=invoice.participant, kind="funds")
        assert funds.debits_posted == invoice.total_fen
        assert check_code_of(invoice, list(invoice.lines.all())) == invoice.check_code
    for statement in statements:
        payable = Account.objects.get(participant=statement.participant, kind="payable")
        assert payable.credits_posted == statement.total_fen
        assert statement.vat_fen == 0
        assert [line.amount_fen < 0 for line in statement.lines.all()] == [False, True]
    charged = sum(i.total_fen for i in invoices)
    paid = sum(s.total_fen for s in statements)
    exchange = Account.objects.filter(participant=None, kind__in=["fees", "vat"])
    assert charged == paid + sum(a.credits_posted for a in exchange)
    assert invoices[0].accelerator_hours == 7 * 30 + 3 * 5 + 1
    assert invoices[1].accelerator_hours == 2 * 68


def test_issuing_again_issues_nothing(world: World) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    assert periods_to_invoice(now=world.now) == [MONDAY]
    assert len(issue_invoices(period_start=MONDAY, now=world.now)) == 6
    assert issue_invoices(period_start=MONDAY, now=world.now) == []
    assert periods_to_invoice(now=world.now) == []


def test_a_period_must_be_a_period_over_and_settled(world: World) -> None:
    trade_a_week(world)
    with pytest.raises(NotAPeriod):
        issue_invoices(period_start=MONDAY + 1, now=world.now)
    with pytest.raises(PeriodNotOver):
        issue_invoices(period_start=MONDAY, now=world.now)
    world.hour = MONDAY + WEEK
    with pytest.raises(PeriodNotSettled):
        issue_invoices(period_start=MONDAY, now=world.now)
    world.hour = MONDAY
    world.settle(MONDAY + WEEK - 1)
    world.hour = MONDAY + WEEK
    with pytest.raises(PeriodNotSettled):
        issue_invoices(period_start=MONDAY, now=world.now)
    assert issue_invoices(period_start=MONDAY - WEEK, now=world.now) == []


@pytest.mark.parametrize("model", [Invoice, InvoiceLine])
def test_an_issued_document_cannot_be_changed(world: World, model: type[Invoice | InvoiceLine]) -> None:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    row = model.objects.earliest("pk")
    for statement in (
        f"UPDATE {model._meta.db_table} SET vat_fen = vat_fen + 1 WHERE id = %s",
        f"DELETE FROM {model._meta.db_table} WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row.pk])


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_with_sixteen_issuers_and_rollbacks() -> None:
    world = World.create(buyers=4)
    for week in range(8):
        for buyer in range(4):
            bid = world.bid(buyer, start=MONDAY + WEEK * week + buyer, quantity=1 + buyer)
            world.trade(bid, price_fen=997, quantity=1 + buyer)
    world.settle(MONDAY + 8 * WEEK)
    now, failures = world.now, []

    def issue(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for _try in range(6):
                with transaction.atomic():
                    issue_invoices(period_start=MONDAY + WEEK * dice.randrange(8), now=now)
                    transaction.set_rollback(dice.random() < 0.5)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=issue, args=[seed]) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for week in range(8):
        issue_invoices(period_start=MONDAY + WEEK * week, now=now)
    numbers = list(Invoice.objects.filter(series="B").order_by("sequence").values_list("sequence", flat=True))
    assert numbers == list(range(1, 33))
