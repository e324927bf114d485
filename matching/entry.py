"""Order entry: check any number of orders with a few statements.

Nothing here knows money: `marketplace/trading.py` reserves funds and capacity between the check and the insertion
(`insertion.py`), in one transaction with both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import prefetch_related_objects

from matching.alternatives import (
    AlternativesNotAllowed,
    MarketsNotLinked,
    TooManyAlternatives,
    as_order,
    expires_at_of,
    find_alternatives_fault,
    markets_named,
)
from matching.bulk import array_literal, read_rows
from matching.engine.dtypes import Do, Kind, Side
from matching.halted import TradingHalted, find_halt, halts_by_market
from matching.hours import first_open_hour
from matching.limits import StandingLimit, read_limits
from matching.linking import keep_links
from matching.models import Command, Halt, Market, Order, Site
from matching.prepared import BY_INDEX, prepared_cursor
from matching.rules import (
    AlternativeRequest,
    BeyondHorizon,
    ClientOrderIdConflict,
    ClientOrderIdRepeated,
    ClientOrderIdTooLong,
    ExpiryNotWholeMinute,
    ExpiryRequired,
    FieldNotAllowed,
    FlexibilityOutOfBounds,
    GateClosed,
    HoursOutOfBounds,
    NoReferencePrice,
    OrderRequest,
    PriceOffTick,
    PriceOutOfBounds,
    QuantityOffLot,
    QuantityOutOfBounds,
    SiteNotInMarket,
    SiteRequired,
    TooManyOpenBlocks,
    UnableToPlaceOrder,
    UnknownMarket,
    effective_time_in_force,
    find_fault,
    protection_price_fen,
)

__all__ = [
    "AlternativeRequest",
    "AlternativesNotAllowed",
    "BeyondHorizon",
    "CheckedOrder",
    "ClientOrderIdConflict",
    "ClientOrderIdRepeated",
    "ClientOrderIdTooLong",
    "ExpiryNotWholeMinute",
    "ExpiryRequired",
    "FieldNotAllowed",
    "FlexibilityOutOfBounds",
    "GateClosed",
    "HoursOutOfBounds",
    "MarketsNotLinked",
    "NoReferencePrice",
    "OrderRequest",
    "PriceOffTick",
    "PriceOutOfBounds",
    "QuantityOffLot",
    "QuantityOutOfBounds",
    "SiteNotInMarket",
    "SiteRequired",
    "TooManyAlternatives",
    "TooManyOpenBlocks",
    "TradingHalted",
    "UnableToPlaceOrder",
    "UnknownMarket",
    "check_orders",
]

ENTRY_LOCK = 0x5A01
"""First key of the advisory locks that let a participant's entries go one after another; the second is its id."""

LIVE = (Order.State.PENDING, Order.State.OPEN)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedOrder:
    """A request that keeps the rules of its market."""

    request: OrderRequest
    market: Market
    site: Site | None
    limit_fen: int  # the engine's limit: the price, or a market order's protection price
    markets: Mapping[int, Market]  # every one that it names, by id
    existing_order_id: int | None = None  # set where the same client_order_id brought the same order in before

    @property
    def accelerator_hours(self) -> int:
        """Accelerators x hours."""
        return self.request.quantity * self.request.hours

    @property
    def dearest_fen(self) -> int:
        """The highest limit of all its alternatives: what an accelerator-hour may cost at most."""
        return max([self.limit_fen, *(alternative.price_fen for alternative in self.request.alternatives)])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules look up, for all requests of a call."""

    markets: dict[int, Market]
    sites: dict[int, Site]
    earlier: dict[tuple[int, str], Order]  # by participant and client_order_id
    open_blocks: Counter[tuple[int, int]]  # by participant and market
    halts: dict[int, list[Halt]]  # by market, where there are some
    limits: dict[int, StandingLimit]  # by participant, where there are some


def check_orders(*, requests: Sequence[OrderRequest], now: datetime) -> list[CheckedOrder | UnableToPlaceOrder]:
    """Judge each request by the rules of its markets, in the order given; writes nothing, a fixed number of statements.

    Within a transaction a participant's entries wait for each other, so that a client_order_id is used once and the cap on
    open blocks holds, however many arrive together.
    """
    if not requests:
        return []
    if connection.in_atomic_block:
        if any(request.alternatives for request in requests):
            keep_links()
        let_participants_pass_one_by_one({request.participant_id for request in requests})
    around = look_around(requests)
    used: set[tuple[int, str]] = set()
    return [check_order(request, around, used, now) for request in requests]


def check_order(
    request: OrderRequest, around: Surroundings, used: set[tuple[int, str]], now: datetime
) -> CheckedOrder | UnableToPlaceOrder:
    market = around.markets.get(request.market_id)
    if market is None:
        return UnknownMarket()
    site = around.sites.get(request.site_id or 0)
    if request.client_order_id is not None:
        key = request.participant_id, request.client_order_id
        if (order := around.earlier.get(key)) is not None:
            return answer_again(request, order, around.markets, site)
        if key in used:
            return ClientOrderIdRepeated(client_order_id=request.client_order_id)
        used.add(key)
    fault = find_fault(request=request, market=market, site=site, now=now)
    fault = fault or find_alternatives_fault(request=request, markets=around.markets, now=now)
    if fault is not None:
        return fault
    halted = find_halt_of_all(request, around, now)
    if halted is not None:
        return halted
    markets = {market_id: around.markets[market_id] for market_id in markets_named(request)}
    if request.kind == Kind.BLOCK:
        for named in markets.values():
            open_blocks = around.open_blocks[request.participant_id, named.pk]
            if open_blocks >= named.open_blocks_max:
                return TooManyOpenBlocks(open=open_blocks, market=named.symbol)
    if (limit := around.limits.get(request.participant_id)) is not None:
        above = limit.find_fault(accelerator_hours=request.quantity * request.hours, is_new=True)
        if above is not None:
            return above
    if request.kind == Kind.BLOCK:
        around.open_blocks.update((request.participant_id, named) for named in markets)
    limit_fen = limit_fen_of(request, market)
    return CheckedOrder(request=request, market=market, site=site, limit_fen=limit_fen, markets=markets)


def find_halt_of_all(request: OrderRequest, around: Surroundings, now: datetime) -> TradingHalted | None:
    """Return why the engine would not take an order in, None where one of its alternatives may come in."""
    halted = None
    for order in (request, *(as_order(request, alternative) for alternative in request.alternatives)):
        market = around.markets[order.market_id]
        first_open = max(market.closed_until, first_open_hour(market, now))
        halt = find_halt(request=order, halts=around.halts.get(market.pk, ()), first_open=first_open)
        if halt is None:
            return None
        halted = halted or halt
    return halted


def limit_fen_of(request: OrderRequest, market: Market) -> int:
    if request.price_fen is not None:
        return request.price_fen
    return protection_price_fen(market=market, side=Side(request.side))


def answer_again(
    request: OrderRequest, order: Order, markets: Mapping[int, Market], site: Site | None
) -> CheckedOrder | UnableToPlaceOrder:
    """Answer a repeated client_order_id: the first order if the contents are the same, else a conflict."""
    if contents_of(request, markets) != contents_of_order(order):
        return ClientOrderIdConflict(client_order_id=order.client_order_id)
    limit_fen = order.price_fen or order.protection_price_fen or 0
    return CheckedOrder(
        request=request,
        market=markets[request.market_id],
        site=site,
        limit_fen=limit_fen,
        markets=markets,
        existing_order_id=order.pk,
    )


CONTENTS = (
    "market_id",
    "site_id",
    "side",
    "kind",
    "start",
    "hours",
    "quantity",
    "price_fen",
    "time_in_force",
    "expires_at",
    "start_flexibility",
    "one_site",
    "min_quantity",
    "display_quantity",
    "post_only",
    "self_trade",
)
"""The fields that are the same, on a request and on an order, when one repeats the other."""


def contents_of(request: OrderRequest, markets: Mapping[int, Market]) -> tuple[object, ...]:
    values = {field: getattr(request, field) for field in CONTENTS}
    values["time_in_force"] = effective_time_in_force(request)
    values["expires_at"] = expires_at_of(request, markets)
    return *values.values(), request.alternatives


def contents_of_order(order: Order) -> tuple[object, ...]:
    alternatives = tuple(
        AlternativeRequest(
            market_id=alternative.market_id,
            start=alternative.start,
            start_flexibility=alternative.start_flexibility,
            price_fen=alternative.price_fen,
        )
        for alternative in (order.alternatives.all() if order.alternative_count else ())
    )
    return *(getattr(order, field) for field in CONTENTS), alternatives


def let_participants_pass_one_by_one(participant_ids: set[int]) -> None:
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT {BY_INDEX}, count(pg_advisory_xact_lock({ENTRY_LOCK}, id)) "
            "FROM (SELECT unnest(%s::int[]) AS id ORDER BY id) AS ids",
            [array_literal(participant_ids)],
        )


def look_around(requests: Sequence[OrderRequest]) -> Surroundings:
    named = [r for r in requests if r.client_order_id is not None]
    blocks = [r for r in requests if r.kind == Kind.BLOCK]
    site_ids = {r.site_id for r in requests if r.site_id is not None}
    return Surroundings(
        markets={
            market.pk: market
            for market in read_rows(Market, {market_id for r in requests for market_id in markets_named(r)})
        },
        sites={site.pk: site for site in read_rows(Site, site_ids)} if site_ids else {},
        earlier=find_earlier(named) if named else {},
        open_blocks=count_open_blocks(blocks) if blocks else Counter(),
        halts=halts_by_market({market_id for r in requests for market_id in markets_named(r)}),
        limits=read_limits(r.participant_id for r in requests),
    )


def find_earlier(requests: Sequence[OrderRequest]) -> dict[tuple[int, str], Order]:
    orders = Order.objects.filter(
        participant_id__in={r.participant_id for r in requests},
        client_order_id__in={r.client_order_id for r in requests},
    ).only("participant_id", "client_order_id", "protection_price_fen", "alternative_count", *CONTENTS)
    earlier = list(orders.order_by())
    prefetch_related_objects([order for order in earlier if order.alternative_count], "alternatives")
    # A replace has changed what the order's row says; its first command says what was sent.
    first = Command.objects.filter(order__in=earlier, do=Do.NEW).values_list("order_id", "quantity", "price_fen")
    sent = {order_id: (quantity, price_fen) for order_id, quantity, price_fen in first} if earlier else {}
    for order in earlier:
        if order.pk in sent and order.price_fen is not None:
            order.quantity, order.price_fen = sent[order.pk]  # type: ignore[assignment]
    return {(order.participant_id, order.client_order_id or ""): order for order in earlier}


# A block counts once in each market in which it waits.
COUNT_OPEN_BLOCKS = f"""
    SELECT participant_id, market_id, count(*) FROM (
        SELECT id, participant_id, market_id FROM matching_order
        WHERE state IN ('pending', 'open') AND kind = {Kind.BLOCK.value}
          AND market_id = ANY(%(markets)s::int[]) AND participant_id = ANY(%(participants)s::int[])
        UNION
        SELECT o.id, o.participant_id, a.market_id
        FROM matching_order o JOIN matching_alternative a ON a.order_id = o.id
        WHERE o.state IN ('pending', 'open') AND o.alternative_count > 0 AND o.executed_alternative IS NULL
          AND a.market_id = ANY(%(markets)s::int[]) AND o.participant_id = ANY(%(participants)s::int[])
    ) AS waiting
    GROUP BY participant_id, market_id
"""


def count_open_blocks(requests: Sequence[OrderRequest]) -> Counter[tuple[int, int]]:
    values = {
        "markets": array_literal({market_id for r in requests for market_id in markets_named(r)}),
        "participants": array_literal({r.participant_id for r in requests}),
    }
    with prepared_cursor() as cursor:
        cursor.execute(COUNT_OPEN_BLOCKS, values)
        return Counter({(participant_id, market_id): count for participant_id, market_id, count in cursor.fetchall()})
