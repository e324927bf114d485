"""What is refused on entry, and why: the first reason that applies, in the order of DESIGN.md section 5."""

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
from matching.engine.kernel.codes import (
    BAND,
    BLOCK,
    CLOSE,
    DECREMENT,
    FOK,
    GTD,
    MASS_CANCEL,
    NEW,
    RESUME,
    S_COLLECTING,
    TIME,
    W_BOUNDS,
    W_DUPLICATE,
    W_FIELD,
    W_MALFORMED,
    W_NONE,
    W_SITE,
    W_UNKNOWN,
)
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.ids import NOT_FOUND, slot_of_id
from matching.engine.kernel.layout import (
    C_DISPLAY,
    C_DO,
    C_EXPIRES,
    C_FLEXIBILITY,
    C_HOURS,
    C_ID,
    C_KIND,
    C_MALFORMED,
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
    COMMAND_8,
    COMMAND_32,
    COMMAND_64,
    FIRST_OPEN,
    NULL32,
)
from matching.engine.kernel.memory import Memory, commands8, commands32, commands64
from matching.engine.kernel.tradable import start_within

assert C_DO % 4 == 0
assert (C_SIDE, C_KIND, C_TIF) == (C_DO + 1, C_DO + 2, C_DO + 3)
CODES_OF_NEW = 0xFF << 8 | BLOCK << 16 | FOK << 24
"""The bits that do, side, kind and tif of a NEW may have; each of the last two has all values up to its greatest."""
assert C_SELF_TRADE % 4 == 0
assert (C_ONE_SITE, C_POST_ONLY, C_MALFORMED) == (C_SELF_TRADE + 1, C_SELF_TRADE + 2, C_SELF_TRADE + 3)
FLAGS_OF_NEW = DECREMENT | 1 << 8 | 1 << 16
"""The bits that self_trade, one_site, post_only and malformed may have."""


@small_piece
def field8(m: Memory, row: int, name: int) -> int:
    return commands8(m)[row * COMMAND_8 + name]


@small_piece
def field32(m: Memory, row: int, name: int) -> int:
    return commands32(m)[row * COMMAND_32 + name]


@small_piece
def id_field(m: Memory, row: int) -> int:
    return commands64(m)[row * COMMAND_64 + C_ID]


@small_piece
def optional(value: int, low: int, high: int) -> bool:
    return value == NULL32 or low <= value <= high


@small_piece
def shows_enough(display: int, quantity: int) -> bool:
    return display == NULL32 or display * DISPLAY_SHARE_MAX >= quantity


@small_piece
def new_is_malformed(m: Memory, row: int) -> bool:
    """A code that means nothing; the codes are bytes side by side, looked at four at a time."""
    side = field8(m, row, C_SIDE)
    return (
        (side != 1 and side != -1)
        or field32(m, row, C_DO // 4) & ~CODES_OF_NEW != 0
        or field32(m, row, C_SELF_TRADE // 4) & ~FLAGS_OF_NEW != 0
    )


@small_piece
def new_is_in_bounds(m: Memory, row: int) -> bool:
    quantity = field32(m, row, C_QUANTITY)
    return (
        0 <= id_field(m, row) <= ID_MAX
        and 0 <= field32(m, row, C_PARTICIPANT) <= KEY_MAX
        and 0 <= field32(m, row, C_MARKET) <= KEY_MAX
        and 0 <= field32(m, row, C_START) <= START_MAX
        and 1 <= field32(m, row, C_HOURS) <= HOURS_MAX
        and 1 <= quantity <= QUANTITY_MAX
        and optional(field32(m, row, C_PRICE), 1, PRICE_FEN_MAX)
        and optional(field32(m, row, C_SITE), 0, KEY_MAX)
        and 0 <= field32(m, row, C_FLEXIBILITY) <= FLEXIBILITY_MAX
        and optional(field32(m, row, C_MIN_QUANTITY), 1, QUANTITY_MAX)
        and optional(field32(m, row, C_DISPLAY), 1, QUANTITY_MAX)
        and shows_enough(field32(m, row, C_DISPLAY), quantity)
        and (field8(m, row, C_TIF) != GTD or optional(field32(m, row, C_EXPIRES), 0, MINUTE_MAX))
    )


@small_piece
def has_foreign_field(m: Memory, row: int) -> bool:
    """A field that the order's kind lacks, or post_only where the order could not rest."""
    if field8(m, row, C_KIND) == BLOCK:
        return field8(m, row, C_POST_ONLY) != 0 or field32(m, row, C_DISPLAY) != NULL32
    if field8(m, row, C_POST_ONLY) != 0 and (field32(m, row, C_PRICE) == NULL32 or field8(m, row, C_TIF) > GTD):
        return True
    return (
        field32(m, row, C_FLEXIBILITY) != 0
        or field8(m, row, C_ONE_SITE) != 0
        or field32(m, row, C_MIN_QUANTITY) != NULL32
    )


@small_piece
def reason_to_reject_new(m: Memory, row: int) -> int:
    if new_is_malformed(m, row):
        return W_MALFORMED
    if not new_is_in_bounds(m, row):
        return W_BOUNDS
    if has_foreign_field(m, row):
        return W_FIELD
    if (field32(m, row, C_SITE) == NULL32) != (field8(m, row, C_SIDE) > 0):
        return W_SITE
    if slot_of_id(m, id_field(m, row)) != NOT_FOUND:
        return W_DUPLICATE
    return W_NONE


@small_piece
def is_closed(m: Memory, row: int, market: int) -> bool:
    """Its last possible start has closed; an hourly order has one start, its first hour."""
    return field32(m, row, C_START) + field32(m, row, C_FLEXIBILITY) < m.a[market + FIRST_OPEN]


@piece
def is_halted(m: Memory, row: int, market: int) -> bool:
    """Every possible start, an hourly order's one start, has an hour that is halted."""
    start = field32(m, row, C_START)
    first, last = max(start, m.a[market + FIRST_OPEN]), start + field32(m, row, C_FLEXIBILITY)
    return start_within(m, market, first, last, field32(m, row, C_HOURS), S_COLLECTING) < 0


@small_piece
def reason_to_reject_cancel(m: Memory, row: int) -> int:
    """Return why a CANCEL is refused, W_NONE when it may go on if its order is open."""
    if field8(m, row, C_MALFORMED) != 0:
        return W_MALFORMED
    return W_NONE if 0 <= id_field(m, row) <= ID_MAX else W_BOUNDS


@piece
def reason_to_reject_ruling(m: Memory, row: int, do: int) -> int:
    """Return why a BAND, HALT, COLLECT or RESUME is refused, W_NONE when it may go on."""
    if not 0 <= field32(m, row, C_MARKET) <= KEY_MAX:
        return W_BOUNDS
    if do == BAND:
        reference, half_width = field32(m, row, C_PRICE), field32(m, row, C_QUANTITY)
        if not (optional(reference, 1, PRICE_FEN_MAX) and optional(half_width, 0, PRICE_FEN_MAX)):
            return W_BOUNDS
        return W_FIELD if reference == NULL32 and half_width != NULL32 else W_NONE
    start, hours = field32(m, row, C_START), field32(m, row, C_HOURS)
    if not (optional(start, 0, START_MAX) and optional(hours, 1, HOURS_MAX)):
        return W_BOUNDS
    return W_FIELD if (start == NULL32) != (hours == NULL32) else W_NONE


@piece
def reason_to_reject_rare(m: Memory, row: int, do: int) -> int:
    """Return why a command other than NEW and CANCEL is refused, W_NONE when it may go on."""
    if field8(m, row, C_MALFORMED) != 0 or not (NEW <= do <= CLOSE or TIME <= do <= RESUME):
        return W_MALFORMED
    if do == TIME:
        return W_NONE if 0 <= field32(m, row, C_EXPIRES) <= MINUTE_MAX else W_BOUNDS
    if do >= BAND:
        return reason_to_reject_ruling(m, row, do)
    if do == MASS_CANCEL:
        return W_NONE if 0 <= field32(m, row, C_PARTICIPANT) <= KEY_MAX else W_BOUNDS
    if do == CLOSE:
        in_bounds = 0 <= field32(m, row, C_MARKET) <= KEY_MAX and 0 <= field32(m, row, C_START) <= LAST_HOUR_MAX
        return W_NONE if in_bounds else W_BOUNDS
    if not (
        0 <= id_field(m, row) <= ID_MAX
        and optional(field32(m, row, C_QUANTITY), 1, QUANTITY_MAX)
        and optional(field32(m, row, C_PRICE), 1, PRICE_FEN_MAX)
    ):
        return W_BOUNDS
    return W_NONE if slot_of_id(m, id_field(m, row)) != NOT_FOUND else W_UNKNOWN
