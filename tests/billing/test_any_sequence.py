"""Random bids, trades, cuts, cancels, deliveries, readings, disputes and invoices: after each step the books hold to the fen."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.delivery.disputes import (
    UnableToDispute,
    delivered_accelerators,
    held_accelerators,
    raise_dispute,
    resolve_dispute,
)
from billing.delivery.readings import NewReading, record_readings
from billing.fees.versions import approve_schedule, new_schedule, propose_schedule
from billing.holds import InsufficientFunds
from billing.invoicing import PeriodNotSettled, issue_invoices, periods_to_invoice
from billing.models import Account, Adjustment, Dispute, Hold, Invoice, Obligation
from billing.period import day_of
from billing.reports import SettlementFilters, settlement_summary
from billing.sealing import seal_transfers
from billing.verify import find_differences
from billing.versions import UnableToVersion
from billing.vouchers import programmes
from matching.engine.dtypes import Kind
from matching.models import Order
from tests.billing.world import MONDAY, World

Step = tuple[Any, ...]  # a verb of Books and its arguments

DEPOSIT_FEN = 2_000_000
WEEK = 168

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
deliveries = st.tuples(st.just("deliver"), st.integers(1, 60))
steps = st.lists(
    st.one_of(
        bid_steps,
        trade_steps,
        trade_steps,
        other_steps,
        deliveries,
        deliveries,
        delivery_steps,
        delivery_steps,
        subsidy_steps,
    ),
    min_size=8,
    max_size=16,
)


class Books:
    """Two buyers with little money, two markets; a step may leave clearing behind."""

    def __init__(self) -> None:
        self.world = World.create(deposit_fen=DEPOSIT_FEN)
        self.world.hour = MONDAY - 2
        self.bids: list[Order] = []
        self.readings = 0

    @property
    def live(self) -> list[Order]:
        return [bid for bid in self.bids if bid.is_live]

    def bid(self, order: dict[str, Any], wait: int) -> None:
        with contextlib.suppress(InsufficientFunds):
            self.bids.append(self.world.bid(start=self.world.hour + wait, **order))

    def trade(self, choice: int, of_price: float, of_size: float, bid_is_taker: bool) -> None:
        """Fill a share of an open bid, at a share of its limit."""
        if not self.live:
            return
        bid = self.live[choice % len(self.live)]
        first, hours, quantity = 0, bid.hours, bid.open[0]
        if bid.kind == Kind.HOURLY:
            first = next(hour for hour, open_now in enumerate(bid.open) if open_now)
            whole = next((hour for hour in range(first, bid.hours) if not bid.open[hour]), bid.hours) - first
            hours = max(1, round(whole * of_size))
            quantity = min(bid.open[first : first + hours])
        self.world.trade(
            bid,
            price_fen=max(1, round((bid.price_fen or 1) * of_price)),
            quantity=max(1, round(quantity * of_size)),
            start=bid.start + first,
            hours=hours,
            bid_is_taker=bid_is_taker,
        )

    def cancel(self, choice: int) -> None:
        if self.live:
            self.world.cancel(self.live[choice % len(self.live)])

    def cut(self, choice: int, quantity: int) -> None:
        if self.live:
            self.world.cut(self.live[choice % len(self.live)], quantity)

    def clear(self) -> None:
        self.world.clear()

    def deliver(self, hours: int) -> None:
        self.world.settle(self.world.hour + hours)
        for bid in self.live:
            bid.refresh_from_db()

    def read(self, choice: int, hour_choice: int, share: float) -> None:
        """The meter of a sold hour that has ended says something, perhaps again, perhaps late."""
        if (place := self._ended_hour(choice, hour_choice)) is None:
            return
        sold, hour = place
        held = held_accelerators(site_id=sold.site_id, hour=hour, holder_id=sold.buyer_id)
        self.readings += 1
        reading = NewReading(
            site=sold.site.slug,
            hour=hour,
            holder=sold.buyer.slug,
            accelerators=round(held * share),
            source="dcim",
            source_id=f"{self.readings}",
            read_at=self.world.now,
        )
        (verdict,) = record_readings(provider_id=sold.site.provider_id, readings=[reading], now=self.world.now)
        assert verdict.error is None

    def dispute(self, choice: int, hour_choice: int, share: float) -> None:
        if (place := self._ended_hour(choice, hour_choice)) is None:
            return
        sold, hour = place
        counted = delivered_accelerators(site_id=sold.site_id, hour=hour, holder_id=sold.buyer_id)
        with contextlib.suppress(UnableToDispute):
            raise_dispute(
                site_id=sold.site_id, hour=hour, holder_id=sold.buyer_id, accelerators=int(counted * share), reason="Down",
                by="a", now=self.world.now,
            )  # fmt: skip

    def resolve(self, share: float | None) -> None:
        dispute = Dispute.objects.filter(state="open").first()
        if dispute is None:
            return
        held = held_accelerators(site_id=dispute.site_id, hour=dispute.hour, holder_id=dispute.holder_id)
        resolve_dispute(
            dispute_id=dispute.pk, accelerators=None if share is None else round(held * share), resolution="So", by="f",
            now=self.world.now,
        )  # fmt: skip

    def fees(self, tier: tuple[int, int, int], buyer: int | None) -> None:
        """Fees rise or fall from tomorrow on, for all or one of the buyers."""
        schedule = new_schedule(
            tiers=[(0, *tier[:2]), (500_000, tier[0], tier[2])], from_hour=self.world.hour + 24, reason="So",
            participant_id=None if buyer is None else self.world.buyers[buyer].pk,
        )  # fmt: skip
        propose_schedule(schedule=schedule, by="a", now=self.world.now)
        with contextlib.suppress(UnableToVersion):
            approve_schedule(schedule_id=schedule.pk, by="b", now=self.world.now)

    def programme(self, budget_fen: int, cap: float, share_bps: int, days: int) -> None:
        """A voucher for each buyer from today on."""
        today = day_of(self.world.hour)[0]
        made = programmes.create_programme(
            name="V", sponsor="S", budget_fen=budget_fen, cap_fen=max(1, int(budget_fen * cap)), start=today,
            end=today + 24 * days, shares_bps={self.world.markets[0].compute_class_id: share_bps}, by="a",
            now=self.world.now,
        )  # fmt: skip
        buyers = [buyer.pk for buyer in self.world.buyers]
        programmes.issue_vouchers(programme_id=made.pk, participant_ids=buyers, by="a", now=self.world.now)
        programmes.activate_programme(programme_id=made.pk, by="b", now=self.world.now)

    def seal(self) -> None:
        seal_transfers(now=self.world.now, wait_seconds=0)

    def _ended_hour(self, choice: int, hour_choice: int) -> tuple[Obligation, int] | None:
        sold = list(Obligation.objects.filter(start__lt=self.world.hour).select_related("site", "buyer").order_by("pk"))
        if not sold:
            return None
        one = sold[choice % len(sold)]
        return one, one.start + hour_choice % (min(one.start + one.hours, self.world.hour) - one.start)

    def invoice(self) -> None:
        for start in periods_to_invoice(now=self.world.now):
            with contextlib.suppress(PeriodNotSettled):  # a reading or a dispute waits for its delta run
                issue_invoices(period_start=start, now=self.world.now)

    def finish(self) -> None:
        """Deliver all there is up to the end of its invoice periods."""
        for _dispute in Dispute.objects.filter(state="open"):
            self.resolve(0.5)
        self.deliver(2 * WEEK + (MONDAY - self.world.hour) % WEEK)
        self.invoice()


@pytest.mark.django_db
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.tuples(bid_steps, trade_steps, steps))
def test_the_books_hold_after_each_of_any_sequence_of_steps(sequence: tuple[Step, Step, list[Step]]) -> None:
    with transaction.atomic():
        books = Books()
        first_bid, first_trade, others = sequence
        for step in (first_bid, first_trade, *others):
            getattr(books, step[0])(*step[1:])
            assert list(find_differences()) == []
        books.finish()
        assert list(find_differences()) == []
        _check_everything_is_paid()
        transaction.set_rollback(True)


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
    paid_fen = 2 * DEPOSIT_FEN - balance["funds"] + buyers_debt_fen
    paid_fen -= balance["subsidy"]  # what vouchers paid is a debit there
    owed_fen = balance["payable"] + balance["receivable"] + buyers_debt_fen
    assert paid_fen == owed_fen + balance["fees"] + balance["vat"]
    totals = dict.fromkeys(Invoice.Kind.values, 0)
    for invoice in Invoice.objects.all():
        totals[invoice.kind] += invoice.total_fen
    penalty_fen = sum(Adjustment.objects.values_list("penalty_fen", flat=True))
    # Penalties go from providers to buyers outside the invoices.
    assert totals["invoice"] == paid_fen + penalty_fen
    assert totals["statement"] == owed_fen
    report = settlement_summary(SettlementFilters()).total
    assert (report.difference_fen, report.uninvoiced_fen, report.undelivered_fen) == (0, 0, 0)
    assert report.invoiced_fen == sum(Invoice.objects.filter(kind="invoice").values_list("net_fen", flat=True))
