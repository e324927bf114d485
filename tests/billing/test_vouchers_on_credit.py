"""Vouchers and credit together: a buyer without money of its own, whose vouchers pay a share, from the hold to the last payment.

The amounts expected are reckoned here, with fractions, from what was sold and what fell short of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import pytest

from billing.credit.due import pay_all
from billing.credit_notes.by_finance import issue_credit_note
from billing.documents.content import document_content
from billing.einvoices.terms import invoice_terms
from billing.funds import available_fen, deposit_funds
from billing.invoicing import issue_invoices
from billing.models import Invoice, InvoiceDue
from billing.money import yuan
from billing.reports import read_asked
from billing.reports.registry import REPORTS
from billing.reports.rows import read_totals
from billing.settlement import settle_delivered
from billing.verify import find_differences
from tests.billing.report_differences import report_differences
from tests.billing.test_credit import lend
from tests.billing.test_invoicing import WEEK
from tests.billing.test_shortfalls import balance, read
from tests.billing.test_vouchers import programme
from tests.billing.world import MONDAY, World

CREDIT_FEN = 1_000_000
FEE, VAT, SHARE, PENALTY = Fraction(60, 10_000), Fraction(6, 100), Fraction(30, 100), Fraction(10, 100)


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


@dataclass(frozen=True)
class Week:
    """What one trade of a week comes to: `sold` and `short` are values before fee and VAT, in fen."""

    sold: int
    short: int = 0

    @property
    def total(self) -> int:
        net = self.sold - self.short + half_up(self.sold * FEE) - half_up(self.short * FEE)
        return net + half_up(net * VAT)

    @property
    def by_voucher(self) -> int:
        return half_up((self.sold - self.short) * SHARE)

    @property
    def penalty(self) -> int:
        return half_up(self.short * PENALTY)

    @property
    def owed(self) -> int:
        return self.total - self.by_voucher - self.penalty


@pytest.fixture
def lent(db: None) -> World:
    """A buyer without money, with ¥10,000 of credit for 14 days and a voucher that pays 30 %."""
    world = World.create(deposit_fen=0)
    lend(world, 0, CREDIT_FEN, terms_days=14)
    programme(world, end=MONDAY + 28 * 24)
    return world


def buy(world: World, *, week: int, hours: int, quantity: int, price_fen: int) -> None:
    world.hour = max(world.hour, MONDAY + week * WEEK - 10)
    bid = world.bid(0, start=MONDAY + week * WEEK + 5, hours=hours, quantity=quantity, price_fen=price_fen)
    world.trade(bid, price_fen=price_fen, quantity=quantity)
    world.clear()


def invoice(world: World, *, week: int) -> Invoice:
    world.settle(MONDAY + (week + 1) * WEEK)
    pay_all(now=world.now)
    issue_invoices(period_start=MONDAY + week * WEEK, now=world.now)
    return Invoice.objects.get(kind="invoice", start=MONDAY + week * WEEK)


def owed_fen(world: World) -> int:
    """What the buyer owes by the ledger; nothing of it may stand where nobody asks for it."""
    assert balance("receivable", world.buyers[0]) == 0
    assert list(find_differences()) == []
    assert report_differences(world.now) == {}
    return -balance("funds", world.buyers[0])


def open_fen() -> list[int]:
    return list(InvoiceDue.objects.order_by("invoice_id").values_list("open_fen", flat=True))


def test_hold_trade_and_settlement_draw_on_credit_and_the_voucher_pays_back(lent: World) -> None:
    bid = lent.bid(0, start=MONDAY + 5, hours=3, quantity=7, price_fen=1033)
    fee = ceil(1033 * FEE + Fraction(1, 2))
    held = (1033 + fee + ceil((1033 + fee) * VAT) + 1) * 21
    assert available_fen(lent.buyers[0].pk) == CREDIT_FEN - held
    lent.trade(bid, price_fen=1033, quantity=7)
    lent.clear()
    week = Week(sold=1033 * 21)
    assert (
        available_fen(lent.buyers[0].pk) == CREDIT_FEN - week.total
    )  # the voucher pays when it is delivered, not before
    lent.settle(MONDAY + 8)
    assert owed_fen(lent) == week.owed == week.total - week.by_voucher
    assert available_fen(lent.buyers[0].pk) == CREDIT_FEN - week.owed
    assert balance("subsidy") == -week.by_voucher


def test_an_invoice_is_due_less_what_its_own_vouchers_paid(lent: World) -> None:
    buy(lent, week=0, hours=3, quantity=7, price_fen=1033)
    first, one = invoice(lent, week=0), Week(sold=1033 * 21)
    buy(lent, week=1, hours=2, quantity=5, price_fen=997)
    lent.settle(MONDAY + WEEK + 7)
    pay_all(now=lent.now)
    assert open_fen() == [one.owed]  # what vouchers pay of the second week is no payment of the first
    second, two = invoice(lent, week=1), Week(sold=997 * 10)
    assert open_fen() == [one.owed, two.owed]
    assert owed_fen(lent) == one.owed + two.owed
    for document, week in ((first, one), (second, two)):
        assert (document.total_fen, document.voucher_fen) == (week.total, week.by_voucher)
        terms = invoice_terms(document)
        assert (terms["BT-112"], terms["BT-113"], terms["BT-115"]) == tuple(
            f"{fen / 100:.2f}" for fen in (week.total, week.by_voucher, week.owed)
        )
        printed = [amount for _zh, _en, amount in document_content(document)["payment"]]
        assert printed == [yuan(week.by_voucher), yuan(0), yuan(week.owed)]
    totals = {name: read_totals(REPORTS[name], read_asked({}, now=lent.now)).sums for name in ("ageing", "vouchers")}
    assert totals["ageing"]["open_cny"] == one.owed + two.owed
    assert totals["vouchers"]["used_cny"] == one.by_voucher + two.by_voucher
    deposit_funds(participant_id=lent.buyers[0].pk, amount_fen=one.owed + two.owed, key="paid", now=lent.now)
    assert (open_fen(), owed_fen(lent)) == ([0, 0], 0)


def test_late_readings_and_credit_notes_move_what_is_open_and_nothing_else(lent: World) -> None:
    """What a corrected reading takes back is owed on the invoice too, though the buyer has no money to take it from."""
    buy(lent, week=0, hours=3, quantity=7, price_fen=1033)
    first, one = invoice(lent, week=0), Week(sold=1033 * 21)
    buy(lent, week=1, hours=2, quantity=5, price_fen=997)
    lent.settle(MONDAY + WEEK + 7)
    for missing, name in ((3, "short"), (1, "corrected")):
        read(lent, MONDAY + WEEK + 5, 5 - missing, name)
        settle_delivered(until_hour=lent.hour, now=lent.now)
        two = Week(sold=997 * 10, short=997 * missing)
        assert owed_fen(lent) == one.owed + two.owed
    second = invoice(lent, week=1)
    assert (second.total_fen, second.voucher_fen) == (two.total, two.by_voucher)
    assert open_fen() == [one.owed - two.penalty, two.total - two.by_voucher]  # the penalty is the buyer's own money

    read(lent, MONDAY + WEEK + 6, 4, "after the invoice")
    settle_delivered(until_hour=lent.hour, now=lent.now)
    later = Week(sold=997 * 10, short=997 * 2)
    note = second.notes.get()
    assert (note.total_fen, note.voucher_fen) == (two.total - later.total, two.by_voucher - later.by_voucher)
    issue_credit_note(
        number=first.number, amounts_fen={1: 1033}, cause="allowance", reason="Slow", by="f", now=lent.now
    )
    # A credit note of finance takes an allowance off the value, and nothing off the fee.
    net = one.sold + half_up(one.sold * FEE) - 1033
    credited_total, credited_voucher = net + half_up(net * VAT), half_up((one.sold - 1033) * SHARE)
    assert first.notes.get().total_fen == one.total - credited_total
    assert first.notes.get().voucher_fen == one.by_voucher - credited_voucher
    pay_all(now=lent.now)
    left_fen = credited_total - credited_voucher + later.owed
    assert (owed_fen(lent), sum(open_fen())) == (left_fen, left_fen)
    assert balance("subsidy") == -credited_voucher - later.by_voucher
    deposit_funds(participant_id=lent.buyers[0].pk, amount_fen=left_fen, key="paid", now=lent.now)
    assert (sum(open_fen()), owed_fen(lent)) == (0, 0)
