"""Random steps from bids to credit notes, corrections and payouts: after each of them the books hold to the fen."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.corrections.by_hand import (
    CorrectionAlreadyAsked,
    CorrectionNotCovered,
    CorrectionTooLarge,
    approve_correction,
    ask_to_correct,
    left_of,
    refuse_correction,
)
from billing.credit_notes.by_finance import MoreThanLeft, NothingToCredit, issue_credit_note
from billing.credit_notes.net_lines import creditable_lines, left_fen
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
from billing.models import Account, Adjustment, Dispute, Hold, Invoice, Obligation, Payout, PayoutBatch, Transfer
from billing.payouts.answers import confirm_payout, fail_payout, return_payout
from billing.payouts.batches import approve_batch, drop_batch, prepare_payouts, send_batch
from billing.payouts.refusal import UnableToPayOut
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
desk_steps = st.one_of(
    st.tuples(st.just("credit"), st.integers(0, 99), st.integers(0, 9), st.one_of(st.none(), st.floats(0, 1))),
    st.tuples(st.just("credit"), st.integers(0, 99), st.integers(0, 9), st.one_of(st.none(), st.floats(0, 1))),
    st.tuples(st.just("correct"), st.integers(0, 9), st.floats(0, 1), st.booleans()),
    st.tuples(st.just("pay_out"), st.sampled_from(["prepare", "drop", "send", "paid", "failed", "returned"])),
)
deliveries = st.tuples(st.just("deliver"), st.integers(1, 60))
week_steps = st.tuples(st.just("end_week"))
steps = st.lists(
    st.one_of(
        bid_steps, trade_steps, trade_steps, other_steps, deliveries, deliveries, delivery_steps, delivery_steps, desk_steps,
        desk_steps, week_steps, subsidy_steps,
    ),
    min_size=8,
    max_size=16,
)  # fmt: skip


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

    def end_week(self) -> None:
        """All of the week is delivered and invoiced, so that what comes then needs notes."""
        self.deliver(WEEK - (self.world.hour - MONDAY) % WEEK)
        self.invoice()

    def credit(self, choice: int, line: int, share: float | None) -> None:
        """Finance credits a share of what is left of a line, or all of a document."""
        documents = list(Invoice.objects.filter(corrects=None).order_by("pk"))
        if not documents:
            return
        document = documents[choice % len(documents)]
        lines = creditable_lines(document)
        amounts = None
        if share is not None and lines:
            chosen = lines[line % len(lines)]
            amounts = {chosen.line.position: round(chosen.amount_fen * share)}
        with contextlib.suppress(NothingToCredit, MoreThanLeft):  # a statement's line may be above what it pays
            issue_credit_note(
                number=document.number, amounts_fen=amounts, cause="allowance", reason="So", by="f", now=self.world.now
            )

    def correct(self, choice: int, share: float, is_approved: bool) -> None:
        """A deposit was typed too large."""
        deposits = list(Transfer.objects.filter(code="top_up", corrects=None).order_by("pk"))
        deposit = deposits[choice % len(deposits)]
        with contextlib.suppress(CorrectionTooLarge, CorrectionAlreadyAsked):
            asked = ask_to_correct(
                transfer_id=deposit.pk,
                amount_fen=round(left_of(deposit) * share),
                reason="So",
                by="f",
                now=self.world.now,
            )
            with contextlib.suppress(CorrectionNotCovered):
                decide = approve_correction if is_approved else refuse_correction
                decide(correction_id=asked.pk, by="g", now=self.world.now)

    def pay_out(self, do: str) -> None:
        """Providers are paid, or the bank says no, or the money comes back."""
        now = self.world.now
        with contextlib.suppress(UnableToPayOut, PayoutBatch.DoesNotExist):
            if do == "prepare":
                batch = prepare_payouts(minimum_fen=1, by="f", now=now)
            else:
                batch = PayoutBatch.objects.latest("pk")
            if do == "drop":
                drop_batch(batch_id=batch.pk, by="f", now=now)
            elif do == "send":
                approve_batch(batch_id=batch.pk, by="g", now=now)
                send_batch(batch_id=batch.pk, by="f", now=now)
            elif (
                payout := batch.payouts.order_by("pk").filter(state="paid" if do == "returned" else "reserved").first()
            ):
                self._answer(payout, do)

    def _answer(self, payout: Payout, do: str) -> None:
        now = self.world.now
        if do == "paid":
            confirm_payout(payout_id=payout.pk, bank_reference=f"B{payout.pk}", by="f", now=now)
        elif do == "failed":
            fail_payout(payout_id=payout.pk, reason="Closed", by="f", now=now)
        elif do == "returned":
            return_payout(payout_id=payout.pk, reason="Closed", by="f", now=now)

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
        for payout in Payout.objects.filter(state="reserved", batch__state="sent"):
            self._answer(payout, "paid")
        for batch in PayoutBatch.objects.filter(state__in=["draft", "approved"]):
            drop_batch(batch_id=batch.pk, by="f", now=self.world.now)


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
