"""The steps of random sequences: what buyers, providers, meters, banks and finance do, each by the verb of its page."""

from __future__ import annotations

import contextlib
from typing import Any

from billing.corrections.by_hand import (
    CorrectionAlreadyAsked,
    CorrectionNotCovered,
    CorrectionTooLarge,
    approve_correction,
    ask_to_correct,
    left_of,
    refuse_correction,
)
from billing.credit.limits import approve_limit, ask_for_limit
from billing.credit_notes.by_finance import MoreThanLeft, NothingToCredit, issue_credit_note
from billing.credit_notes.net_lines import creditable_lines
from billing.delivery.disputes import (
    UnableToDispute,
    delivered_accelerators,
    held_accelerators,
    raise_dispute,
    resolve_dispute,
)
from billing.delivery.penalty import approve_penalty_rate, propose_penalty_rate
from billing.delivery.readings import NewReading, record_readings
from billing.fees.versions import approve_schedule, new_schedule, propose_schedule
from billing.funds import deposit_funds
from billing.holds import InsufficientFunds
from billing.invoicing import PeriodNotSettled, issue_invoices, periods_to_invoice
from billing.models import (
    Dispute,
    Invoice,
    InvoiceDue,
    Obligation,
    Payout,
    PayoutBatch,
    Transfer,
)
from billing.payouts.answers import confirm_payout, fail_payout, return_payout
from billing.payouts.batches import approve_batch, drop_batch, prepare_payouts, send_batch
from billing.payouts.refusal import UnableToPayOut
from billing.period import date_of, day_of
from billing.sealing import seal_transfers
from billing.versions import UnableToVersion
from billing.vouchers import programmes
from matching.engine.dtypes import Kind
from matching.models import Order
from tests.billing.world import MONDAY, World

DEPOSIT_FEN = 2_000_000
CREDIT_FEN = 3_000_000
WEEK = 168


class Books:
    """Two buyers with little money, or next to none with credit and vouchers; two markets. A step may leave clearing behind."""

    def __init__(self, *, on_credit: bool) -> None:
        self.world = World.create(deposit_fen=1_000 if on_credit else DEPOSIT_FEN)
        self.world.hour = MONDAY - 2
        self.bids: list[Order] = []
        self.readings = 0
        if on_credit:
            for buyer in range(2):
                self.lend(buyer, CREDIT_FEN, 14)
            self.programme(400_000, 0.5, 3_000, 21)

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

    def penalty(self, bps: int) -> None:
        """Shortfalls of what is traded from tomorrow on cost another penalty."""
        tomorrow = day_of(self.world.hour)[1]
        rate = propose_penalty_rate(bps=bps, from_hour=tomorrow, reason="So", by="a", now=self.world.now)
        approve_penalty_rate(rate_id=rate.pk, by="b", now=self.world.now)

    def lend(self, buyer: int, limit_fen: int, terms_days: int) -> None:
        """A buyer's credit limit rises or falls at once."""
        asked = ask_for_limit(
            participant_id=self.world.buyers[buyer].pk, limit_fen=limit_fen, terms_days=terms_days,
            from_day=date_of(self.world.hour), reason="So", by="a", now=self.world.now,
        )  # fmt: skip
        approve_limit(limit_id=asked.pk, by="b", now=self.world.now)

    def pay_in(self, buyer: int, share: float) -> None:
        """A buyer pays a share of what is open of its invoices."""
        who = self.world.buyers[buyer].pk
        open_fen = sum(InvoiceDue.objects.filter(participant_id=who).values_list("open_fen", flat=True))
        if amount_fen := round(open_fen * share):
            key = f"paid-{Transfer.objects.count()}"
            deposit_funds(participant_id=who, amount_fen=amount_fen, key=key, now=self.world.now)

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
