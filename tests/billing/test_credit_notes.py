"""Issued documents are corrected by notes: of late readings by the delta run, and by finance, never beyond their total."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from billing.credit_notes import by_finance
from billing.credit_notes.by_finance import UnableToCredit, issue_credit_note, plan_credit
from billing.credit_notes.net_lines import left_fen, net_amounts
from billing.funds import available_fen
from billing.invoicing import issue_invoices
from billing.models import Invoice, NumberSeries, Transfer, VatPeriod
from billing.reports import SettlementFilters, settlement_summary
from billing.rounding import share_half_up
from billing.verify import find_differences
from tests.billing.report_differences import report_differences
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.test_shortfalls import balance, buy, paid_for, read, settle
from tests.billing.test_verify import by_hand
from tests.billing.world import MONDAY, World

PRICE = 1033
TOTAL_FEN = paid_for(PRICE * 32)


@pytest.fixture
def invoiced(world: World) -> World:
    """Four hours of eight accelerators, delivered, settled and invoiced."""
    buy(world)
    world.settle(MONDAY + WEEK)
    assert len(issue_invoices(period_start=MONDAY, now=world.now)) == 3
    return world


def document(kind: str) -> Invoice:
    return Invoice.objects.get(kind=kind, corrects=None)


def credit(number: str, world: World, amounts_fen: dict[int, int] | None = None, **changed: Any) -> Invoice:
    details = {"cause": "allowance", "reason": "Slow network", "by": "f@example.com", "now": world.now, **changed}
    return issue_credit_note(number=number, amounts_fen=amounts_fen, **details)


def assert_sound() -> None:
    assert list(find_differences()) == []
    assert settlement_summary(SettlementFilters()).total.difference_fen == 0
    assert report_differences(datetime(2026, 1, 1, tzinfo=UTC)) == {}


def test_a_late_reading_credits_what_is_invoiced_and_a_later_one_debits_it_again(invoiced: World) -> None:
    read(invoiced, MONDAY + 1, 5, "late")
    (run,) = settle(invoiced)
    invoice, statement = document("invoice"), document("statement")
    note, charge = Invoice.objects.filter(run=run).order_by("-total_fen")
    assert {n.number for n in (note, charge)} == {f"SS-{note.year}-CB-000001", f"SS-{note.year}-CP-000001"}
    of_buyer, of_provider = sorted((note, charge), key=lambda n: n.series)
    assert (of_buyer.corrects, of_buyer.kind, of_buyer.cause) == (invoice, "credit", "suspended")
    assert (of_buyer.buyer, of_buyer.accelerator_hours) == (invoice.buyer, 3)
    lines = [(line.kind, line.quantity, line.amount_fen) for line in of_buyer.lines.all()]
    assert lines == [("compute", 3, 3 * PRICE), ("fee", 1, 19)]
    net_fen = 29 * PRICE + 198 - 19
    assert left_fen(invoice) == net_fen + share_half_up(amount_fen=net_fen, bps=600) == TOTAL_FEN - of_buyer.total_fen
    assert (of_provider.corrects, of_provider.total_fen) == (statement, 3 * PRICE + 310)
    assert_sound()

    read(invoiced, MONDAY + 1, 7, "corrected")
    (again,) = settle(invoiced)
    assert sorted(Invoice.objects.filter(run=again).values_list("kind", "series")) == [("debit", "DB"), ("debit", "DP")]
    net_fen = 31 * PRICE + 198 - 6
    assert left_fen(invoice) == net_fen + share_half_up(amount_fen=net_fen, bps=600)
    assert left_fen(statement) == balance("payable", invoiced.providers[0])
    assert_sound()
    assert settle(invoiced) == []


def test_finance_credits_a_line_and_the_money_follows(invoiced: World) -> None:
    buyer = invoiced.buyers[0].pk
    before, fees_fen, vat_fen = available_fen(buyer), balance("fees"), balance("vat")
    invoice = document("invoice")
    plan = plan_credit(document=invoice, amounts_fen={1: 1000, 2: 18})
    note = credit(invoice.number, invoiced, {1: 1000, 2: 18}, left_fen=plan.left_fen)
    assert (note.net_fen, note.vat_fen, note.total_fen) == (1018, plan.vat_fen, plan.total_fen) == (1018, 61, 1079)
    assert (note.reason, note.issued_by, left_fen(invoice)) == ("Slow network", "f@example.com", plan.left_after_fen)
    assert available_fen(buyer) == before + 1079
    assert (balance("allowances"), balance("fees"), balance("vat")) == (-1000, fees_fen - 18, vat_fen - 61)
    moved = Transfer.objects.filter(code="credit_note").values_list("key", "amount_fen")
    assert dict(moved) == {
        f"{note.number}:{kind}:funds": fen for kind, fen in (("allowances", 1000), ("fees", 18), ("vat", 61))
    }
    assert_sound()
    rest = credit(invoice.number, invoiced)
    assert (left_fen(invoice), note.total_fen + rest.total_fen) == (0, TOTAL_FEN)
    assert VatPeriod.objects.get().posted_fen == 0
    assert_sound()


def test_statements_and_fee_invoices_are_credited_too(invoiced: World) -> None:
    provider = invoiced.providers[0]
    fee = document("fee")
    assert (fee.number[8:], fee.total_fen, fee.buyer["name"]) == ("F-000001", 66, provider.name)
    owed = balance("payable", provider)
    credit(fee.number, invoiced)
    assert balance("payable", provider) == owed + 66
    statement = document("statement")
    credit(statement.number, invoiced, {1: 500})
    assert balance("payable", provider) == owed + 66 - 500
    assert balance("allowances") == 500
    credit(statement.number, invoiced)
    assert (left_fen(statement), balance("payable", provider), balance("receivable", provider)) == (0, 66, 0)
    assert_sound()


def test_what_was_allowed_and_then_falls_short_is_credited_once(invoiced: World) -> None:
    invoice = document("invoice")
    start_fen = available_fen(invoiced.buyers[0].pk)
    credit(invoice.number, invoiced)
    for hour in range(4):
        read(invoiced, MONDAY + hour, 0, f"late {hour}")
    settle(invoiced)
    amounts = net_amounts(invoice)
    assert all(fen == 0 for fen in amounts.values())
    assert left_fen(invoice) == balance("allowances") == 0
    penalty_fen = 3306
    assert available_fen(invoiced.buyers[0].pk) == start_fen + TOTAL_FEN + penalty_fen
    assert_sound()


@pytest.mark.parametrize(
    ("error", "amounts_fen", "changed"),
    [
        ("NothingToCredit", {}, {}),
        ("NothingToCredit", {1: 0}, {}),
        ("LineUnknown", {9: 1}, {}),
        ("AmountNotPositive", {1: -1}, {}),
        ("MoreThanLeft", {1: 33_057}, {}),
        ("CreditReasonMissing", {1: 1}, {"reason": " "}),
        ("CauseUnknown", {1: 1}, {"cause": "whim"}),
        ("DocumentChanged", {1: 1}, {"left_fen": 1}),
    ],
)
def test_a_credit_that_cannot_be_is_named_and_leaves_nothing(
    invoiced: World, error: str, amounts_fen: dict[int, int], changed: dict[str, Any]
) -> None:
    with pytest.raises(getattr(by_finance, error)) as caught:
        credit(document("invoice").number, invoiced, amounts_fen, **changed)
    assert isinstance(caught.value, UnableToCredit)
    assert str(caught.value)
    assert Invoice.objects.count() == 3


def test_a_note_is_not_credited_and_a_statements_fee_is_credited_by_its_fee_invoice(invoiced: World) -> None:
    note = credit(document("invoice").number, invoiced, {1: 1})
    with pytest.raises(by_finance.NotCreditable):
        credit(note.number, invoiced)
    with pytest.raises(by_finance.LineUnknown):
        credit(document("statement").number, invoiced, {2: 1})


def test_the_database_itself_refuses_to_credit_more_than_there_is(invoiced: World) -> None:
    invoice = document("invoice")
    note = Invoice(corrects=invoice, kind="credit", cause="error", series="CB", year=2000, sequence=1, number="x")
    for name in ("participant_id", "start", "end", "issued_at", "buyer", "seller", "vat_rate_bps", "check_code"):
        setattr(note, name, getattr(invoice, name))
    note.net_fen, note.vat_fen, note.total_fen, note.accelerator_hours = (
        invoice.total_fen + 1,
        0,
        invoice.total_fen + 1,
        0,
    )
    with pytest.raises(DatabaseError, match="by more than is left"), transaction.atomic():
        note.save()
    note.net_fen = note.total_fen = invoice.total_fen
    note.save()


@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_credit_no_more_than_the_total_and_leave_no_gap() -> None:
    world = World.create()
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    invoice = Invoice.objects.filter(kind="invoice").order_by("pk")[0]
    line = invoice.lines.get(position=1)
    share = line.amount_fen // 10 + 1  # nine fit, a tenth does not
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            credit(invoice.number, world, {1: share})
        except by_finance.MoreThanLeft as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes = Invoice.objects.filter(corrects=invoice).order_by("sequence")
    assert [note.sequence for note in notes] == list(range(1, 10))
    assert (len(errors), NumberSeries.objects.get(series="CB").last) == (7, 9)
    assert_sound()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE billing_invoice SET total_fen = total_fen + 1 WHERE kind = 'credit'", "under its number"),
        ("UPDATE billing_invoice SET vat_fen = vat_fen + 1 WHERE kind = 'credit'", "with its notes at"),
        ("UPDATE billing_invoiceline SET amount_fen = amount_fen + 1 WHERE kind = 'allowance'", "settled_base_fen"),
        ("UPDATE billing_invoice SET reason = 'other' WHERE kind = 'credit'", "check code"),
        ("UPDATE billing_invoice SET start = start + 168 WHERE kind = 'credit'", "its parties, period or rate"),
        ("UPDATE billing_invoice SET series = 'CP' WHERE kind = 'credit'", "its number is not that"),
        ("UPDATE billing_transfer SET key = 'x:' || id WHERE code = 'credit_note'", "under its number"),
    ],
)
def test_verify_finds_a_changed_note(invoiced: World, statement: str, says: str) -> None:
    credit(document("invoice").number, invoiced, {1: 777})
    with by_hand(), connection.cursor() as cursor:
        cursor.execute(statement)
        found = list(find_differences())
    assert any(says in sentence for sentence in found), found
