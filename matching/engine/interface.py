"""What every engine can do; `reference.py` says it plainly, the kernel does it fast."""

from typing import Protocol

import numpy as np

from matching.engine.dtypes import Detail


class Engine(Protocol):
    """The order books of any number of markets, fed with commands and answering with events.

    An engine is deterministic: the same calls give the same events. It has no clock, no I/O and no randomness.
    """

    def apply(self, commands: np.ndarray, detail: Detail = Detail.OUTCOMES) -> np.ndarray:
        """Play `commands` (shape (n,), dtype COMMAND) in order and return their events up to `detail` (shape (m,), dtype EVENT)."""
        ...

    def resting(self) -> np.ndarray:
        """Return everything open (dtype RESTING), sorted by id, then hour; a block is one row."""
        ...

    def resting_of(self, ids: np.ndarray) -> np.ndarray:
        """Return what is open of the orders `ids` (shape (n,), int64) as rows of RESTING, in one call however many they are.

        They stand in the order of `ids`, an hourly order's hours ascending, a block's alternatives by number; an id that is not
        open gives no row.
        """
        ...

    def open_quantities(self, order_id: int) -> np.ndarray:
        """Return the open accelerators of each hour of an hourly order (shape (hours,), int32), or of a block (shape (1,)).

        Hours that have traded, closed or been cut to nothing are 0; an id that is not open gives an empty array.
        """
        ...

    def why_not(self, order_id: int) -> np.ndarray:
        """Say in numbers why an open order does not trade now (shape (m,), dtype WHY_NOT); an id not open: no rows.

        An hourly order has a row for every open hour, with the best opposite price that it could trade at, of others' orders.
        A block has, for each alternative, its nearest execution of its least quantity: where every hour has enough,
        the cheapest (an ask: dearest) start and site in one row, with what its limit misses; else the start and site with the
        fewest accelerator-hours lacking, with a row for every hour that lacks. Ties go to the earliest start, then the lowest site.
        """
        ...

    @property
    def last_sequence(self) -> int:
        """The highest time priority given so far."""
        ...

    def load(self, orders: np.ndarray, resting: np.ndarray, last_sequence: int = 0) -> None:
        """Put orders back without matching, into an engine that has no orders yet.

        `orders` (dtype COMMAND, do=NEW) are the orders as they now stand, with the start of a block that has fixed it
        (start_flexibility 0) and its current price and quantity; `resting` (dtype RESTING, any order) their open quantities
        with the time priority of each. Later commands get sequences after the highest loaded one, or `last_sequence` where that is
        given and higher: then they get the very numbers that the first engine would have given. Closed hours are told by CLOSE commands
        before or after; they find nothing to expire where the caller loads only what is open. Bands and states are told
        before, by BAND, HALT and COLLECT commands: told after, a band would open what crosses by auctions. The rows of ALTERNATIVE of an
        order follow its NEW, as they now stand; only those that `resting` names, by their place, still wait.
        """
        ...

    def indicative(self, market: int, start: int, hours: int) -> np.ndarray:
        """Return what a call auction of each hour in `[start, start + hours)` would give now (shape (hours,), dtype INDICATIVE).

        The contracts may be in any state; nothing changes.
        """
        ...

    def snapshot(self) -> bytes:
        """Return all that the engine holds; only `restore` of the same kind and version of engine can read it."""
        ...

    def restore(self, data: bytes) -> None:
        """Take over what `snapshot` returned, into an engine that has no orders yet, so that every later command does the same.

        Raises UnreadableSnapshot, and changes nothing, where `data` is foreign, damaged or of another version.
        """
        ...

    def check(self) -> None:
        """Verify every invariant of the books; raises BrokenBook naming the first that does not hold."""
        ...


class UnreadableSnapshot(ValueError):
    """Bytes that are no snapshot of this kind and version of engine, or are damaged."""


class BrokenBook(AssertionError):
    """An invariant of the order books does not hold: a defect of the engine, never of its input."""
