"""What an order would do if it arrived now: the real engine on the open orders that it could meet; nothing is reserved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import numpy as np

from matching.alternatives import as_order, find_alternatives_fault, markets_named
from matching.command_log import alternative_commands
from matching.engine.bounds import PRICE_FEN_MAX
from matching.engine.dtypes import NULL, Do, Event, Kind, Side, TimeInForce, blank_commands
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.entry import UnableToPlaceOrder, limit_fen_of
from matching.executed_alternative import Option, executed_option
from matching.hours import first_open_hour
from matching.models import Market, Site
from matching.rebuild import load_engine
from matching.rules import OrderRequest, effective_time_in_force, find_fault
from matching.why_not import Fill, WhyNot, explain_block, explain_hourly, read_supply

__all__ = ["Fill", "Preview", "WhyNot", "preview_order"]

PREVIEW_ID = 2**62
"""An order id that no stored order has."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would fill at once, hours ascending, and why the rest would not."""

    fills: tuple[Fill, ...]
    start: int | None  # a block's start if it would fill
    alternative: (
        int | None
    )  # which of its alternatives would execute, 0 its own; None where it has none or nothing would fill
    accelerator_hours: int
    value_fen: int  # before fees and VAT
    why_not: WhyNot | None  # None where all would fill, and where the order breaks a rule of the market

    @property
    def average_fen(self) -> int | None:
        """The average price of an accelerator-hour that would fill, rounded half up."""
        if not self.accelerator_hours:
            return None
        return (2 * self.value_fen + self.accelerator_hours) // (2 * self.accelerator_hours)


NOTHING = Preview(fills=(), start=None, alternative=None, accelerator_hours=0, value_fen=0, why_not=None)


def preview_order(
    *, request: OrderRequest, now: datetime, engine_factory: Callable[[], Engine] = make_engine
) -> Preview:
    """Play `request` as if it arrived now and return what would fill, or why nothing would; writes and locks nothing.

    A request that breaks a rule of the market previews as nothing; `check_orders` says which rule.
    """
    markets = Market.objects.order_by().in_bulk(set(markets_named(request)))
    market = markets.get(request.market_id)
    site = Site.objects.order_by().filter(pk=request.site_id).first() if request.site_id is not None else None
    if market is None or find_fault(request=request, market=market, site=site, now=now) is not None:
        return NOTHING
    if find_alternatives_fault(request=request, markets=markets, now=now) is not None:
        return NOTHING
    try:
        limit_fen = limit_fen_of(request, market)
    except UnableToPlaceOrder:
        return NOTHING
    closed_until = {each.pk: max(each.closed_until, first_open_hour(each, now)) for each in markets.values()}
    first_open = closed_until[market.pk]
    if request.latest_start < first_open:
        return NOTHING
    engine = load_engine(
        engine=engine_factory(),
        closed_until=closed_until,
        side=-request.side,
        span=span_of(request),
        with_hidden=False,
    )
    fills = play(engine, commands_of(request, limit_fen))
    if sum(fill.quantity for fill in fills) == request.quantity * request.hours:
        return summed_up(request, fills, why_not=None)
    supply = read_supply(request=request, limit_fen=limit_fen)
    if request.kind == Kind.HOURLY:
        return summed_up(request, fills, why_not=explain_hourly(request, limit_fen, fills, supply))
    if fills:
        return summed_up(request, fills, why_not=None)  # in parts, as it asked for; the rest waits
    at_any_price = play(engine, probe_of(request))
    return summed_up(request, fills, why_not=explain_block(request, limit_fen, at_any_price, supply, first_open))


def span_of(request: OrderRequest) -> tuple[int, int]:
    """Return the hours that an order or one of its alternatives could use, `[start, end)`."""
    each = [request, *(as_order(request, alternative) for alternative in request.alternatives)]
    return min(order.start for order in each), max(order.end for order in each)


def play(engine: Engine, command: np.ndarray) -> tuple[Fill, ...]:
    """Send an order, with its alternatives, to an engine, take back what would rest, and return its fills by hour."""
    cancel = command[:1].copy()
    cancel["do"] = Do.CANCEL
    cancel["alternatives"] = 0
    events = engine.apply(np.concatenate([command, cancel]))
    trades = events[(events["event"] == Event.TRADE) & (events["id"] == PREVIEW_ID)]
    fills = (Fill(*row) for row in trades[["hour", "price", "quantity", "site"]].tolist())
    return tuple(sorted(fills, key=attrgetter("hour")))


def probe_of(request: OrderRequest) -> np.ndarray:
    """Return the same block with the most generous limit, to find the best price at which it would fill in full."""
    probe = command_of(request, PRICE_FEN_MAX if request.side == Side.BID else 1)
    probe["tif"], probe["min_quantity"] = TimeInForce.IOC, NULL
    return probe


def commands_of(request: OrderRequest, limit_fen: int) -> np.ndarray:
    """Return the request as a NEW command and its alternatives."""
    new = command_of(request, limit_fen)
    if not request.alternatives:
        return new
    new["alternatives"] = len(request.alternatives)
    columns = [(PREVIEW_ID, a.market_id, a.start, a.start_flexibility, a.price_fen) for a in request.alternatives]
    return np.concatenate([new, alternative_commands(*np.array(columns, dtype=np.int64).T)])


def executed_place(request: OrderRequest, fills: tuple[Fill, ...]) -> int | None:
    """Return which of its alternatives an order would execute as; one statement where it has any."""
    if not request.alternatives or not fills or request.price_fen is None:
        return None
    own = Option(0, request.market_id, request.start, request.start_flexibility, request.price_fen)
    further = enumerate(request.alternatives, start=1)
    options = [own, *(Option(n, a.market_id, a.start, a.start_flexibility, a.price_fen) for n, a in further)]
    market_id = Site.objects.values_list("market_id", flat=True).get(pk=fills[0].site_id)
    option = executed_option(
        options, market_id=market_id, start=fills[0].hour, price_fen=fills[0].price_fen, is_maker=False
    )
    return option.place if option else None


def command_of(request: OrderRequest, limit_fen: int) -> np.ndarray:
    """Return the request as one NEW command."""
    command = blank_commands(1)
    command["do"], command["id"] = Do.NEW, PREVIEW_ID
    command["participant"], command["market"] = request.participant_id, request.market_id
    command["side"], command["kind"] = request.side, request.kind
    command["start"], command["hours"], command["quantity"] = request.start, request.hours, request.quantity
    command["price"] = limit_fen
    command["tif"], command["self_trade"] = effective_time_in_force(request), request.self_trade
    command["site"] = NULL if request.site_id is None else request.site_id
    command["start_flexibility"], command["one_site"] = request.start_flexibility, request.one_site
    command["min_quantity"] = request.min_quantity or NULL
    command["display_quantity"] = request.display_quantity or NULL
    command["post_only"] = request.post_only
    return command


def summed_up(request: OrderRequest, fills: tuple[Fill, ...], why_not: WhyNot | None) -> Preview:
    return Preview(
        fills=fills,
        start=fills[0].hour if fills and request.kind == Kind.BLOCK else None,
        alternative=executed_place(request, fills),
        accelerator_hours=sum(fill.quantity for fill in fills),
        value_fen=sum(fill.quantity * fill.price_fen for fill in fills),
        why_not=why_not,
    )
