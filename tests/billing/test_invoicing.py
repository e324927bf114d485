from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from billing.credit_notes.by_finance import MoreThanLeft, NothingToCredit, issue_credit_note
from billing.documents.storing import check_code_of
from billing.invoicing import (
    NotAPeriod,
    PeriodNotOver,
    PeriodNotSettled,
    draft_documents,
    issue_invoices,
    periods_to_invoice,
)
from billing.models import Account, Invoice, InvoiceLine, VatPeriod
from billing.settlement import settle_delivered
from billing.verify import find_differences
from tests.billing.test_shortfalls import read
from tests.billing.threads import in_threads
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


def test_a_draft_is_what_is_issued_later_and_keeps_nothing(world: World) -> None:
    trade_a_week(world)
    with pytest.raises(PeriodNotOver):
        draft_documents(period_start=MONDAY, now=world.now)
    world.settle(MONDAY + WEEK)
    first = draft_documents(period_start=MONDAY, now=world.now)
    read(world, MONDAY + 3, 4, "within the grace")
    with pytest.raises(PeriodNotSettled):
        draft_documents(period_start=MONDAY, now=world.now)
    settle_delivered(until_hour=world.hour, now=world.now)
    drafts = draft_documents(period_start=MONDAY, now=world.now)
    assert not Invoice.objects.exists()
    issued = issue_invoices(period_start=MONDAY, now=world.now)
    assert [document.number for document in issued][:2] == ["SS-2025-B-000001", "SS-2025-B-000002"]
    for (draft, lines), document in zip(drafts, issued, strict=True):
        for name in ("kind", "participant_id", "net_fen", "vat_fen", "total_fen", "accelerator_hours", "voucher_fen"):
            assert getattr(draft, name) == getattr(document, name)
        assert [line.amount_fen for line in lines] == [line.amount_fen for line in document.lines.order_by("position")]
    assert first[0][0].total_fen > drafts[0][0].total_fen  # three accelerators fell short
    assert draft_documents(period_start=MONDAY, now=world.now) == []


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


class Killed(Exception):
    """The process that issues ends here, and its connection with it."""


def issue_at_random(seed: int, issue: Callable[[random.Random], object]) -> None:
    """Issue six times; each ends with a commit, a rollback, or the death of its connection."""
    dice = random.Random(seed)
    for _try in range(6):
        end = dice.choice(["commit", "commit", "rollback", "killed"])
        with contextlib.suppress(Killed), transaction.atomic():
            issue(dice)
            if end == "killed":
                connection.connection.close()
                raise Killed
            transaction.set_rollback(end == "rollback")


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_with_sixteen_issuers_rollbacks_and_lost_connections() -> None:
    """Invoices, statements and fee invoices first, then credit notes on all of them."""
    world, weeks = World.create(buyers=4), [MONDAY + WEEK * week for week in range(8)]
    for week in weeks:
        for buyer in range(4):
            bid = world.bid(buyer, start=week + buyer, quantity=1 + buyer, price_fen=9970)
            world.trade(bid, price_fen=9970, quantity=1 + buyer)
    world.settle(MONDAY + 8 * WEEK)
    now = world.now

    def issue(dice: random.Random) -> None:
        issue_invoices(period_start=dice.choice(weeks), now=now)

    def credit(dice: random.Random) -> None:
        document = dice.choice(documents)
        with contextlib.suppress(NothingToCredit, MoreThanLeft):
            issue_credit_note(
                number=document.number, amounts_fen={1: 1}, cause="allowance", reason="So", by="f", now=now
            )

    connection.close()  # the pool has sixteen, and each issuer needs one
    assert in_threads(16, lambda seed: issue_at_random(seed, issue)) == []
    for week in weeks:
        issue_invoices(period_start=week, now=now)
    documents = list(Invoice.objects.order_by("pk"))
    connection.close()
    assert in_threads(16, lambda seed: issue_at_random(seed + 16, credit)) == []
    by_series: dict[str, list[int]] = {}
    for series, sequence, number in Invoice.objects.order_by("sequence").values_list("series", "sequence", "number"):
        by_series.setdefault(series, []).append(sequence)
        assert number == f"SS-{now.year}-{series}-{sequence:06d}"
    assert {series: len(by_series[series]) for series in ("B", "P", "F")} == {"B": 32, "P": 8, "F": 8}
    assert by_series.keys() >= {"CB", "CP", "CF"}
    for sequences in by_series.values():
        assert sequences == list(range(1, len(sequences) + 1))
    assert list(find_differences()) == []
