"""New orders: from a row of commands to an order, and on to `hourly.py` or `blocks.py`."""

from matching.engine.kernel import blocks
from matching.engine.kernel.codes import BLOCK, FOK, W_CLOSED, W_EXPIRED, W_HALTED, W_POST_ONLY
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import market_of, site_number_of
from matching.engine.kernel.entry_rules import field8, field32, id_field, is_closed, is_halted
from matching.engine.kernel.events import tell_accepted, tell_gone, tell_rejected
from matching.engine.kernel.expiry import expire_at, is_late, names_minute
from matching.engine.kernel.hourly import can_fill, rests_at, trade_hours, would_meet
from matching.engine.kernel.layout import (
    C_DISPLAY,
    C_EXPIRES,
    C_FLEXIBILITY,
    C_HOURS,
    C_KIND,
    C_MARKET,
    C_MIN_QUANTITY,
    C_ONE_SITE,
    C_PARTICIPANT,
    C_POST_ONLY,
    C_PRICE,
    C_QUANTITY,
    C_SELF_TRADE,
    C_SIDE,
    C_SITE,
    C_START,
    C_TIF,
    DISPLAY,
    FIRST_OPEN,
    FLEXIBILITY,
    HOURS,
    LAST_SEQUENCE,
    LEAST,
    NULL32,
    NUMBER,
    ONE_SITE,
    OPEN,
    POST_ONLY,
    PRICE,
    RULINGS,
    SELF_TRADE,
    SEQUENCE,
    SHOWN,
    SIBLING,
    SITE,
    SITE_NUMBER,
    SPAN_MAX,
    START,
    TIF,
)
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.orders import enter, make_order, node_of


@small_piece
def order_from(m: Memory, row: int, market: int, base: int, nodes: int) -> int:
    """Make an order with what both kinds have; it is not entered."""
    side = field8(m, row, C_SIDE)
    kind = field8(m, row, C_KIND)
    order = make_order(m, id_field(m, row), field32(m, row, C_PARTICIPANT), market, side, kind, base, nodes)
    m.a[order + TIF] = field8(m, row, C_TIF)
    m.a[order + PRICE] = field32(m, row, C_PRICE)
    site = field32(m, row, C_SITE)
    m.a[order + SITE] = site
    if site != NULL32:
        m.a[order + SITE_NUMBER] = site_number_of(m, market, site)
    if names_minute(m, row):
        expire_at(m, order, field32(m, row, C_EXPIRES))
    return order


@small_piece
def enter_from(m: Memory, row: int, order: int) -> None:
    enter(m, order, id_field(m, row), field32(m, row, C_PARTICIPANT), field8(m, row, C_SIDE))


@small_piece
def hourly_from(m: Memory, row: int, market: int) -> int:
    """Make an hourly order with nothing open yet."""
    order = order_from(m, row, market, field32(m, row, C_START), field32(m, row, C_HOURS))
    m.a[order + SELF_TRADE] = field8(m, row, C_SELF_TRADE)
    m.a[order + POST_ONLY] = field8(m, row, C_POST_ONLY)
    m.a[order + DISPLAY] = field32(m, row, C_DISPLAY)
    m.a[order + OPEN] = 0
    enter_from(m, row, order)
    return order


@piece
def block_from(m: Memory, row: int, where: int, market: int, sequence: int) -> int:
    """Make a block of the NEW in `row`, its window and limit from `where` (an ALTERNATIVE's row, or the same).

    Its earliest start is in an open hour; it is alone, and not entered.
    """
    last = field32(m, where, C_START) + field32(m, where, C_FLEXIBILITY)
    earliest = max(field32(m, where, C_START), m.a[market + FIRST_OPEN])
    span = last - earliest + field32(m, row, C_HOURS)
    block = order_from(m, row, market, earliest, span)
    m.a[block + PRICE] = field32(m, where, C_PRICE)
    m.a[block + NUMBER] = where - row
    m.a[block + SIBLING] = block
    m.a[block + START] = earliest
    m.a[block + HOURS] = field32(m, row, C_HOURS)
    m.a[block + FLEXIBILITY] = last - earliest
    m.a[block + ONE_SITE] = field8(m, row, C_ONE_SITE)
    m.a[block + LEAST] = field32(m, row, C_MIN_QUANTITY)
    m.a[block + OPEN] = field32(m, row, C_QUANTITY)
    m.w[(block + SEQUENCE) >> 1] = sequence
    if m.a[block + ONE_SITE] != 0:
        m.s[SPAN_MAX] = max(m.s[SPAN_MAX], span)
    return block


@piece
def can_fill_all(m: Memory, row: int, market: int) -> bool:
    start = field32(m, row, C_START)
    for hour in range(start, start + field32(m, row, C_HOURS)):
        if not can_fill(
            m,
            market,
            hour,
            field8(m, row, C_SIDE),
            field32(m, row, C_PRICE),
            field32(m, row, C_QUANTITY),
            field32(m, row, C_PARTICIPANT),
            field8(m, row, C_SELF_TRADE),
        ):
            return False
    return True


@piece
def meets_any(m: Memory, row: int, market: int) -> bool:
    start = field32(m, row, C_START)
    for hour in range(start, start + field32(m, row, C_HOURS)):
        if would_meet(m, market, hour, field8(m, row, C_SIDE), field32(m, row, C_PRICE)):
            return True
    return False


@small_piece
def new_hourly(m: Memory, row: int, market: int) -> None:
    if field8(m, row, C_POST_ONLY) != 0 and meets_any(m, row, market):
        tell_rejected(m, id_field(m, row), W_POST_ONLY)
        return
    tell_accepted(m, id_field(m, row))
    if field8(m, row, C_TIF) == FOK and not can_fill_all(m, row, market):
        tell_gone(m, id_field(m, row), W_EXPIRED)
        return
    order = hourly_from(m, row, market)
    hours, side, price = field32(m, row, C_HOURS), field8(m, row, C_SIDE), field32(m, row, C_PRICE)
    m.a[order + OPEN] = hours
    for i in range(hours):
        m.a[node_of(order, i) + SHOWN] = field32(m, row, C_QUANTITY)
    sequence = m.s[LAST_SEQUENCE] + 1
    m.s[LAST_SEQUENCE] = sequence
    rests = rests_at(price, field8(m, row, C_TIF))
    start, mode = field32(m, row, C_START), field8(m, row, C_SELF_TRADE)
    trade_hours(m, order, market, start, hours, side, price, mode, rests, sequence)


@piece
def new_block(m: Memory, row: int, market: int) -> None:
    tell_accepted(m, id_field(m, row))
    m.s[LAST_SEQUENCE] += 1
    block = block_from(m, row, row, market, m.s[LAST_SEQUENCE])
    enter_from(m, row, block)
    blocks.arrive(m, block)


@small_piece
def new_order(m: Memory, row: int) -> None:
    """Play a NEW that `entry_rules.py` let pass."""
    market = market_of(m, field32(m, row, C_MARKET))
    if is_closed(m, row, market) or is_late(m, row):
        tell_rejected(m, id_field(m, row), W_CLOSED)
    elif m.a[market + RULINGS] != 0 and is_halted(m, row, market):
        tell_rejected(m, id_field(m, row), W_HALTED)
    elif field8(m, row, C_KIND) == BLOCK:
        new_block(m, row, market)
    else:
        new_hourly(m, row, market)
