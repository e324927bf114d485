"""Random bids, trades, cuts, cancels and settlements: after each step the books hold, and money is where it must be."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.holds import InsufficientFunds
from billing.invoicing import issue_invoices, periods_to_invoice
from billing.models import Account, Hold, Invoice
from billing.verify import find_differences
from matching.engine.dtypes import Kind
from matching.models import Order
from tests.billing.world import MONDAY, World

DEPOSIT_FEN = 2_000_000


class Books(RuleBasedStateMachine):
    """Two buyers with little money, two markets, a fortnight; every step may leave clearing behind."""

    @initialize()
    def open_exchange(self) -> None:
        self.world = World.create(deposit_fen=DEPOSIT_FEN)
        self.world.hour = MONDAY - 2
        self.bids: list[Order] = []

    @property
    def live(self) -> list[Order]:
        return [bid for bid in self.bids if bid.is_live]

    @rule(
        buyer=st.integers(0, 1),
        market=st.integers(0, 1),
        wait=st.integers(1, 170),
        hours=st.integers(1, 30),
        quantity=st.integers(1, 9),
        price_fen=st.one_of(st.integers(1, 200), st.integers(1, 10_000)),
        block=st.booleans(),
    )
    def bid(self, buyer: int, market: int, wait: int, hours: int, quantity: int, price_fen: int, block: bool) -> None:
        try:
            bid = self.world.bid(
                buyer,
                market=market,
                start=self.world.hour + wait,
                hours=hours,
                quantity=quantity,
                price_fen=price_fen,
                block=block,
            )
        except InsufficientFunds:
            return
        self.bids.append(bid)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), bid_is_taker=st.booleans())
    def trade(self, data: st.DataObject, bid_is_taker: bool) -> None:
        bid = data.draw(st.sampled_from(self.live))
        limit_fen = bid.price_fen or 1
        price_fen = data.draw(st.one_of(st.just(limit_fen), st.integers(1, limit_fen)))
        first, hours = 0, bid.hours
        if bid.kind == Kind.HOURLY:
            first = data.draw(st.sampled_from([h for h, q in enumerate(bid.open) if q]))
            end = next((h for h in range(first, bid.hours) if not bid.open[h]), bid.hours)
            hours = data.draw(st.integers(1, end - first))
            open_quantity = min(bid.open[first : first + hours])
        else:
            open_quantity = bid.open[0]
        self.world.trade(
            bid,
            price_fen=price_fen,
            quantity=data.draw(st.integers(1, open_quantity)),
            start=bid.start + first,
            hours=hours,
            bid_is_taker=bid_is_taker,
        )

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.world.cancel(data.draw(st.sampled_from(self.live)))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def cut(self, data: st.DataObject) -> None:
        bid = data.draw(st.sampled_from(self.live))
        self.world.cut(bid, data.draw(st.integers(1, bid.quantity)))

    @rule()
    def clear(self) -> None:
        self.world.clear()

    @rule(hours=st.integers(1, 60))
    def deliver(self, hours: int) -> None:
        self.world.settle(self.world.hour + hours)
        for bid in self.live:
            bid.refresh_from_db()

    @rule()
    def invoice(self) -> None:
        for start in periods_to_invoice(now=self.world.now):
            issue_invoices(period_start=start, now=self.world.now)

    @invariant()
    def books_hold(self) -> None:
        assert list(find_differences()) == []

    def teardown(self) -> None:
        """At the end everything is delivered: no hold is left, and buyers paid what providers, exchange and state got."""
        self.world.settle(self.world.hour + 210)
        self.invoice()
        self.books_hold()
        assert not Hold.objects.exists()
        balance = dict.fromkeys(Account.Kind.values, 0)
        for account in Account.objects.all():
            balance[account.kind] += account.credits_posted - account.debits_posted
            assert account.debits_pending == account.credits_pending == 0
        assert balance["clearing"] == balance["obligations"] == 0
        assert 2 * DEPOSIT_FEN - balance["funds"] == balance["payable"] + balance["fees"] + balance["vat"]
        invoices = Invoice.objects.filter(end__lte=self.world.hour)
        charged = sum(invoice.total_fen for invoice in invoices if invoice.kind == "invoice")
        stated = sum(invoice.total_fen for invoice in invoices if invoice.kind == "statement")
        assert charged <= 2 * DEPOSIT_FEN - balance["funds"]
        assert stated <= balance["payable"]


@pytest.mark.django_db
def test_the_books_hold_after_any_sequence_of_steps() -> None:
    class InItsOwnTransaction(Books):
        def __init__(self) -> None:
            super().__init__()
            self.atomic = transaction.atomic()
            self.atomic.__enter__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                transaction.set_rollback(True)
                self.atomic.__exit__(None, None, None)

    run_state_machine_as_test(
        InItsOwnTransaction,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
