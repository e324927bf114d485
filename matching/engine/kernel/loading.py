"""Putting orders back without matching. The caller has made room, and sorted the rows by sequence."""

from matching.engine.bounds import ALTERNATIVES_MAX, QUANTITY_MAX
from matching.engine.kernel.alternatives import alternative_of, is_alone, withdraw_alternative
from matching.engine.kernel.arriving import hourly_from
from matching.engine.kernel.codes import BLOCK, W_NONE
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.contracts import book_of, market_of, side_of
from matching.engine.kernel.entry_rules import field8, field32, id_field
from matching.engine.kernel.hourly import may_rest
from matching.engine.kernel.ids import order_of_id
from matching.engine.kernel.layout import (
    BASE,
    C_ALTERNATIVES,
    C_KIND,
    C_MARKET,
    CALL_END,
    DISPLAY,
    FIRST_OPEN,
    HIDDEN,
    LAST_SEQUENCE,
    LEVEL,
    MARKET,
    NULL32,
    OPEN,
    PRICE,
    SEQUENCE,
    SHOWN,
    SIBLING,
    SIDE,
    SITE,
)
from matching.engine.kernel.levels import rest
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.new_alternatives import (
    all_closed,
    blocks_from,
    reason_to_reject_alternatives,
    rows_follow,
)
from matching.engine.kernel.orders import kind_of, node_at, nodes_of
from matching.engine.kernel.pointers import other32, other64
from matching.engine.kernel.reading import R_ALTERNATIVE, R_HOUR, R_ID, R_OPEN, R_SEQUENCE, R_SHOWN, R_SITE, ROW_SIZE
from matching.engine.kernel.waiting import is_waiting, wait


@piece
def load_orders(m: Memory, count: int) -> int:
    """Make `count` orders with nothing open; return 0, or 1 + the first row that could not rest."""
    m.s[CALL_END] = count
    row = 0
    while row < count:
        further = field8(m, row, C_ALTERNATIVES)
        if further != 0 and not rows_follow(m, row, further):
            return row + 1
        if reason_to_reject_alternatives(m, row, further) != W_NONE:
            return row + 1
        if field8(m, row, C_KIND) == BLOCK:
            if all_closed(m, row, further):
                return row + 1
            order = blocks_from(m, row, further, 0)
        else:
            order = hourly_from(m, row, market_of(m, field32(m, row, C_MARKET)))
        if not may_rest(m, order):
            return row + 1
        row += 1 + further
    return 0


@small_piece
def fits(m: Memory, order: int, hour: int, open_: int, shown: int) -> bool:
    """Say whether a row of an hourly order is of one of its open hours, and shows no more than its tip."""
    if not m.a[order + BASE] <= hour < m.a[order + BASE] + nodes_of(m, order):
        return False
    display = m.a[order + DISPLAY]
    return (
        hour >= m.a[m.a[order + MARKET] + FIRST_OPEN]
        and m.a[node_at(m, order, hour) + LEVEL] == 0
        and (shown == open_ or (display != NULL32 and shown <= display))
    )


@piece
def load_resting(m: Memory, rows: int, count: int) -> int:
    """Link `count` rows of RESTING, sorted by sequence; return 0, or 1 + the first row that does not fit its order."""
    for row in range(count):
        row64 = other64(rows + row * ROW_SIZE)
        row32 = other32(rows + row * ROW_SIZE)
        order = order_of_id(m, row64[R_ID])
        open_, shown, sequence = row32[R_OPEN], row32[R_SHOWN], row64[R_SEQUENCE]
        if order == 0 or not 1 <= shown <= open_ <= QUANTITY_MAX:
            return row + 1
        m.s[LAST_SEQUENCE] = max(m.s[LAST_SEQUENCE], sequence)
        if kind_of(m, order) == BLOCK:
            order = alternative_of(m, order, row32[R_ALTERNATIVE])
            if order == 0 or is_waiting(m, order):
                return row + 1
            m.a[order + OPEN] = open_
            m.w[(order + SEQUENCE) >> 1] = sequence
            if m.a[order + SIDE] > 0:
                m.a[order + SITE] = row32[R_SITE]
            wait(m, order)
            continue
        hour = row32[R_HOUR]
        if not fits(m, order, hour, open_, shown):
            return row + 1
        node = node_at(m, order, hour)
        m.a[node + SHOWN] = shown
        m.a[node + HIDDEN] = open_ - shown
        m.a[order + OPEN] += 1
        side = m.a[order + SIDE]
        book = book_of(m, m.a[order + MARKET], hour)
        rest(m, side_of(book, side), side * m.a[order + PRICE], node, sequence)
    return 0


@piece
def withdraw_those_not_waiting(m: Memory, count: int) -> None:
    """Withdraw those alternatives of the `count` orders that no row of RESTING named."""
    for row in range(count):
        if field8(m, row, C_ALTERNATIVES) == 0:
            continue
        alternative = order_of_id(m, id_field(m, row))
        for _ in range(1 + ALTERNATIVES_MAX):
            following = m.a[alternative + SIBLING]
            if not is_waiting(m, alternative) and not is_alone(m, alternative):
                withdraw_alternative(m, alternative)
            alternative = following
