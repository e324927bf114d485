"""A small exchange whose matching tables the test writes itself, as the matcher would: billing sees only those tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from billing.clearing import clear
from billing.funds import deposit_funds, open_accounts
from billing.holds import HoldRequest, Reserved, insert_holds, reserve_funds
from billing.seed import seed_billing
from billing.settlement import settle_delivered
from matching.engine.dtypes import Event, Kind, Side, Why
from matching.hours import moment_of
from matching.models import Command, ComputeClass, Hub, Market, Order, OrderEvent, Participant, Site, Trade

MONDAY = 489_976
"""Monday 2025-11-24 00:00 in Beijing as a delivery hour."""


@dataclass
class World:
    """Two markets with a site each, any number of buyers, and a provider a site; time stands at `hour`."""

    hour: int = MONDAY - 24
    markets: list[Market] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    buyers: list[Participant] = field(default_factory=list)
    providers: list[Participant] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return moment_of(self.hour)

    @classmethod
    def create(cls, *, buyers: int = 2, deposit_fen: int = 100_000_000) -> World:
        seed_billing()
        world = cls()
        kind = ComputeClass.objects.create(slug="A100-SXM4-80G", name="NVIDIA A100", vendor="NVIDIA")
        for row, (slug, name, name_zh) in enumerate(
            [("yangtze-delta", "Yangtze Delta", "长三角"), ("greater-bay", "Greater Bay", "粤港澳大湾区")]
        ):
            hub = Hub.objects.create(slug=slug, name=name, name_zh=name_zh, position=row)
            market = Market.objects.create(symbol=f"{kind.slug}.{slug}", compute_class=kind, hub=hub)
            provider = world.participant(f"provider-{row}", provides=True)
            world.providers.append(provider)
            world.markets.append(market)
            world.sites.append(
                Site.objects.create(
                    slug=f"site-{row}",
                    identifier=f"id-{row}",
                    name=f"Site {row}",
                    provider=provider,
                    market=market,
                    accelerators=1000,
                    created_at=world.now,
                )
            )
        for row in range(buyers):
            buyer = world.participant(f"buyer-{row}")
            world.buyers.append(buyer)
            if deposit_fen:
                deposit_funds(participant_id=buyer.pk, amount_fen=deposit_fen, key=f"top-up-{row}", now=world.now)
        return world

    def participant(self, slug: str, *, provides: bool = False) -> Participant:
        made = Participant.objects.create(
            slug=slug,
            name=slug.title(),
            name_zh=f"参与方 {slug}",
            buys=not provides,
            provides=provides,
            legal_name=f"北岸模型实验室有限公司 {slug}",
            tax_id="91310000MA1FXXXX4B",
            address="上海市青浦区示例路 88 号",
            bank_account="示例银行 3225 0000",
            created_at=self.now,
        )
        open_accounts(made.pk)
        return made

    @transaction.atomic
    def bid(
        self,
        buyer: int,
        *,
        market: int = 0,
        start: int = MONDAY,
        hours: int = 1,
        quantity: int = 1,
        price_fen: int = 1000,
        block: bool = False,
    ) -> Order:
        """Place a bid with its hold, as the trading verb does; raises InsufficientFunds, BiddingStopped."""
        order = self._order(Side.BID, self.buyers[buyer], market, start, hours, quantity, price_fen, block)
        hold = HoldRequest(participant_id=order.participant_id, price_fen=price_fen, accelerator_hours=quantity * hours)
        (verdict,) = reserve_funds(holds=[hold], now=self.now)
        if not isinstance(verdict, Reserved):
            raise verdict
        order.save()
        insert_holds(holds=[(verdict, order.pk)], now=self.now)
        return order

    def ask(self, market: int, *, start: int, hours: int, quantity: int, price_fen: int) -> Order:
        order = self._order(Side.ASK, self.providers[market], market, start, hours, quantity, price_fen, False)
        order.site = self.sites[market]
        order.save()
        return order

    @transaction.atomic
    def trade(
        self,
        bid: Order,
        *,
        price_fen: int,
        quantity: int,
        start: int | None = None,
        hours: int | None = None,
        bid_is_taker: bool = True,
    ) -> Trade:
        """Fill (part of) a bid against a fresh ask, in one command of the matcher."""
        market = self.markets.index(bid.market)
        start = bid.start if start is None else start
        hours = bid.hours if hours is None else hours
        ask = self.ask(market, start=start, hours=hours, quantity=quantity, price_fen=price_fen)
        ask.state, ask.open = Order.State.FILLED, [0] * hours
        ask.save()
        sequence = self._next_sequence(market)
        traded = Trade.objects.create(
            market=bid.market,
            sequence=sequence,
            ordinal=0,
            bid=bid,
            ask=ask,
            taker_side=Side.BID if bid_is_taker else Side.ASK,
            buyer=bid.participant,
            seller=self.providers[market],
            site=self.sites[market],
            start=start,
            hours=hours,
            quantity=quantity,
            price_fen=price_fen,
            traded_at=self.now,
        )
        if bid.kind == Kind.BLOCK:
            bid.open = [bid.open[0] - quantity]
        else:
            first = start - bid.start
            bid.open = [q - quantity if first <= h < first + hours else q for h, q in enumerate(bid.open)]
        bid.filled_accelerator_hours += traded.accelerator_hours
        bid.filled_value_fen += traded.value_fen
        self._finish_if_empty(bid, sequence, Order.State.FILLED, Why.FILLED)
        return traded

    @transaction.atomic
    def cancel(self, bid: Order) -> None:
        sequence = self._next_sequence(self.markets.index(bid.market))
        bid.open = [0] * len(bid.open)
        self._finish_if_empty(bid, sequence, Order.State.CANCELLED, Why.CANCELLED)

    @transaction.atomic
    def reject(self, bid: Order) -> None:
        sequence = self._next_sequence(self.markets.index(bid.market))
        self._event(bid, sequence, Event.REJECTED, Why.CLOSED)
        bid.state, bid.sequence, bid.closed_sequence = Order.State.REJECTED, sequence, sequence
        bid.save()

    @transaction.atomic
    def cut(self, bid: Order, quantity: int) -> None:
        """The owner reduces the bid: a command without an event."""
        sequence = self._next_sequence(self.markets.index(bid.market))
        Command.objects.create(market=bid.market, do=1, order=bid, quantity=quantity, at=self.now, sequence=sequence)
        bid.open = [min(q, quantity) for q in bid.open]
        bid.save()

    @transaction.atomic
    def close(self, until_hour: int) -> None:
        """The gates below `until_hour` close: open hours expire."""
        for row, market in enumerate(self.markets):
            sequence = self._next_sequence(row)
            market.closed_until = until_hour
            market.save()
            for ordinal, bid in enumerate(
                Order.objects.filter(market=market, side=Side.BID, state__in=["open", "pending"])
            ):
                if bid.kind == Kind.BLOCK:
                    expired = [0] if bid.start < until_hour else bid.open
                else:
                    expired = [0 if bid.start + h < until_hour else q for h, q in enumerate(bid.open)]
                if expired == bid.open:
                    continue
                if any(expired):
                    self._event(bid, sequence, Event.REDUCED, Why.EXPIRED, ordinal=2 * ordinal + 1)
                bid.open = expired
                self._finish_if_empty(bid, sequence, Order.State.EXPIRED, Why.EXPIRED, ordinal=2 * ordinal + 2)
        self.hour = max(self.hour, until_hour)

    def clear(self) -> int:
        return clear(now=self.now)

    def settle(self, until_hour: int) -> int:
        """Close and settle everything below `until_hour`; returns how many runs that was."""
        self.close(until_hour)
        return len(settle_delivered(until_hour=until_hour, now=self.now))

    def _order(
        self,
        side: Side,
        who: Participant,
        market: int,
        start: int,
        hours: int,
        quantity: int,
        price_fen: int,
        block: bool,
    ) -> Order:
        return Order(
            participant=who,
            market=self.markets[market],
            side=side,
            kind=Kind.BLOCK if block else Kind.HOURLY,
            start=start,
            hours=hours,
            quantity=quantity,
            price_fen=price_fen,
            state=Order.State.OPEN,
            open=[quantity] if block else [quantity] * hours,
            placed_at=self.now,
        )

    def _next_sequence(self, market: int) -> int:
        row = Market.objects.select_for_update().get(pk=self.markets[market].pk)
        row.sequence += 1
        row.save(update_fields=["sequence"])
        self.markets[market].sequence = row.sequence
        return row.sequence

    def _finish_if_empty(self, bid: Order, sequence: int, state: Order.State, why: Why, *, ordinal: int = 1) -> None:
        if not any(bid.open):
            bid.state, bid.closed_sequence = state, sequence
            self._event(bid, sequence, Event.GONE, why, ordinal=ordinal)
        bid.save()

    def _event(self, bid: Order, sequence: int, event: Event, why: Why, *, ordinal: int = 1) -> None:
        OrderEvent.objects.create(
            market=bid.market, sequence=sequence, ordinal=ordinal, order=bid, event=event, why=why, at=self.now
        )
