"""What is refused on entry, and why: the first reason that applies, in the order of these functions."""

from matching.engine.bounds import (
    DISPLAY_SHARE_MAX,
    FLEXIBILITY_MAX,
    HOURS_MAX,
    ID_MAX,
    KEY_MAX,
    LAST_HOUR_MAX,
    MINUTE_MAX,
    PRICE_FEN_MAX,
    QUANTITY_MAX,
    START_MAX,
)
from matching.engine.dtypes import NULL, ContractState, Do, Kind, SelfTrade, Side, TimeInForce, Why
from matching.engine.reference.books import Market
from matching.engine.reference.orders import BlockOrder, Command, HourlyOrder, is_block
from matching.engine.reference.state import State

STATES = (Do.HALT, Do.COLLECT, Do.RESUME)
PLAYED = (Do.NEW, Do.REPLACE, Do.CANCEL, Do.MASS_CANCEL, Do.CLOSE, Do.TIME, Do.BAND, *STATES)


def is_malformed(command: Command) -> bool:
    """A code that means nothing; `malformed` says the same of a line that an edge could not read."""
    if command.malformed or command.do not in PLAYED:
        return True
    return command.do == Do.NEW and not (
        command.side in list(Side)
        and command.kind in list(Kind)
        and command.tif in list(TimeInForce)
        and command.self_trade in list(SelfTrade)
        and command.one_site in (0, 1)
        and command.post_only in (0, 1)
    )


def out_of_bounds(command: Command) -> bool:
    if command.do == Do.MASS_CANCEL:
        return not 0 <= command.participant <= KEY_MAX
    if command.do == Do.CLOSE:
        return not (0 <= command.market <= KEY_MAX and 0 <= command.start <= LAST_HOUR_MAX)
    if command.do == Do.TIME:
        return not 0 <= command.expires_minute <= MINUTE_MAX
    if command.do == Do.BAND or command.do in STATES:
        return not 0 <= command.market <= KEY_MAX or ruling_out_of_bounds(command)
    if not 0 <= command.id <= ID_MAX:
        return True
    if command.do == Do.CANCEL:
        return False
    if command.do == Do.REPLACE:
        return not (optional(command.quantity, 1, QUANTITY_MAX) and optional(command.price, 1, PRICE_FEN_MAX))
    return not (
        0 <= command.participant <= KEY_MAX
        and 0 <= command.market <= KEY_MAX
        and 0 <= command.start <= START_MAX
        and 1 <= command.hours <= HOURS_MAX
        and 1 <= command.quantity <= QUANTITY_MAX
        and optional(command.price, 1, PRICE_FEN_MAX)
        and optional(command.site, 0, KEY_MAX)
        and 0 <= command.start_flexibility <= FLEXIBILITY_MAX
        and optional(command.min_quantity, 1, QUANTITY_MAX)
        and optional(command.display_quantity, 1, QUANTITY_MAX)
        and shows_enough(command.display_quantity, command.quantity)
        and (command.tif != TimeInForce.GTD or optional(command.expires_minute, 0, MINUTE_MAX))
    )


def ruling_out_of_bounds(command: Command) -> bool:
    if command.do == Do.BAND:
        return not (optional(command.price, 1, PRICE_FEN_MAX) and optional(command.quantity, 0, PRICE_FEN_MAX))
    return not (optional(command.start, 0, START_MAX) and optional(command.hours, 1, HOURS_MAX))


def lacks_field(command: Command) -> bool:
    """A band without a price around which it lies; a span of hours without its start or its length."""
    if command.do == Do.BAND:
        return command.price == NULL and command.quantity != NULL
    return command.do in STATES and (command.start == NULL) != (command.hours == NULL)


def optional(value: int, low: int, high: int) -> bool:
    return value == NULL or low <= value <= high


def shows_enough(display_quantity: int | None, quantity: int) -> bool:
    return display_quantity in (None, NULL) or display_quantity * DISPLAY_SHARE_MAX >= quantity


def has_foreign_field(command: Command) -> bool:
    """A field that the order's kind lacks, or post_only where the order could not rest."""
    if is_block(command):
        return bool(command.post_only) or command.display_quantity != NULL
    if command.post_only and (command.price == NULL or command.tif not in (TimeInForce.GTC, TimeInForce.GTD)):
        return True
    return bool(command.start_flexibility) or bool(command.one_site) or command.min_quantity != NULL


def has_wrong_site(command: Command) -> bool:
    """An ask names its site, a bid names none."""
    return (command.site == NULL) == (command.side == Side.ASK)


def is_closed(state: State, command: Command) -> bool:
    """The last possible start has closed (an hourly order has one start, its first hour), or its time has come already."""
    has_expired = command.tif == TimeInForce.GTD and NULL < command.expires_minute <= state.minute
    return has_expired or command.start + command.start_flexibility <= state.markets[command.market].last_closed


def is_halted(state: State, command: Command) -> bool:
    market = state.markets[command.market]
    earliest = max(command.start, market.first_open_hour)
    return meets_halts(market, range(earliest, command.start + command.start_flexibility + 1), command.hours)


def meets_halts(market: Market, starts: range, hours: int) -> bool:
    """Every possible start has an hour that is halted; an hourly order has one start."""
    return all(
        any(market.state_of(hour) is ContractState.HALTED for hour in range(start, start + hours)) for start in starts
    )


def would_meet(state: State, order: HourlyOrder, price: int, hours: list[int]) -> bool:
    """Say whether `order` at `price` would meet any resting hourly order in any of `hours` that may trade there now."""
    market = state.markets[order.market]
    for hour in hours:
        for making in market.book(hour, -order.side):
            if order.side * (price - making.order.limit) < 0:
                break
            if market.allows(hour, making.order.limit):
                return True
    return False


def wrongly_has_alternatives(alternatives: list[Command]) -> bool:
    """Only a block bid has any, and then each has its limit."""
    command = alternatives[0]
    if len(alternatives) == 1:
        return False
    return not is_block(command) or command.side != Side.BID or any(each.price == NULL for each in alternatives)


def reason_to_reject(state: State, alternatives: list[Command]) -> Why | None:
    """Return why a command is refused, None when it may go on; post_only is judged in `hourly.py`, with the order made.

    A NEW comes as each of its alternatives in full (see `alternatives.py`), any other command as a list of one.
    """
    command = alternatives[0]
    if any(is_malformed(each) for each in alternatives):
        return Why.MALFORMED
    if any(out_of_bounds(each) for each in alternatives):
        return Why.BOUNDS
    if command.do in (Do.CANCEL, Do.REPLACE):
        return reason_to_leave(state, command)
    if command.do != Do.NEW:
        return Why.FIELD if lacks_field(command) else None
    if has_foreign_field(command) or wrongly_has_alternatives(alternatives):
        return Why.FIELD
    if has_wrong_site(command):
        return Why.SITE
    if command.id in state.orders:
        return Why.DUPLICATE
    not_closed = [each for each in alternatives if not is_closed(state, each)]
    if not not_closed:
        return Why.CLOSED
    return Why.HALTED if all(is_halted(state, each) for each in not_closed) else None


def reason_to_leave(state: State, command: Command) -> Why | None:
    """Return why a cancel or replace of an order is refused; one price cannot serve several alternatives."""
    order = state.orders.get(command.id)
    if order is None:
        return Why.UNKNOWN
    undecided = isinstance(order, BlockOrder) and len(order.alternatives) > 1
    return Why.FIELD if command.do == Do.REPLACE and command.price != NULL and undecided else None
