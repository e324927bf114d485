"""What every engine can do; `reference.py` says it plainly, the kernel does it fast."""

from typing import Protocol

import numpy as np


class Engine(Protocol):
    """The order books of any number of markets, fed with commands and answering with events.

    An engine is deterministic: the same calls give the same events. It has no clock, no I/O and no randomness.
    """

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Play `commands` (shape (n,), dtype COMMAND) in order and return their events (shape (m,), dtype EVENT)."""
        ...

    def resting(self) -> np.ndarray:
        """Return everything open (dtype RESTING), sorted by id, then hour; a block is one row."""
        ...

    def open_quantities(self, order_id: int) -> np.ndarray:
        """Return the open accelerators of each hour of an hourly order (shape (hours,), int32), or of a block (shape (1,)).

        Hours that have traded, closed or been cut to nothing are 0; an id that is not open gives an empty array.
        """
        ...

    def load(self, orders: np.ndarray, resting: np.ndarray) -> None:
        """Put orders back without matching, into an engine that has no orders yet.

        `orders` (dtype COMMAND, do=NEW) are the orders as they now stand, with the start of a block that has fixed it
        (start_flexibility 0) and its current price and quantity; `resting` (dtype RESTING, any order) their open quantities
        with the time priority of each. Later commands get sequences after the highest loaded one. Closed hours are told by CLOSE commands
        before or after; they find nothing to expire where the caller loads only what is open.
        """
        ...

    def check(self) -> None:
        """Verify every invariant of the books; raises BrokenBook naming the first that does not hold."""
        ...


class BrokenBook(AssertionError):
    """An invariant of the order books does not hold: a defect of the engine, never of its input."""
