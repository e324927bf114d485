"""Where everything lies: named offsets into the arena, the state block, commands and events.

The arena is one array of int32. Books, levels, orders and pages are runs of units of 8 in it, spoken of by the index of
their first int32; index 0 is nothing. Pairs marked 64 are one int64, read through a second view of the same memory.
"""

from matching.engine.dtypes import COMMAND, EVENT

UNIT = 8
"""Everything starts at a multiple of this, so pairs are aligned."""

NOTHING = 0
LINK_OF_LARGE = 16
"""Where a freed run of two cache lines or more keeps its link: in the second, which a trade has just read."""
NULL32 = -(2**31)
LOW32 = 2**32 - 1

# Links. Nodes, levels and the two sides of a book share them, so a list is a ring through its owner and unlinking has no branch.
NEXT = 0
PREV = 1

# Node: one hour of an order. An hourly order's is linked in its price level, a resting block's in its contract's waiting list.
LEVEL = 2  # the level (a block's: the book) that it is linked in; 0 when not linked
ORDER = 3
SHOWN = 4  # open and visible; a taker's: what is left of the hour
HIDDEN = 5  # behind an iceberg's tip
NODE_SEQUENCE = 6  # 64
NODE_SIZE = 8

# Order header; its nodes follow, one an hour from BASE. An order of one hour has two cache lines. The first has what is needed
# once or by blocks; trades and cancels need the second only: the last eight of the header, and the first node.
START = 0  # blocks: the earliest possible start
HOURS = 1  # blocks
FLEXIBILITY = 2  # blocks: may start this many hours after START
BASE = 3  # delivery hour of the first node
SEQUENCE = 4  # 64; blocks
MARKET = 6
SITE_NUMBER = 7  # hourly asks: the site's number in its market, from 0
NUMBER = 7  # the same place: which alternative of its order a block is, from 0
TIF = 8
SELF_TRADE = 9
SIBLING = 9  # the same place: a block's next alternative, itself where there is no other: see alternatives.py
ONE_SITE = 10
POST_ONLY = 10  # the same place: blocks have the one, hourly orders the other
DISPLAY = 11
LEAST = 11  # the same place: min_quantity of blocks, display_quantity of hourly orders; NULL32 when none
TOUCHED = 12  # 1 while the order is in the touched list
EXPIRES = 13  # the minute, of an order that is linked in a ring of those that end in it
EXPIRY = 14  # its links there
ID = 16  # 64
PARTICIPANT = 18
OPEN = 19  # an hourly order's open hours; a block's open quantity
SITE = 20  # the ask's, or where a block bid's first part fixed it; else NULL32
PRICE = 21
SIDE = 22
NODES_16 = 46  # int16, counted from twice the order
KIND_16 = 47  # int16: the kind, and EXPIRING
EXPIRING = 2  # set while the order is linked by EXPIRY
HEADER = 24

# Price level: a ring of nodes in time priority.
RING = 2  # the side of a book that has it
LEVEL_TOTAL = 4  # 64: shown and hidden of all its nodes
LEVEL_SIZE = 8

# Book: one contract, one cache line, from its first order until its hour closes. It has a side for asks and one for bids, each
# the ring of that side's waiting blocks and a sorted array of levels; what both share stands between.
BOOK_MIDDLE = 4  # side s starts at book + BOOK_MIDDLE - 4 * s
LEVELS = 2  # array of int64 `side * price << 32 | level`, ascending, so the best price is last
LEVELS_ROOM = 3
COUNT = 4
BEST = 5  # key of the best level, NO_KEY when there is none
BOOK_MARKET = 6
BOOK_HOUR = 7
BOOK_STATE = 14
BOOK_SIZE = 16
NO_KEY = -(2**31)
"""Worse than every key, side * price."""

# Page: the books of sixty-four consecutive hours of one market, so that an empty contract costs nothing.
PAGE_HOURS = 64
PAGE_SHIFT = 6
PAGE_COUNT = 0
PAGE_BOOKS = 8
PAGE_SIZE = 72

# Market: one cache line, kept for good.
MARKET_ID = 0
FIRST_OPEN = 1
SITES = 2  # sites seen in this market
LOWEST = 3  # no book below or above these hours
HIGHEST = 4
LATEST_PAGE = 5  # the page found last, 0 when none
LATEST_PAGE_HOUR = 6  # its first hour, shifted
LATEST_BOOK = 13  # the book found last, 0 when none
LATEST_SITE = 7  # the site seen last, and its number: an ask's provider often sends several
LATEST_SITE_NUMBER = 8
MARKET_STATE = 9
BAND_LOW = 10  # lowest and highest price that may trade
BAND_HIGH = 11
REFERENCE = 12  # price that auctions go by, NULL32 when none
RULINGS = 14  # how many there are: the band, this market's state, the states of its books
MARKET_SIZE = 16

AN_HOUR = 2 * NODE_SIZE + LEVEL_SIZE + BOOK_SIZE + 8 * UNIT
"""int32s that one hour of an order may need, beside its share of a page and four for each level that its array has room for, which may double."""

# Minute: the ring of the orders that end in it. From its first order to its last.
MINUTE_SIZE = 8

# State block: int64 numbers that outlive a call.
BUMP = 0  # first int32 of the arena that was never used
ARENA_END = 1
LAST_SEQUENCE = 2
NEXT_EVENT = 3  # address of the event to write next
EVENTS_END = 4  # address after the last that there is room for
EVENTS = 5  # address of the first, of malloc
ROW = 6  # the command being played
REQUEST = 7  # what has to grow before the next command: a code of room.py
NEED = 8  # how much of it
TABLES_TIGHT = 9  # 1 when a table should grow before the next command
TOUCHED_COUNT = 10
TAKER_WHY = 11  # what took the last of the taker's hour
SPAN_MAX = 12  # longest hours + flexibility of a ONE_SITE block so far
SITES_MAX = 13  # most sites of one market
AN_HOUR_MAX = 14  # most int32s that one hour of an order may need
RESTING_BLOCKS = 15
OUT_OF_MEMORY = 16
DETAIL = 17  # which events are told: a level of dtypes.Detail
MINUTE = 18  # the last that a TIME told, -1 before the first
FOUND = 20  # the best execution found: see search.py
CALL_END = 30  # rows in this call
FOLLOWED = 31  # rows before this one belong to a NEW that was played
ADDRESS = 32  # addresses and sizes of the arrays: see memory.py
FREE = 64  # heads of the free lists, one a size class: 113, the last of 2**28 units, which is all of the largest arena
AHEAD = 184  # what foresight knows of the next sixteen commands
STATE_SIZE = 200

OWNER_COUNTS = 2**11
"""Counts of open orders, by participant and side: pairs of int32 that participants share by a hash, in the first-level cache."""


def _at(dtype: "object", name: str, size: int) -> int:
    offset = dtype.fields[name][1]  # type: ignore[attr-defined]
    assert offset % size == 0
    return int(offset // size)


COMMAND_8 = COMMAND.itemsize
COMMAND_32 = COMMAND.itemsize // 4
COMMAND_64 = COMMAND.itemsize // 8
C_ID = _at(COMMAND, "id", 8)
C_PARTICIPANT = _at(COMMAND, "participant", 4)
C_MARKET = _at(COMMAND, "market", 4)
C_START = _at(COMMAND, "start", 4)
C_HOURS = _at(COMMAND, "hours", 4)
C_QUANTITY = _at(COMMAND, "quantity", 4)
C_PRICE = _at(COMMAND, "price", 4)
C_SITE = _at(COMMAND, "site", 4)
C_FLEXIBILITY = _at(COMMAND, "start_flexibility", 4)
C_MIN_QUANTITY = _at(COMMAND, "min_quantity", 4)
C_DISPLAY = _at(COMMAND, "display_quantity", 4)
C_EXPIRES = _at(COMMAND, "expires_minute", 4)
C_DO = _at(COMMAND, "do", 1)
C_SIDE = _at(COMMAND, "side", 1)
C_KIND = _at(COMMAND, "kind", 1)
C_TIF = _at(COMMAND, "tif", 1)
C_SELF_TRADE = _at(COMMAND, "self_trade", 1)
C_ONE_SITE = _at(COMMAND, "one_site", 1)
C_POST_ONLY = _at(COMMAND, "post_only", 1)
C_MALFORMED = _at(COMMAND, "malformed", 1)
C_ALTERNATIVES = _at(COMMAND, "alternatives", 1)

EVENT_8 = EVENT.itemsize
EVENT_32 = EVENT.itemsize // 4
EVENT_64 = EVENT.itemsize // 8
E_ID = _at(EVENT, "id", 8)
E_MAKER = _at(EVENT, "maker", 8)
E_N = _at(EVENT, "n", 4)
E_HOUR = _at(EVENT, "hour", 4)
E_PRICE = _at(EVENT, "price", 4)
E_QUANTITY = _at(EVENT, "quantity", 4)
E_SITE = _at(EVENT, "site", 4)
E_EVENT = _at(EVENT, "event", 1)
E_WHY = _at(EVENT, "why", 1)
E_CODES = E_EVENT // 4  # event, why and padding are one int32
