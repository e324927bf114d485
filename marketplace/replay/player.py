"""Plays a week: events by time through order entry, gates by the clock, and money as each simulated day ends."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Max

from billing.clearing import clear
from billing.funds import deposit_funds
from billing.invoicing import issue_invoices
from billing.period import period_of
from billing.quote import current_rates, hold_unit_fen
from billing.settlement import settle_delivered
from marketplace.offers.models import Offer
from marketplace.replay.calendar import Calendar
from marketplace.replay.seed import Seeded
from marketplace.replay.week import BidRow, OfferRow, Week
from marketplace.trading import Verdict, place_orders
from matching.clock import close_gates
from matching.engine.dtypes import Kind, Side, TimeInForce
from matching.entry import OrderRequest, UnableToPlaceOrder
from matching.models import Trade

HOURS_PER_DAY = 24


class BidNotFunded(AssertionError):
    """A bid was refused for want of funds although the worst case had been deposited: a defect of ours."""


@dataclass(slots=True)
class Player:
    """One week on its way. `match` plays everything in the matcher's inbox; `tell` hears of each simulated day."""

    week: Week
    seeded: Seeded
    match: Callable[[], object]
    tell: Callable[[str], object] = lambda _: None
    calendar: Calendar = field(default_factory=Calendar)
    refused: Counter[str] = field(default_factory=Counter)  # orders not accepted, by code

    def play(self) -> None:
        """Play the week from its first event until all is delivered, settled and invoiced."""
        self._deposit()
        events = self._events_by_hour()
        last = max(self.week.end_hour, max(events, default=0))
        for hour in range(self.week.first_hour, last + 1):
            self._turn_hour(hour)
            if hour in events:
                self._place(events[hour])
        self._finish(last)

    def _deposit(self) -> None:
        """Give every buyer the worst case of all its bids."""
        rates = current_rates(now=self.calendar.start)
        needed: dict[str, int] = defaultdict(int)
        for bid in self.week.bids:
            unit_fen = hold_unit_fen(price_fen=bid.price_fen, rates=rates)
            needed[bid.buyer] += unit_fen * bid.accelerators * bid.hours
        now = self.calendar.moment(self.week.first_hour)
        for buyer, amount_fen in needed.items():
            participant_id = self.seeded.participants[buyer]
            deposit_funds(participant_id=participant_id, amount_fen=amount_fen, key=f"replay:{buyer}", now=now)

    def _events_by_hour(self) -> dict[int, list[OfferRow | BidRow]]:
        """Group events by the hour they happen in; within it by time, offers before bids, then file order."""
        keyed: list[tuple[Decimal, int, int, OfferRow | BidRow]] = [
            (offer.listed_at_h, 0, row, offer) for row, offer in enumerate(self.week.offers)
        ]
        keyed += [(bid.submitted_at_h, 1, row, bid) for row, bid in enumerate(self.week.bids)]
        events: dict[int, list[OfferRow | BidRow]] = defaultdict(list)
        for at, _, _, event in sorted(keyed, key=lambda item: item[:3]):
            events[math.floor(at)].append(event)
        return events

    def _turn_hour(self, hour: int) -> None:
        """Close the gates due at the start of `hour`; at midnight settle the day that has been delivered."""
        now = self.calendar.moment(hour)
        close_gates(now=now)
        self.match()
        clear(now=now)
        if hour % HOURS_PER_DAY == 0:
            settle_delivered(until_hour=self.calendar.first_hour + hour, now=now)
            self.tell(f"day {hour // HOURS_PER_DAY}: {Trade.objects.count():,} trades")

    def _place(self, events: Sequence[OfferRow | BidRow]) -> None:
        """Place what happens between two closings at once; the inbox keeps the order."""
        now = self.calendar.moment(_time_of(events[-1]))
        requests = [self._request_of(event) for event in events]
        with transaction.atomic():
            verdicts = place_orders(requests=requests, now=now)
            _publish(events, verdicts, now)
        self._count(verdicts)
        self.match()
        clear(now=now)

    def _request_of(self, event: OfferRow | BidRow) -> OrderRequest:
        if isinstance(event, OfferRow):
            return OrderRequest(
                participant_id=self.seeded.participants[event.provider],
                market_id=self.seeded.market_of_site[event.site],
                side=Side.ASK,
                kind=Kind.HOURLY,
                start=self.calendar.first_hour + event.start,
                hours=event.hours,
                quantity=event.accelerators,
                price_fen=event.price_fen,
                time_in_force=TimeInForce.GTC,
                site_id=self.seeded.sites[event.site],
            )
        return OrderRequest(
            participant_id=self.seeded.participants[event.buyer],
            market_id=self.seeded.markets[event.compute_class, event.hub],
            side=Side.BID,
            kind=Kind.BLOCK,
            start=self.calendar.first_hour + event.start,
            hours=event.hours,
            quantity=event.accelerators,
            price_fen=event.price_fen,
            time_in_force=TimeInForce.GTC,
            start_flexibility=event.start_flexibility,
            one_site=event.one_site,
            client_order_id=event.bid,
        )

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if isinstance(verdict, UnableToPlaceOrder):
                self.refused[verdict.code] += 1
            elif not isinstance(verdict, int):
                raise BidNotFunded(str(verdict))

    def _finish(self, last: int) -> None:
        """Let the clock go on until what was sold is delivered and its invoice periods are over; then invoice."""
        periods = list(_periods_traded())
        end = max([self.calendar.first_hour + last, *(end for _, end in periods)])
        now = self.calendar.moment(end - self.calendar.first_hour)
        close_gates(now=now)
        self.match()
        clear(now=now)
        settle_delivered(until_hour=end, now=now)
        for start, _ in periods:
            issue_invoices(period_start=start, now=now)
        self.tell("all delivered, settled and invoiced")


def _time_of(event: OfferRow | BidRow) -> Decimal:
    return event.listed_at_h if isinstance(event, OfferRow) else event.submitted_at_h


def _publish(events: Sequence[OfferRow | BidRow], verdicts: Sequence[Verdict], now: datetime) -> None:
    """List each accepted ask as its provider's offer."""
    Offer.objects.bulk_create(
        Offer(order_id=verdict, reference=event.offer, published_at=now)
        for event, verdict in zip(events, verdicts, strict=True)
        if isinstance(event, OfferRow) and isinstance(verdict, int)
    )


def _periods_traded() -> Iterator[tuple[int, int]]:
    """Yield the invoice periods, as delivery hours [start, end), from the first sold hour to the last."""
    first = Trade.objects.order_by("start").values_list("start", flat=True).first()
    end = Trade.objects.aggregate(end=Max(F("start") + F("hours")))["end"]
    if first is None:
        return
    hour = first
    while hour < end:
        period = period_of(hour)
        yield period
        hour = period[1]
