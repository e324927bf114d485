"""Replace: a cut keeps its place, a raise or a new price comes in anew; each hour is judged alone."""

from matching.engine.kernel import blocks
from matching.engine.kernel.alternatives import is_alone, leave_all, next_after
from matching.engine.kernel.codes import BLOCK, S_COLLECTING, S_HALTED, W_BOUNDS, W_FIELD, W_HALTED, W_POST_ONLY
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import find_book
from matching.engine.kernel.entry_rules import field32, id_field, shows_enough
from matching.engine.kernel.events import tell_accepted, tell_rejected
from matching.engine.kernel.explaining import explain_rest
from matching.engine.kernel.hourly import may_rest, trade_hours, would_meet
from matching.engine.kernel.ids import order_of_id
from matching.engine.kernel.layout import (
    BASE,
    C_PRICE,
    C_QUANTITY,
    DISPLAY,
    FLEXIBILITY,
    HIDDEN,
    HOURS,
    LAST_SEQUENCE,
    LEVEL,
    LEVEL_TOTAL,
    MARKET,
    NULL32,
    OPEN,
    POST_ONLY,
    PRICE,
    RULINGS,
    SELF_TRADE,
    SEQUENCE,
    SHOWN,
    SIDE,
    START,
)
from matching.engine.kernel.levels import end_hour
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.orders import kind_of, node_of, nodes_of
from matching.engine.kernel.tradable import start_within, state_of


@piece
def is_halted_throughout(m: Memory, block: int) -> bool:
    """Say whether every possible start of a block has an hour that is halted."""
    start = m.a[block + START]
    last = start + m.a[block + FLEXIBILITY]
    return start_within(m, m.a[block + MARKET], start, last, m.a[block + HOURS], S_COLLECTING) < 0


@piece
def reason_not_to_replace_block(m: Memory, block: int, has_price: bool) -> int:
    """Return why a block cannot be replaced so, 0 when it can: a price for several alternatives, or all of them halted."""
    if has_price and not is_alone(m, block):
        return W_FIELD
    alternative = block
    while alternative != 0:
        if not is_halted_throughout(m, alternative):
            return 0
        alternative = next_after(m, alternative, block)
    return W_HALTED


@piece
def replace_block(m: Memory, block: int, quantity: int, price: int) -> None:
    """Try the block as if arriving; it keeps its sequence if it was only cut. A price comes for a single alternative only."""
    leave_all(m, block)
    if quantity == NULL32:
        quantity = m.a[block + OPEN]
    sequence = m.w[(block + SEQUENCE) >> 1]
    if quantity > m.a[block + OPEN] or price != m.a[block + PRICE]:
        m.s[LAST_SEQUENCE] += 1
        sequence = m.s[LAST_SEQUENCE]
    m.a[block + PRICE] = price
    alternative = block
    while alternative != 0:
        m.w[(alternative + SEQUENCE) >> 1] = sequence
        m.a[alternative + OPEN] = quantity
        alternative = next_after(m, alternative, block)
    blocks.arrive(m, block)


@small_piece
def open_in(m: Memory, node: int) -> int:
    return m.a[node + SHOWN] + m.a[node + HIDDEN]


@small_piece
def comes_anew(m: Memory, order: int, node: int, quantity: int, price: int) -> bool:
    return open_in(m, node) > 0 and (price != m.a[order + PRICE] or quantity > open_in(m, node))


@small_piece
def cut(m: Memory, node: int, quantity: int) -> None:
    """Cut an hour where it stands: hidden first, and a tip never grows."""
    level = m.a[node + LEVEL]
    m.w[(level + LEVEL_TOTAL) >> 1] += quantity - open_in(m, node)
    m.a[node + SHOWN] = min(m.a[node + SHOWN], quantity)
    m.a[node + HIDDEN] = quantity - m.a[node + SHOWN]


@piece
def has_halted_hour(m: Memory, order: int) -> bool:
    """Say whether an hour that an hourly order still has open is halted."""
    market = m.a[order + MARKET]
    for i in range(nodes_of(m, order)):
        if open_in(m, node_of(order, i)) > 0:
            book = find_book(m, market, m.a[order + BASE] + i)
            if state_of(m, market, book) == S_HALTED:
                return True
    return False


@piece
def reason_not_to_replace(m: Memory, order: int, quantity: int, price: int) -> int:
    """Return why an hourly order cannot be replaced so, 0 when it can."""
    if quantity != NULL32 and not shows_enough(m.a[order + DISPLAY], quantity):
        return W_BOUNDS
    if m.a[m.a[order + MARKET] + RULINGS] != 0 and has_halted_hour(m, order):
        return W_HALTED
    if m.a[order + POST_ONLY] == 0:
        return 0
    for i in range(nodes_of(m, order)):
        if comes_anew(m, order, node_of(order, i), quantity, price) and would_meet(
            m, m.a[order + MARKET], m.a[order + BASE] + i, m.a[order + SIDE], price
        ):
            return W_POST_ONLY
    return 0


@piece
def replace_hourly(m: Memory, order: int, quantity: int, price: int) -> None:
    """Take out the hours that come in anew, cut the others, then trade and rest the former like a new order's."""
    anew = False
    for i in range(nodes_of(m, order)):
        node = node_of(order, i)
        if comes_anew(m, order, node, quantity, price):
            was_open = end_hour(m, m.a[order + SIDE] * m.a[order + PRICE], node)
            m.a[node + SHOWN] = was_open if quantity == NULL32 else quantity
            anew = True
        elif quantity != NULL32 and open_in(m, node) > 0:
            cut(m, node, quantity)
    m.a[order + PRICE] = price
    if anew:
        m.s[LAST_SEQUENCE] += 1
        trade_hours(
            m,
            order,
            m.a[order + MARKET],
            m.a[order + BASE],
            nodes_of(m, order),
            m.a[order + SIDE],
            price,
            m.a[order + SELF_TRADE],
            may_rest(m, order),
            m.s[LAST_SEQUENCE],
        )
    else:
        explain_rest(m, order)


@piece
def replace(m: Memory, row: int) -> None:
    """Play a REPLACE of an order that is open."""
    order = order_of_id(m, id_field(m, row))
    quantity, price = field32(m, row, C_QUANTITY), field32(m, row, C_PRICE)
    if price == NULL32:
        price = m.a[order + PRICE]
    is_block = kind_of(m, order) == BLOCK
    if is_block:
        why = reason_not_to_replace_block(m, order, field32(m, row, C_PRICE) != NULL32)
    else:
        why = reason_not_to_replace(m, order, quantity, price)
    if why != 0:
        tell_rejected(m, id_field(m, row), why)
        return
    tell_accepted(m, id_field(m, row))
    if is_block:
        replace_block(m, order, quantity, price)
    else:
        replace_hourly(m, order, quantity, price)
