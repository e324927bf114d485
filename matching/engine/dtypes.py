"""The engine's edges: the structured arrays that go in and come out, and the codes in their fields.

Commands, events and resting rows are numpy structured arrays, so a caller feeds one command or a million without a
Python object each. Every number is an integer; `NULL` stands for a field that is left out (JSON null).
"""

from enum import IntEnum

import numpy as np

NULL = -(2**31)
"""A 32-bit field that is left out: a market order's price, a bid's site, an unchanged quantity of a replace."""


class Do(IntEnum):
    """What a command does."""

    NEW = 0
    REPLACE = 1
    CANCEL = 2
    MASS_CANCEL = 3
    CLOSE = 4
    ALTERNATIVE = 5
    """A further market, start window and limit of the NEW before it; not a command by itself."""
    TIME = 6
    """Tells the engine the minute, so that GTD orders end."""
    BAND = 7
    HALT = 8
    COLLECT = 9
    RESUME = 10


class Side(IntEnum):
    """Signed, so that one line of code serves both sides: `side * price` is better when larger."""

    BID = 1
    ASK = -1


class Kind(IntEnum):
    """Hourly orders rest in books; blocks are triggered and never rest in a book."""

    HOURLY = 0
    BLOCK = 1


class TimeInForce(IntEnum):
    """How long an order may wait."""

    GTC = 0
    GTD = 1
    IOC = 2
    FOK = 3


class SelfTrade(IntEnum):
    """What happens where a taker meets its own participant's order."""

    CANCEL_TAKER = 0
    CANCEL_MAKER = 1
    CANCEL_BOTH = 2
    DECREMENT = 3


class Event(IntEnum):
    """What happened."""

    TRADE = 0
    REDUCED = 1
    GONE = 2
    REJECTED = 3
    ACCEPTED = 4
    RESTED = 5
    TRIGGERED = 6
    AUCTION = 7
    STATE = 8


class Detail(IntEnum):
    """Which events a call returns: each level has those before it too."""

    TRADES = 0
    OUTCOMES = 1
    """TRADE, REDUCED, GONE, REJECTED, AUCTION and STATE: all that changes what is open."""
    ALL = 2
    """ACCEPTED, RESTED and TRIGGERED too: every command is explained."""


class Why(IntEnum):
    """Why an hour or an order ended, or a command was refused; NONE for a trade."""

    NONE = 0
    FILLED = 1
    CANCELLED = 2
    EXPIRED = 3
    SELF_TRADE = 4
    MALFORMED = 5
    BOUNDS = 6
    FIELD = 7
    SITE = 8
    DUPLICATE = 9
    CLOSED = 10
    POST_ONLY = 11
    UNKNOWN = 12
    HALTED = 13
    COLLECTING = 14
    OPEN = 15
    OVERTAKEN = 16
    """A replace of an order that has traded since its owner asked; said by the matcher, which knows what the owner saw."""


class ContractState(IntEnum):
    """How a contract trades. The stricter of its own and its market's counts, which is the larger number."""

    OPEN = 0
    COLLECTING = 1
    """Hourly orders come in and rest without trading, until a call auction opens the contract."""
    HALTED = 2


COMMAND = np.dtype(
    [
        ("id", "i8"),  # the order's id; read by NEW, REPLACE, CANCEL and ALTERNATIVE only
        ("participant", "i4"),
        ("market", "i4"),
        ("start", "i4"),  # first delivery hour; the hour of a CLOSE; HALT, COLLECT, RESUME: NULL for the whole market
        ("hours", "i4"),
        ("quantity", "i4"),  # accelerators in every hour; REPLACE: NULL leaves it; BAND: its half width in fen or NULL
        ("price", "i4"),  # fen per accelerator-hour; NULL: a market order; REPLACE: NULL leaves it; BAND: the reference
        ("site", "i4"),  # NULL on a bid
        ("start_flexibility", "i4"),
        ("min_quantity", "i4"),  # NULL: all or none
        ("display_quantity", "i4"),  # NULL: all of it shows
        ("expires_minute", "i4"),  # GTD: minutes since 1970 UTC, NULL: at gate closure; TIME: the minute that it is
        ("do", "i1"),
        ("side", "i1"),
        ("kind", "i1"),
        ("tif", "i1"),
        ("self_trade", "i1"),
        ("one_site", "i1"),
        ("post_only", "i1"),
        ("malformed", "i1"),  # set by an edge that could not read the command; rejected as such, in its turn
        ("alternatives", "i1"),  # NEW: how many rows of ALTERNATIVE with its id follow, 0 to 7
    ],
    align=True,
)
"""One command, 64 bytes: a cache line."""

NULLABLE = ("start", "hours", "quantity", "price", "site", "min_quantity", "display_quantity", "expires_minute")
"""The columns of COMMAND that may be left out, by one command or another."""


def blank_commands(count: int) -> np.ndarray:
    """Return `count` commands (shape (count,), dtype COMMAND) to be filled in: every nullable column NULL, all else 0."""
    commands = np.zeros(count, dtype=COMMAND)
    for name in NULLABLE:
        commands[name] = NULL
    return commands


EVENT = np.dtype(
    [
        ("id", "i8"),  # the order spoken of; a trade's taker; AUCTION and STATE: the market
        ("maker", "i8"),  # a trade's maker; else 0
        ("n", "i4"),  # row of the command in this call's array, from 0
        ("hour", "i4"),  # TRADE, REDUCED, AUCTION; RESTED, TRIGGERED, STATE: the first; else NULL
        ("price", "i4"),  # TRADE and AUCTION; else NULL
        ("quantity", "i4"),  # TRADE, REDUCED, AUCTION; RESTED: open in all hours together; STATE: hours; else NULL
        ("site", "i4"),  # TRADE; else NULL
        ("event", "i1"),
        ("why", "i1"),
    ],
    align=True,
)
"""One event, 40 bytes, in the order in which things happen."""

RESTING = np.dtype(
    [
        ("id", "i8"),
        ("sequence", "i8"),  # time priority of this hour (a block: of the order); lower goes first
        ("hour", "i4"),  # a block: its first possible start
        ("open", "i4"),  # open accelerators, hidden ones included
        ("shown", "i4"),  # of them shown now (an iceberg's tip); equal to open where nothing is hidden
        ("site", "i4"),  # a block whose site is fixed by an earlier part, or the ask's site; else NULL
        ("alternative", "i4"),  # which of an order's alternatives this is, from 0
    ],
    align=True,
)
"""One resting quantity: a row an hour of an hourly order, one row a block; sorted by id, hour when read out."""

INDICATIVE = np.dtype(
    [
        ("hour", "i4"),
        ("price", "i4"),  # fen per accelerator-hour; NULL where nothing crosses, the rest is 0 then
        ("volume", "i8"),  # accelerators that would trade
        ("imbalance", "i8"),  # accelerators bid for at this price or higher less those asked for at it or lower
    ],
    align=True,
)
"""What a call auction of one contract would give now."""

WHY_NOT = np.dtype(
    [
        ("short_fen", "i8"),  # what the limit misses: fen an accelerator-hour (a block: in all); 0 where some lack
        ("alternative", "i4"),  # which of a block's alternatives, from 0
        ("hour", "i4"),  # NULL where a block lacks nothing but a better price
        ("lacking", "i4"),  # accelerators that are not there; an hourly order: all that is open
        ("available", "i4"),  # accelerators that a block could have in this hour; an hourly order: 0
        ("price", "i4"),  # the best price there, or the average of the block's execution; NULL where there is none
        ("start", "i4"),  # the start of the block's nearest execution; else NULL
        ("site", "i4"),  # its site where a block needs one; else NULL
        ("why", "i1"),  # HALTED or COLLECTING where the hour is not open for trading; else NONE
    ],
    align=True,
)
"""Why an open order does not trade now: a row an hour that stands in its way, or one row for a block's price."""
