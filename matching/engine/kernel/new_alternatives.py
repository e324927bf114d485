"""A NEW with alternatives: the rows that follow it, why it is refused, and the blocks that it becomes."""

from matching.engine.bounds import ALTERNATIVES_MAX, FLEXIBILITY_MAX, KEY_MAX, PRICE_FEN_MAX, START_MAX
from matching.engine.kernel import blocks
from matching.engine.kernel.alternatives import link_after
from matching.engine.kernel.arriving import block_from, enter_from
from matching.engine.kernel.codes import (
    ALTERNATIVE,
    BLOCK,
    S_COLLECTING,
    W_BOUNDS,
    W_CLOSED,
    W_FIELD,
    W_HALTED,
    W_MALFORMED,
    W_NONE,
)
from matching.engine.kernel.compiling import piece
from matching.engine.kernel.contracts import market_of
from matching.engine.kernel.entry_rules import field8, field32, id_field, is_closed, optional, reason_to_reject_new
from matching.engine.kernel.events import tell_accepted, tell_rejected
from matching.engine.kernel.expiry import is_late
from matching.engine.kernel.layout import (
    C_ALTERNATIVES,
    C_DO,
    C_FLEXIBILITY,
    C_HOURS,
    C_KIND,
    C_MALFORMED,
    C_MARKET,
    C_PRICE,
    C_SIDE,
    C_START,
    CALL_END,
    FIRST_OPEN,
    FOLLOWED,
    LAST_SEQUENCE,
    NOTHING,
    NULL32,
)
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.room import has_room_for_alternatives
from matching.engine.kernel.tradable import start_within


@piece
def rows_follow(m: Memory, row: int, count: int) -> bool:
    """Say whether the `count` rows that a NEW announces follow it in this call."""
    if not 1 <= count <= ALTERNATIVES_MAX or row + count >= m.s[CALL_END]:
        return False
    for following in range(row + 1, row + 1 + count):
        if field8(m, following, C_DO) != ALTERNATIVE or id_field(m, following) != id_field(m, row):
            return False
    return True


@piece
def is_in_bounds(m: Memory, following: int) -> bool:
    return (
        0 <= field32(m, following, C_MARKET) <= KEY_MAX
        and 0 <= field32(m, following, C_START) <= START_MAX
        and optional(field32(m, following, C_PRICE), 1, PRICE_FEN_MAX)
        and 0 <= field32(m, following, C_FLEXIBILITY) <= FLEXIBILITY_MAX
    )


@piece
def reason_to_reject_alternatives(m: Memory, row: int, count: int) -> int:
    """Return why a NEW with its rows is refused, the first that applies to all of them; W_NONE when it may go on."""
    why = reason_to_reject_new(m, row)
    malformed, in_bounds = why == W_MALFORMED, why != W_BOUNDS
    priced = field32(m, row, C_PRICE) != NULL32
    for following in range(row + 1, row + 1 + count):
        malformed = malformed or field8(m, following, C_MALFORMED) != 0
        in_bounds = in_bounds and is_in_bounds(m, following)
        priced = priced and field32(m, following, C_PRICE) != NULL32
    if malformed:
        return W_MALFORMED
    if not in_bounds:
        return W_BOUNDS
    if count > 0 and (not priced or field8(m, row, C_KIND) != BLOCK or field8(m, row, C_SIDE) < 0):
        return W_FIELD
    return why


@piece
def all_closed(m: Memory, row: int, count: int) -> bool:
    for where in range(row, row + 1 + count):  # noqa: SIM110
        if not is_closed(m, where, market_of(m, field32(m, where, C_MARKET))):
            return False
    return True


@piece
def all_halted(m: Memory, row: int, count: int) -> bool:
    """Say whether every possible start of every alternative that is not closed has an hour that is halted."""
    hours = field32(m, row, C_HOURS)
    for where in range(row, row + 1 + count):
        market = market_of(m, field32(m, where, C_MARKET))
        start = field32(m, where, C_START)
        first, last = max(start, m.a[market + FIRST_OPEN]), start + field32(m, where, C_FLEXIBILITY)
        if start_within(m, market, first, last, hours, S_COLLECTING) >= 0:
            return False
    return True


@piece
def blocks_from(m: Memory, row: int, count: int, sequence: int) -> int:
    """Make a block of every alternative that is not closed, enter them as one order, and return the lowest."""
    lowest = highest = NOTHING
    for where in range(row, row + 1 + count):
        market = market_of(m, field32(m, where, C_MARKET))
        if is_closed(m, where, market):
            continue
        block = block_from(m, row, where, market, sequence)
        link_after(m, highest, block)
        highest = block
        if lowest == NOTHING:
            lowest = block
            enter_from(m, row, block)
    return lowest


@piece
def new_alternatives(m: Memory, row: int, count: int) -> None:
    """Let the alternatives that are not closed arrive as one order."""
    if is_late(m, row) or all_closed(m, row, count):
        tell_rejected(m, id_field(m, row), W_CLOSED)
        return
    if all_halted(m, row, count):
        tell_rejected(m, id_field(m, row), W_HALTED)
        return
    tell_accepted(m, id_field(m, row))
    m.s[LAST_SEQUENCE] += 1
    blocks.arrive(m, blocks_from(m, row, count, m.s[LAST_SEQUENCE]))


@piece
def play_with_alternatives(m: Memory, row: int) -> bool:
    """Play a NEW that announces alternatives; False when something has to grow first."""
    count = field8(m, row, C_ALTERNATIVES)
    if not rows_follow(m, row, count):
        tell_rejected(m, id_field(m, row), W_MALFORMED)
        return True
    m.s[FOLLOWED] = row + 1 + count
    why = reason_to_reject_alternatives(m, row, count)
    if why != W_NONE:
        tell_rejected(m, id_field(m, row), why)
        return True
    if not has_room_for_alternatives(m, row, count):
        return False
    new_alternatives(m, row, count)
    return True
