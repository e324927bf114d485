"""What an order must look like in its market: pure rules, and an error with a sentence for each.

`entry.py` reads what the rules need, for many orders at once, and stores those that pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from matching.engine.bounds import (
    DISPLAY_SHARE_MAX,
    FLEXIBILITY_MAX,
    HOURS_MAX,
    PRICE_FEN_MAX,
    QUANTITY_MAX,
)
from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from matching.hours import first_open_hour, gate_of, hour_of, moment_of
from matching.models import Market, Site
from matching.refusal import Fen, Refusal

BPS = 10_000
CLIENT_ORDER_ID_LENGTH_MAX = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class AlternativeRequest:
    """What a block bid would take instead: another market, start or limit; all else is the order's."""

    market_id: int
    start: int
    price_fen: int
    start_flexibility: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRequest:
    """What a participant asks for: hours are integers, quantity is accelerators in every hour, prices are fen per accelerator-hour."""

    participant_id: int
    market_id: int
    side: Side
    kind: Kind
    start: int
    hours: int
    quantity: int
    price_fen: int | None = None  # null: a market order
    time_in_force: TimeInForce = TimeInForce.GTC
    site_id: int | None = None  # an ask's
    start_flexibility: int = 0
    one_site: bool = False
    min_quantity: int | None = None
    display_quantity: int | None = None
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.CANCEL_TAKER
    expires_at: datetime | None = None  # GTD
    client_order_id: str | None = None
    alternatives: tuple[AlternativeRequest, ...] = ()  # a block bid's

    @property
    def latest_start(self) -> int:
        """The last hour at which it may start."""
        return self.start + self.start_flexibility

    @property
    def end(self) -> int:
        """The hour after the last one that it could use."""
        return self.latest_start + self.hours


class UnableToPlaceOrder(Refusal):
    """Why an order is refused."""

    code = "unable_to_place_order"


class UnknownMarket(UnableToPlaceOrder):
    code = "unknown_market"
    field = "market"
    sentence = _("This market does not exist. Choose one from the list of markets.")


class GateClosed(UnableToPlaceOrder):
    code = "gate_closed"
    field = "start"
    sentence = _(
        "Trading for the hour from %(start)s closed at %(gate)s. The first hour that still trades starts at %(first)s."
    )


class BeyondHorizon(UnableToPlaceOrder):
    code = "beyond_horizon"
    field = "start"
    sentence = _("Orders may reach up to %(end)s; this one would end at %(asked)s. Start earlier or take fewer hours.")


class PriceOffTick(UnableToPlaceOrder):
    code = "price_off_tick"
    field = "price_fen"
    sentence = _("Prices in this market are multiples of %(tick)s. Use %(below)s or %(above)s.")


class PriceOutOfBounds(UnableToPlaceOrder):
    code = "price_out_of_bounds"
    field = "price_fen"
    sentence = _("The price must be between %(low)s and %(high)s per accelerator-hour.")


class QuantityOffLot(UnableToPlaceOrder):
    code = "quantity_off_lot"
    field = "quantity"
    sentence = _("Quantities in this market are multiples of %(lot)s accelerators.")


class QuantityOutOfBounds(UnableToPlaceOrder):
    code = "quantity_out_of_bounds"
    field = "quantity"
    sentence = _("The quantity must be between %(low)s and %(high)s accelerators.")


class HoursOutOfBounds(UnableToPlaceOrder):
    code = "hours_out_of_bounds"
    field = "hours"
    sentence = _("An order covers between 1 and %(high)s hours.")


class FlexibilityOutOfBounds(UnableToPlaceOrder):
    code = "flexibility_out_of_bounds"
    field = "start_flexibility"
    sentence = _("The start may move by 0 to %(high)s hours.")


class FieldNotAllowed(UnableToPlaceOrder):
    code = "field_not_allowed"
    sentence = _("This kind of order has no %(name)s. Leave it out.")


class ExpiryRequired(UnableToPlaceOrder):
    code = "expiry_required"
    field = "expires_at"
    sentence = _("An order that is good till a time needs a time later than now.")


class ExpiryNotWholeMinute(UnableToPlaceOrder):
    code = "expiry_not_whole_minute"
    field = "expires_at"
    sentence = _("Orders end on whole minutes. Use %(below)s or %(above)s.")


class SiteRequired(UnableToPlaceOrder):
    code = "site_required"
    field = "site"
    sentence = _("An ask says at which site it sells. Choose a site.")


class SiteNotInMarket(UnableToPlaceOrder):
    code = "site_not_in_market"
    field = "site"
    sentence = _("This site does not belong to the market %(market)s. Choose one of its sites.")


class NoReferencePrice(UnableToPlaceOrder):
    code = "no_reference_price"
    field = "price_fen"
    sentence = _(
        "The market %(market)s has no reference price yet, so a market order would be unprotected. Give a limit price."
    )


class TooManyOpenBlocks(UnableToPlaceOrder):
    code = "too_many_open_blocks"
    sentence = _("You have %(open)s open block orders in %(market)s, the most that it allows. Cancel one first.")


class ClientOrderIdConflict(UnableToPlaceOrder):
    code = "client_order_id_conflict"
    field = "client_order_id"
    sentence = _(
        "The client order id %(client_order_id)s already belongs to an order with other contents. Use a new id."
    )


class ClientOrderIdRepeated(UnableToPlaceOrder):
    code = "client_order_id_repeated"
    field = "client_order_id"
    sentence = _(
        "The client order id %(client_order_id)s stands twice in this request. Give each order an id of its own."
    )


class ClientOrderIdTooLong(UnableToPlaceOrder):
    code = "client_order_id_too_long"
    field = "client_order_id"
    sentence = _("A client order id has 1 to %(high)s characters.")


FIELD_NAMES = {
    "start_flexibility": _("start flexibility"),
    "one_site": _("single site"),
    "min_quantity": _("least quantity"),
    "display_quantity": _("shown quantity"),
    "post_only": _("post-only"),
    "expires_at": _("expiry time"),
    "site": _("site"),
}


def effective_time_in_force(request: OrderRequest) -> TimeInForce:
    """Return how long the engine lets it wait: a market order never rests."""
    if request.price_fen is None and request.time_in_force in (TimeInForce.GTC, TimeInForce.GTD):
        return TimeInForce.IOC
    return TimeInForce(request.time_in_force)


def effective_expires_at(request: OrderRequest, market: Market) -> datetime | None:
    """Return when a GTD order ends: its time, or the gate of the last hour that it could use where that comes first."""
    if effective_time_in_force(request) != TimeInForce.GTD or request.expires_at is None:
        return None
    gate_hour = max(last_start(request) - market.lead_hours, 0)
    return request.expires_at if hour_of(request.expires_at) < gate_hour else moment_of(gate_hour)


def last_start(request: OrderRequest) -> int:
    """Return the last hour at whose gate an order would end: a block's latest start, an hourly order's last hour."""
    return request.latest_start if request.kind == Kind.BLOCK else request.end - 1


def protection_price_fen(*, market: Market, side: Side) -> int:
    """Return the worst price of a market order: the reference price moved by the band, on the tick, within bounds.

    Raises NoReferencePrice.
    """
    if market.reference_price_fen is None:
        raise NoReferencePrice(market=market.symbol)
    tick = market.tick_fen
    moved = market.reference_price_fen * (BPS + side * market.protection_band_bps)
    # Towards the reference: down for a bid, up for an ask.
    ticks = moved // (BPS * tick) if side == Side.BID else -(-moved // (BPS * tick))
    return max(tick, min(ticks * tick, PRICE_FEN_MAX // tick * tick))


def find_fault(*, request: OrderRequest, market: Market, site: Site | None, now: datetime) -> UnableToPlaceOrder | None:
    """Return the first rule of the market that an order breaks, None when it keeps them all."""
    for faults in (size_faults, field_faults, price_faults, site_faults, time_faults):
        for fault in faults(request, market, site, now):
            return fault
    return None


def size_faults(
    request: OrderRequest, market: Market, _site: Site | None, _now: datetime
) -> Iterator[UnableToPlaceOrder]:
    for field in ("quantity", "min_quantity", "display_quantity"):
        quantity = getattr(request, field)
        if quantity is None:
            continue
        high = QUANTITY_MAX if field == "quantity" else request.quantity
        if not 1 <= quantity <= high:
            yield QuantityOutOfBounds(field=field, low=market.lot, high=high // market.lot * market.lot)
        elif quantity % market.lot:
            yield QuantityOffLot(field=field, lot=market.lot)
    if not 1 <= request.hours <= HOURS_MAX:
        yield HoursOutOfBounds(high=HOURS_MAX)
    if not 0 <= request.start_flexibility <= FLEXIBILITY_MAX:
        yield FlexibilityOutOfBounds(high=FLEXIBILITY_MAX)
    if request.client_order_id is not None and not 1 <= len(request.client_order_id) <= CLIENT_ORDER_ID_LENGTH_MAX:
        yield ClientOrderIdTooLong(high=CLIENT_ORDER_ID_LENGTH_MAX)


def field_faults(
    request: OrderRequest, market: Market, _site: Site | None, now: datetime
) -> Iterator[UnableToPlaceOrder]:
    foreign = (
        {"post_only", "display_quantity"}
        if request.kind == Kind.BLOCK
        else {"start_flexibility", "one_site", "min_quantity"}
    )
    if request.price_fen is None or request.time_in_force not in (TimeInForce.GTC, TimeInForce.GTD):
        foreign |= {"post_only", "display_quantity"}
    if request.time_in_force != TimeInForce.GTD:
        foreign.add("expires_at")
    for field in FIELD_NAMES:
        if field in foreign and getattr(request, field):
            yield FieldNotAllowed(field=field, name=FIELD_NAMES[field])
    if request.side == Side.BID and request.site_id is not None:
        yield FieldNotAllowed(field="site", name=FIELD_NAMES["site"])
    if request.time_in_force == TimeInForce.GTD:
        if request.expires_at is None or request.expires_at <= now:
            yield ExpiryRequired()
        elif below := request.expires_at.second * 1_000_000 + request.expires_at.microsecond:
            minute = request.expires_at - timedelta(microseconds=below)
            yield ExpiryNotWholeMinute(below=minute, above=minute + timedelta(minutes=1))
    if request.display_quantity is not None:
        low = least_shown(request.quantity, market)
        if request.display_quantity < low:
            yield QuantityOutOfBounds(field="display_quantity", low=low, high=request.quantity)


def least_shown(quantity: int, market: Market) -> int:
    """Return the least that an iceberg of `quantity` must show: a hundredth, in whole lots."""
    return -(-quantity // (DISPLAY_SHARE_MAX * market.lot)) * market.lot


def price_faults(
    request: OrderRequest, market: Market, _site: Site | None, _now: datetime
) -> Iterator[UnableToPlaceOrder]:
    if request.price_fen is not None:
        yield from limit_faults(request.price_fen, market)
    elif market.reference_price_fen is None:
        yield NoReferencePrice(market=market.symbol)


def limit_faults(price: int, market: Market) -> Iterator[UnableToPlaceOrder]:
    """Yield what is wrong with a limit of `price` fen in `market`."""
    tick = market.tick_fen
    highest = PRICE_FEN_MAX // tick * tick
    if not 1 <= price <= PRICE_FEN_MAX:
        yield PriceOutOfBounds(low=Fen(tick), high=Fen(highest))
    elif price % tick:
        below = max(price // tick * tick, tick)
        yield PriceOffTick(tick=Fen(tick), below=Fen(below), above=Fen(min(price // tick * tick + tick, highest)))


def site_faults(
    request: OrderRequest, market: Market, site: Site | None, _now: datetime
) -> Iterator[UnableToPlaceOrder]:
    if request.side == Side.BID:
        return
    if request.site_id is None:
        yield SiteRequired()
    elif site is None or site.market_id != market.pk:
        yield SiteNotInMarket(market=market.symbol)


def time_faults(
    request: OrderRequest, market: Market, _site: Site | None, now: datetime
) -> Iterator[UnableToPlaceOrder]:
    first = first_open_hour(market, now)
    end = hour_of(now) + market.horizon_hours
    # Hours far from today are refused before anyone turns them into dates.
    if request.end > end:
        asked = moment_of(min(request.end, end + 24 * 365))
        yield BeyondHorizon(end=moment_of(end), asked=asked)
    if request.latest_start < first:
        start = max(request.latest_start, first - 24 * 365)
        yield GateClosed(start=moment_of(start), gate=gate_of(market, start), first=moment_of(first))
