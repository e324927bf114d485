"""The codes of `dtypes.py` as plain integers, which numba compiles to constants."""

from matching.engine.dtypes import ContractState, Detail, Do, Event, Kind, SelfTrade, TimeInForce, Why

NEW, REPLACE, CANCEL, MASS_CANCEL, CLOSE, ALTERNATIVE, TIME, BAND, HALT, COLLECT, RESUME = (int(do) for do in Do)
HOURLY, BLOCK = (int(kind) for kind in Kind)
GTC, GTD, IOC, FOK = (int(tif) for tif in TimeInForce)
CANCEL_TAKER, CANCEL_MAKER, CANCEL_BOTH, DECREMENT = (int(mode) for mode in SelfTrade)
PASS_OVER = 4
"""What a block does with its own participant's orders, beside the four modes of hourly orders."""

S_OPEN, S_COLLECTING, S_HALTED = (int(state) for state in ContractState)
TRADES, OUTCOMES, ALL = (int(detail) for detail in Detail)
TRADE, REDUCED, GONE, REJECTED, ACCEPTED, RESTED, TRIGGERED, AUCTION, STATE = (int(event) for event in Event)

W_NONE = int(Why.NONE)
W_FILLED = int(Why.FILLED)
W_CANCELLED = int(Why.CANCELLED)
W_EXPIRED = int(Why.EXPIRED)
W_SELF_TRADE = int(Why.SELF_TRADE)
W_MALFORMED = int(Why.MALFORMED)
W_BOUNDS = int(Why.BOUNDS)
W_FIELD = int(Why.FIELD)
W_SITE = int(Why.SITE)
W_DUPLICATE = int(Why.DUPLICATE)
W_CLOSED = int(Why.CLOSED)
W_POST_ONLY = int(Why.POST_ONLY)
W_UNKNOWN = int(Why.UNKNOWN)
W_HALTED = int(Why.HALTED)
W_COLLECTING = int(Why.COLLECTING)
W_OPEN = int(Why.OPEN)
