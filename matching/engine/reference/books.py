"""Where orders wait: an hourly quantity in its contract's book, a block in its market's list of blocks."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from matching.engine.dtypes import ContractState, Side
from matching.engine.reference.bands import NO_BAND, Band
from matching.engine.reference.orders import BlockOrder, Quantity


class Book:
    """One side of one contract: quantities by priority, best price first, then lowest sequence."""

    def __init__(self) -> None:
        self.queue: list[Quantity] = []
        self._priorities: list[tuple[int, int]] = []

    def __iter__(self) -> Iterator[Quantity]:
        return iter(self.queue)

    @property
    def best(self) -> Quantity | None:
        return self.queue[0] if self.queue else None

    def add(self, quantity: Quantity) -> None:
        at = bisect_left(self._priorities, quantity.priority)
        self.queue.insert(at, quantity)
        self._priorities.insert(at, quantity.priority)
        quantity.in_book = True

    def remove(self, quantity: Quantity) -> None:
        at = bisect_left(self._priorities, quantity.priority)
        assert self.queue[at] is quantity
        del self.queue[at], self._priorities[at]
        quantity.in_book = False


EMPTY = Book()
"""The book of a contract where nothing has rested; never added to."""


class BlockList:
    """The resting blocks of one side of a market, found by any hour that they could use."""

    def __init__(self) -> None:
        self.by_hour: defaultdict[int, set[BlockOrder]] = defaultdict(set)

    def add(self, block: BlockOrder) -> None:
        for hour in block.touched_hours:
            self.by_hour[hour].add(block)

    def remove(self, block: BlockOrder) -> None:
        """Take a block out; it need not be there."""
        for hour in block.touched_hours:
            self.by_hour[hour].discard(block)
            if not self.by_hour[hour]:
                del self.by_hour[hour]

    def touching(self, hours: Iterable[int]) -> set[BlockOrder]:
        """Return the blocks that could use any of `hours`."""
        return {block for hour in hours if hour in self.by_hour for block in self.by_hour[hour]}

    def __iter__(self) -> Iterator[BlockOrder]:
        return iter(self.touching(list(self.by_hour)))


@dataclass(slots=True)
class Market:
    """The books and blocks of one market, and what the exchange rules for it.

    Hours up to and with `last_closed` trade no more. `states` has contracts' own states, OPEN where one is absent.
    """

    last_closed: int = -1
    band: Band = NO_BAND
    state: ContractState = ContractState.OPEN
    states: dict[int, ContractState] = field(default_factory=dict)
    books: dict[tuple[int, int], Book] = field(default_factory=dict)
    blocks: dict[int, BlockList] = field(default_factory=lambda: {side: BlockList() for side in Side})

    @property
    def first_open_hour(self) -> int:
        return self.last_closed + 1

    def state_of(self, hour: int) -> ContractState:
        return max(self.state, self.states.get(hour, ContractState.OPEN))

    def is_open(self, hour: int) -> bool:
        return self.state_of(hour) is ContractState.OPEN

    def allows(self, hour: int, price: int) -> bool:
        """Say whether a contract may trade at a price, as its state and the band are now."""
        return self.is_open(hour) and self.band.allows(price)

    def hours_in_use(self) -> set[int]:
        """Return the hours where something waits."""
        return {hour for hour, _ in self.books}.union(*(blocks.by_hour for blocks in self.blocks.values()))

    def book(self, hour: int, side: int) -> Book:
        return self.books.get((hour, side), EMPTY)

    def rest(self, quantity: Quantity) -> None:
        self.books.setdefault((quantity.hour, quantity.order.side), Book()).add(quantity)

    def unrest(self, quantity: Quantity) -> None:
        """Take a quantity out of its book, and free the book when it was the last."""
        contract = quantity.hour, quantity.order.side
        self.books[contract].remove(quantity)
        if self.books[contract].best is None:
            del self.books[contract]
