"""Random steps from bids on money and on credit to credit notes, vouchers, corrections and payouts: after each the books hold."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.credit.due import pay_all
from billing.credit_notes.net_lines import left_fen
from billing.models import (
    Account,
    Adjustment,
    Hold,
    Invoice,
    InvoiceDue,
    Transfer,
    VatPeriod,
    VoucherUse,
)
from billing.reports import SettlementFilters, settlement_summary
from billing.reports.words import WORDS
from billing.verify import find_differences
from matching.models import Change, Participant
from tests.billing.any_steps import WEEK, Books
from tests.billing.report_differences import report_differences
from tests.billing.world import MONDAY

SOAK_SEQUENCES = int(os.environ.get("SOAK_SEQUENCES", "100"))

Step = tuple[Any, ...]  # a verb of Books and its arguments

prices = st.one_of(st.integers(1, 200), st.integers(1, 10_000))
bid_steps = st.tuples(
    st.just("bid"),
    st.fixed_dictionaries(
        {
            "buyer": st.integers(0, 1),
            "market": st.integers(0, 1),
            "hours": st.integers(1, 30),
            "quantity": st.integers(1, 9),
            "price_fen": prices,
            "block": st.booleans(),
        }
    ),
    st.integers(1, 170),
)
trade_steps = st.tuples(st.just("trade"), st.integers(0, 99), st.floats(0, 1), st.floats(0, 1), st.booleans())
other_steps = st.one_of(
    st.tuples(st.just("cancel"), st.integers(0, 99)),
    st.tuples(st.just("cut"), st.integers(0, 99), st.integers(1, 9)),
    st.tuples(st.just("clear")),
    st.tuples(st.just("invoice")),
)
delivery_steps = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 99), st.integers(0, 99), st.floats(0, 1)),
    st.tuples(st.just("read"), st.integers(0, 99), st.integers(0, 99), st.floats(0, 1)),
    st.tuples(st.just("dispute"), st.integers(0, 99), st.integers(0, 99), st.floats(0, 1)),
    st.tuples(st.just("resolve"), st.one_of(st.none(), st.floats(0, 1))),
    st.tuples(st.just("seal")),
)
fees = st.tuples(st.integers(0, 300), st.integers(0, 900), st.integers(0, 900))
subsidy_steps = st.one_of(
    st.tuples(st.just("fees"), fees, st.one_of(st.none(), st.integers(0, 1))),
    st.tuples(
        st.just("programme"), st.integers(1, 400_000), st.floats(0.01, 1), st.integers(1, 10_000), st.integers(1, 9)
    ),
)
credit_steps = st.one_of(
    st.tuples(st.just("lend"), st.integers(0, 1), st.integers(0, 3_000_000), st.integers(0, 60)),
    st.tuples(st.just("pay_in"), st.integers(0, 1), st.floats(0.01, 1)),
    st.tuples(st.just("penalty"), st.integers(0, 10_000)),
)
desk_steps = st.one_of(
    st.tuples(st.just("credit"), st.integers(0, 99), st.integers(0, 9), st.one_of(st.none(), st.floats(0, 1))),
    st.tuples(st.just("credit"), st.integers(0, 99), st.integers(0, 9), st.one_of(st.none(), st.floats(0, 1))),
    st.tuples(st.just("correct"), st.integers(0, 9), st.floats(0, 1), st.booleans()),
    st.tuples(st.just("pay_out"), st.sampled_from(["prepare", "drop", "send", "paid", "failed", "returned"])),
)
deliveries = st.tuples(st.just("deliver"), st.integers(1, 60))
week_steps = st.tuples(st.just("end_week"))
any_step = st.one_of(
    bid_steps, trade_steps, trade_steps, other_steps, deliveries, deliveries, delivery_steps, delivery_steps, desk_steps,
    desk_steps, week_steps, subsidy_steps, credit_steps,
)  # fmt: skip


def sequences(*, longest: int) -> st.SearchStrategy[tuple[Step, ...]]:
    """A bid, a trade and 8 to `longest` steps of any kind."""
    others = st.lists(any_step, min_size=8, max_size=longest)
    return st.tuples(bid_steps, trade_steps, others).map(lambda parts: (parts[0], parts[1], *parts[2]))


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(on_credit=st.booleans(), sequence=sequences(longest=16))
def test_the_books_hold_after_each_of_any_sequence_of_steps(on_credit: bool, sequence: tuple[Step, ...]) -> None:
    play(on_credit, sequence)


@pytest.mark.soak
@pytest.mark.django_db
@settings(max_examples=SOAK_SEQUENCES, deadline=None, suppress_health_check=list(HealthCheck))
@given(on_credit=st.booleans(), sequence=sequences(longest=40))
def test_the_books_hold_after_each_of_many_longer_sequences(on_credit: bool, sequence: tuple[Step, ...]) -> None:
    play(on_credit, sequence)


def play(on_credit: bool, sequence: tuple[Step, ...]) -> None:
    """Take every step and look at the books after it, then deliver, settle, invoice and pay all that is left."""
    with transaction.atomic():
        books = Books(on_credit=on_credit)
        for step in sequence:
            getattr(books, step[0])(*step[1:])
            pay_all(now=books.world.now)
            assert list(find_differences()) == []
            assert report_differences(books.world.now) == {}
            _check_what_is_open()
        books.finish()
        assert list(find_differences()) == []
        _check_everything_is_paid()
        _check_what_is_open()
        assert set(Change.objects.values_list("what", flat=True)) <= WORDS.keys()
        transaction.set_rollback(True)


def _check_what_is_open() -> None:
    """Invoices ask for what the ledger says that their buyers owe for them, and no buyer uses more than it may."""
    for buyer in Participant.objects.filter(buys=True):
        account = Account.objects.get(kind="funds", participant=buyer)
        assert account.debits_posted + account.debits_pending <= account.credits_posted + account.overdraft_fen
        dues = list(InvoiceDue.objects.filter(participant=buyer))
        invoices = Invoice.objects.filter(kind="invoice", participant=buyer)
        invoiced = set(invoices.values_list("start", flat=True))
        debt_fen = account.debits_posted - account.credits_posted
        for period in VatPeriod.objects.filter(participant=buyer).exclude(start__in=invoiced):
            debt_fen -= period.settled_base_fen + period.posted_fen
        uses = VoucherUse.objects.filter(voucher__participant=buyer)
        debt_fen += sum(use.amount_fen for use in uses if use.day - (use.day - MONDAY) % WEEK not in invoiced)
        asked_fen = sum(due.open_fen for due in dues)
        assert asked_fen == min(max(debt_fen, 0), sum(due.total_fen for due in dues))


def _check_everything_is_paid() -> None:
    """No hold is left, and buyers paid what providers, exchange and state received, as the documents say."""
    assert not Hold.objects.exists()
    balance = dict.fromkeys(Account.Kind.values, 0)
    for account in Account.objects.all():
        balance[account.kind] += account.credits_posted - account.debits_posted
        assert account.debits_pending == account.credits_pending == 0
    assert balance["clearing"] == balance["obligations"] == balance["disputed"] == 0
    buyers_debt_fen = sum(
        a.debits_posted - a.credits_posted for a in Account.objects.filter(kind="receivable", participant__buys=True)
    )
    deposited_fen = _moved("top_up", "bank")
    paid_out_fen = -_moved("payout", "bank")
    paid_fen = deposited_fen - balance["funds"] + buyers_debt_fen
    paid_fen -= balance["subsidy"]  # what vouchers paid is a debit there
    owed_fen = balance["payable"] + balance["receivable"] + buyers_debt_fen + paid_out_fen
    assert paid_fen == owed_fen + balance["fees"] + balance["vat"] + balance["allowances"]
    assert -balance["bank"] == deposited_fen - paid_out_fen
    left = dict.fromkeys(Invoice.Kind.values, 0)
    for document in Invoice.objects.filter(corrects=None):
        left[document.kind] += left_fen(document)
        assert left_fen(document) >= 0 or document.kind == "statement"
    fee_credits_fen = sum(Invoice.objects.filter(corrects__kind="fee").values_list("total_fen", flat=True))
    penalty_fen = sum(Adjustment.objects.values_list("penalty_fen", flat=True))
    # Penalties go from providers to buyers outside the invoices.
    assert left["invoice"] == paid_fen + penalty_fen
    assert left["statement"] + fee_credits_fen == owed_fen
    report = settlement_summary(SettlementFilters()).total
    assert (report.difference_fen, report.uninvoiced_fen, report.undelivered_fen) == (0, 0, 0)
    invoiced_fen = sum(
        invoice.net_fen + sum(note.sign * note.net_fen for note in invoice.notes.all())
        for invoice in Invoice.objects.filter(kind="invoice").prefetch_related("notes")
    )
    assert (report.invoiced_fen, report.invoiced_fen + report.credited_fen) == (invoiced_fen, report.chargeable_fen)


def _moved(code: str, kind: str) -> int:
    """What transfers of a code moved out of the exchange's account of a kind, less what they moved back."""
    moved = Transfer.objects.filter(code=code, phase__in=["posted", "post"])
    out, back = (
        sum(moved.filter(**{f"{side}_account__kind": kind}).values_list("amount_fen", flat=True))
        for side in ("debit", "credit")
    )
    return out - back
