"""What an order would do if it arrived now: the real engine on the open orders that it could meet; nothing is reserved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import numpy as np

from matching.engine.bounds import PRICE_FEN_MAX
from matching.engine.dtypes import NULL, Do, Event, Kind, Side, TimeInForce, blank_commands
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.entry import UnableToPlaceOrder, limit_fen_of
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
    accelerator_hours: int
    value_fen: int  # before fees and VAT
    why_not: WhyNot | None  # None where all would fill, and where the order breaks a rule of the market

    @property
    def average_fen(self) -> int | None:
        """The average price of an accelerator-hour that would fill, rounded half up."""
        if not self.accelerator_hours:
            return None
        return (2 * self.value_fen + self.accelerator_hours) // (2 * self.accelerator_hours)


NOTHING = Preview(fills=(), start=None, accelerator_hours=0, value_fen=0, why_not=None)


def preview_order(
    *, request: OrderRequest, now: datetime, engine_factory: Callable[[], Engine] = make_engine
) -> Preview:
    """Play `request` as if it arrived now and return what would fill, or why nothing would; writes and locks nothing.

    A request that breaks a rule of the market previews as nothing; `check_orders` says which rule.
    """
    market = Market.objects.order_by().filter(pk=request.market_id).first()
    site = Site.objects.order_by().filter(pk=request.site_id).first() if request.site_id is not None else None
    if market is None or find_fault(request=request, market=market, site=site, now=now) is not None:
        return NOTHING
    try:
        limit_fen = limit_fen_of(request, market)
    except UnableToPlaceOrder:
        return NOTHING
    first_open = max(market.closed_until, first_open_hour(market, now))
    if request.latest_start < first_open:
        return NOTHING
    engine = load_engine(
        engine=engine_factory(),
        closed_until={market.pk: first_open},
        side=-request.side,
        span=(request.start, request.end),
        with_hidden=False,
    )
    fills = play(engine, command_of(request, limit_fen))
    if sum(fill.quantity for fill in fills) == request.quantity * request.hours:
        return summed_up(request, fills, why_not=None)
    supply = read_supply(request=request, limit_fen=limit_fen)
    if request.kind == Kind.HOURLY:
        return summed_up(request, fills, why_not=explain_hourly(request, limit_fen, fills, supply))
    if fills:
        return summed_up(request, fills, why_not=None)  # in parts, as it asked for; the rest waits
    at_any_price = play(engine, probe_of(request))
    return summed_up(request, fills, why_not=explain_block(request, limit_fen, at_any_price, supply, first_open))


def play(engine: Engine, command: np.ndarray) -> tuple[Fill, ...]:
    """Send an order to an engine, take back what would rest, and return its fills by hour."""
    cancel = command.copy()
    cancel["do"] = Do.CANCEL
    events = engine.apply(np.concatenate([command, cancel]))
    trades = events[(events["event"] == Event.TRADE) & (events["id"] == command["id"])]
    fills = (Fill(*row) for row in trades[["hour", "price", "quantity", "site"]].tolist())
    return tuple(sorted(fills, key=attrgetter("hour")))


def probe_of(request: OrderRequest) -> np.ndarray:
    """Return the same block with the most generous limit, to find the best price at which it would fill in full."""
    probe = command_of(request, PRICE_FEN_MAX if request.side == Side.BID else 1)
    probe["tif"], probe["min_quantity"] = TimeInForce.IOC, NULL
    return probe


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
        accelerator_hours=sum(fill.quantity for fill in fills),
        value_fen=sum(fill.quantity * fill.price_fen for fill in fills),
        why_not=why_not,
    )
