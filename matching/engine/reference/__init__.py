"""The reference engine: the rules of docs/engine.md in plain Python, the oracle that the kernel must equal event by event.

Read `orders.py` (what an order is), `books.py` (where it waits), then the rules: `entry.py` (what is refused),
`hourly.py` (hourly orders), `blocks.py` (which execution a block takes), `alternatives.py` (of which markets and hours),
`triggers.py` (when it takes one), `states.py`, `bands.py` and `auction.py` (what the exchange rules for a market, and how
its contracts open), `clock.py` (GTD orders), `engine.py` (what each command does) and `why_not.py` (why an order does
not trade).
"""

from matching.engine.reference.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
