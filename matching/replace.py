"""Replace: give orders that are out a new quantity, a new price, or both; it passes the matcher's inbox.

Nothing here knows money: `marketplace/trading.py` reserves funds and capacity between the check and the insertion, in one
transaction with both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from matching.bulk import array_literal, copy_rows, next_ids
from matching.cancel import OrderAlreadyGone, OrderNotFound
from matching.clock import is_past_a_time, tell_time
from matching.engine.bounds import DISPLAY_SHARE_MAX, QUANTITY_MAX
from matching.engine.dtypes import Do, Kind, Side, TimeInForce
from matching.entry import let_participants_pass_one_by_one
from matching.hours import first_open_hour
from matching.inbox import wake_matcher
from matching.limits import StandingLimit, read_limits
from matching.models import Command, Contract, Market, Order
from matching.raises import raised_hours
from matching.refusal import Fen, Refusal
from matching.rules import QuantityOffLot, QuantityOutOfBounds, UnableToPlaceOrder, limit_faults


class UnableToReplaceOrder(Refusal):
    """Why an order cannot be replaced."""

    code = "unable_to_replace_order"


class NothingToChange(UnableToReplaceOrder):
    code = "nothing_to_change"
    sentence = _("The order stands like this already. Give another quantity or another price.")


class OrderNeverWaits(UnableToReplaceOrder):
    code = "order_never_waits"
    sentence = _("This order fills at once or ends, so there is nothing to change. Place another order.")


class OrderNamedTwice(UnableToReplaceOrder):
    code = "order_named_twice"
    sentence = _("Order %(order)s stands twice in this request. Send one change for each order.")


class LimitOfAlternatives(UnableToReplaceOrder):
    """One price cannot be the limit of several alternatives."""

    code = "limit_of_alternatives"
    field = "price_fen"
    sentence = _(
        "This order has alternatives with a limit each, so its price stays. Change the quantity, or place another order."
    )


class WouldTradeAtOnce(UnableToReplaceOrder):
    """A post-only order; the matcher judges again when it reads the change."""

    code = "would_trade_at_once"
    field = "price_fen"
    sentence = _("This order is to rest only, and at this price it would trade at once against %(best)s.")


ReplaceRefusal = UnableToReplaceOrder | UnableToPlaceOrder | OrderNotFound | OrderAlreadyGone
"""Why a replace is refused; what is wrong with a quantity or a price is said as of a new order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplaceRequest:
    """What an owner asks for: accelerators open in every hour still open, fen per accelerator-hour; None leaves it."""

    participant_id: int
    order_id: int
    quantity: int | None = None
    price_fen: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenRun:
    """So many hours with the same accelerators open: from `low` to `high` while earlier changes are on their way."""

    low: int
    high: int
    hours: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedReplace:
    """A request that keeps the rules of the order's market, and what of the order it finds open.

    `low` and `high` have an entry each of the order's `open`: the least and the most that may be open when the matcher reads
    the request, apart from what trades; 0 where nothing is open any more.
    """

    request: ReplaceRequest
    order: Order
    low: list[int] = field(repr=False)
    high: list[int] = field(repr=False)
    limit_before_fen: int
    limit_fen: int

    @property
    def seen(self) -> list[int] | None:
        """What the command says that its owner reckoned with; see models.Command."""
        if self.request.quantity is None:
            return None
        if self.order.kind == Kind.HOURLY:
            return self.low
        hours = range(self.order.start, self.order.start + self.order.start_flexibility + self.order.hours)
        # One that may execute elsewhere, or has, is a bid: nothing is committed to its hours.
        start = None if self.order.alternative_count else self.order.executed_start
        used = hours if start is None else range(start, start + self.order.hours)
        return [self.low[0] if hour in used else 0 for hour in hours]

    @property
    def raised(self) -> list[tuple[int, int]]:
        """Each hour that it may raise, and by how many accelerators."""
        seen = self.seen
        return [] if seen is None else list(raised_hours(self.order.start, self.request.quantity or 0, seen))

    @property
    def runs(self) -> list[OpenRun]:
        """What is open, as money counts it."""
        hours = self.order.hours if self.order.kind == Kind.BLOCK else 1
        return [OpenRun(low=low, high=high, hours=hours) for low, high in zip(self.low, self.high, strict=True) if low]

    @property
    def is_repriced(self) -> bool:
        return self.limit_fen != self.limit_before_fen

    @property
    def keeps_place(self) -> bool:
        """Whether every hour keeps its place: the price stays, and none is raised."""
        return not self.is_repriced and not self.raised


def check_replaces(*, requests: Sequence[ReplaceRequest]) -> list[CheckedReplace | ReplaceRefusal]:
    """Judge each request by the rules of its order's market, in the order given; writes nothing, few statements.

    Must run in a transaction: a participant's entries wait for each other, so that what is reckoned with here is what is
    reserved for.
    """
    if not requests:
        return []
    let_participants_pass_one_by_one({request.participant_id for request in requests})
    orders = read_orders(requests)
    best = best_opposite_prices([order for order in orders.values() if order.post_only])
    limits = read_limits(request.participant_id for request in requests)
    named: set[int] = set()
    verdicts: list[CheckedReplace | ReplaceRefusal] = []
    for request in requests:
        order = orders.get(request.order_id)
        if order is None or order.participant_id != request.participant_id:
            verdicts.append(OrderNotFound())
        elif order.pk in named:
            verdicts.append(OrderNamedTwice(order=order.pk))
        else:
            named.add(order.pk)
            verdict = check_replace(request, order, best)
            verdicts.append(find_limit_fault(verdict, limits) or verdict)
    return verdicts


def read_orders(requests: Sequence[ReplaceRequest]) -> dict[int, Order]:
    """Return the orders asked for by id, each with the changes of it on their way; one statement, hence one state."""
    waiting = Command.objects.filter(order_id=OuterRef("pk"), do=Do.REPLACE, sequence=None).order_by("id")
    orders = (
        Order.objects.select_related("market", "site")
        .filter(pk__in={request.order_id for request in requests})
        .annotate(waiting=ArraySubquery(waiting.values(json=JSONObject(quantity="quantity", price_fen="price_fen"))))
    )
    return {order.pk: order for order in orders.order_by()}


def best_opposite_prices(orders: Sequence[Order]) -> dict[tuple[int, int], tuple[int | None, int | None]]:
    """Return the best bid and the best ask of the contracts that `orders` may rest in, by market and hour."""
    if not orders:
        return {}
    start, end = min(o.start for o in orders), max(o.start + o.hours for o in orders)
    rows = Contract.objects.filter(market_id__in={o.market_id for o in orders}, hour__gte=start, hour__lt=end)
    values = rows.values_list("market_id", "hour", "best_bid_fen", "best_ask_fen")
    return {(market_id, hour): (bid, ask) for market_id, hour, bid, ask in values}


def check_replace(
    request: ReplaceRequest,
    order: Order,
    best: dict[tuple[int, int], tuple[int | None, int | None]],
) -> CheckedReplace | ReplaceRefusal:
    if not order.is_live:
        return OrderAlreadyGone()
    if order.price_fen is None or order.time_in_force not in (TimeInForce.GTC, TimeInForce.GTD):
        return OrderNeverWaits()
    if order.alternative_count and request.price_fen is not None:
        return LimitOfAlternatives()
    for market in markets_of(order):
        for fault in value_faults(request, order, market):
            return fault
    waiting: list[dict[str, int | None]] = order.waiting  # type: ignore[attr-defined]
    quantities = [change["quantity"] for change in waiting if change["quantity"] is not None]
    prices = [change["price_fen"] for change in waiting if change["price_fen"] is not None]
    open_now = order.open
    limit_before_fen = prices[-1] if prices else order.price_fen
    checked = CheckedReplace(
        request=request,
        order=order,
        low=[min(open_, *quantities) if open_ and quantities else open_ for open_ in open_now],
        high=[max(open_, *quantities) if open_ and quantities else open_ for open_ in open_now],
        limit_before_fen=limit_before_fen,
        limit_fen=request.price_fen or limit_before_fen,
    )
    expected = {quantities[-1]} if quantities else {open_ for open_ in open_now if open_}
    if not checked.is_repriced and (request.quantity is None or {request.quantity} == expected):
        return NothingToChange()
    return would_trade(checked, best) or checked


def markets_of(order: Order) -> Iterator[Market]:
    """Yield the market of an order and of each of its alternatives."""
    yield order.market
    if order.alternative_count:
        yield from Market.objects.order_by("id").filter(pk__in=order.alternatives.values("market"))


def value_faults(request: ReplaceRequest, order: Order, market: Market) -> Iterator[UnableToPlaceOrder]:
    quantity = request.quantity
    if quantity is not None:
        low = max(market.lot, order.min_quantity or 0)
        high = min(QUANTITY_MAX, (order.display_quantity or QUANTITY_MAX) * DISPLAY_SHARE_MAX)
        if not low <= quantity <= high:
            yield QuantityOutOfBounds(field="quantity", low=low, high=high // market.lot * market.lot)
        elif quantity % market.lot:
            yield QuantityOffLot(field="quantity", lot=market.lot)
    if request.price_fen is not None:
        yield from limit_faults(request.price_fen, market)


def find_limit_fault(
    verdict: CheckedReplace | ReplaceRefusal, limits: dict[int, StandingLimit]
) -> UnableToPlaceOrder | None:
    """Say why a participant's limit does not allow a change that raises or reprices."""
    if not isinstance(verdict, CheckedReplace) or verdict.keeps_place:
        return None
    limit = limits.get(verdict.order.participant_id)
    if limit is None:
        return None
    quantity = verdict.request.quantity or verdict.order.quantity
    return limit.find_fault(accelerator_hours=quantity * verdict.order.hours, is_new=False)


def would_trade(
    checked: CheckedReplace, best: dict[tuple[int, int], tuple[int | None, int | None]]
) -> WouldTradeAtOnce | None:
    """Say whether a post-only order would meet what shows in an hour in which it would come in anew."""
    order = checked.order
    if not order.post_only:
        return None
    raised = {hour for hour, _by in checked.raised}
    for hour, open_ in enumerate(checked.low, order.start):
        bid, ask = best.get((order.market_id, hour), (None, None))
        price = ask if order.side == Side.BID else bid
        comes_anew = open_ and (checked.is_repriced or hour in raised)
        if comes_anew and price is not None and order.side * (checked.limit_fen - price) >= 0:
            return WouldTradeAtOnce(best=Fen(price))
    return None


def insert_replaces(*, checked: Sequence[CheckedReplace], now: datetime) -> list[int]:
    """Put a REPLACE each into the inbox and wake the matcher at commit; returns the commands' ids.

    Belongs in the transaction that reserved for them. What the clock has to tell by `now` enters the inbox before them.
    """
    if not checked:
        return []
    if any(first_open_hour(c.order.market, now) > c.order.market.closed_until for c in checked) or is_past_a_time(now):
        tell_time(now=now, capped=True)
    ids = next_ids(table="matching_command", count=len(checked))
    copy_rows(
        table="matching_command",
        columns=("id", "market_id", "do", "order_id", "quantity", "price_fen", "seen", "at"),
        rows=[
            (
                command_id,
                c.order.market_id,
                int(Do.REPLACE),
                c.order.pk,
                c.request.quantity,
                c.request.price_fen,
                None if c.seen is None else array_literal(c.seen),
                now,
            )
            for command_id, c in zip(ids, checked, strict=True)
        ],
    )
    wake_matcher()
    return ids
