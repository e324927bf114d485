"""Orders as the engine holds them: an hourly order is a quantity an hour, a block is one quantity for all its hours."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from matching.engine.dtypes import NULL, Kind, SelfTrade, Side, TimeInForce


class Command(NamedTuple):
    """One row of a COMMAND array as Python integers; the fields and their order are those of `dtypes.COMMAND`."""

    id: int
    participant: int
    market: int
    start: int
    hours: int
    quantity: int
    price: int
    site: int
    start_flexibility: int
    min_quantity: int
    display_quantity: int
    expires_minute: int
    do: int
    side: int
    kind: int
    tif: int
    self_trade: int
    one_site: int
    post_only: int
    malformed: int
    alternatives: int


def given(value: int) -> int | None:
    """Return a nullable field's value, or None where it is left out."""
    return None if value == NULL else value


@dataclass(slots=True, eq=False)
class Quantity:
    """What is open of one hourly order in one hour: `shown` now, and `hidden` behind an iceberg's tip."""

    order: "HourlyOrder"
    hour: int
    shown: int
    hidden: int = 0
    sequence: int = 0
    in_book: bool = False

    @property
    def open(self) -> int:
        return self.shown + self.hidden

    @property
    def priority(self) -> tuple[int, int]:
        """The place in the book: best price first, then lowest sequence."""
        return -self.order.side * self.order.limit, self.sequence


@dataclass(slots=True, eq=False)
class Order:
    """What both kinds have. `price` is fen per accelerator-hour, None for a market order."""

    id: int
    participant: int
    market: int
    side: Side
    start: int
    hours: int
    price: int | None
    site: int | None
    tif: TimeInForce
    expires_minute: int | None
    sequence: int

    @property
    def may_rest(self) -> bool:
        return self.price is not None and self.tif in (TimeInForce.GTC, TimeInForce.GTD)

    @property
    def limit(self) -> int:
        """The price of an order that rests: it always has one."""
        assert self.price is not None, "a market order never rests"
        return self.price

    def accepts(self, price: int) -> bool:
        """Say whether this order's limit allows a trade at `price`."""
        return self.price is None or self.side * (self.price - price) >= 0


@dataclass(slots=True, eq=False)
class HourlyOrder(Order):
    """Each hour trades alone; `open_hours` has the hours that are still open, in ascending order."""

    self_trade: SelfTrade
    post_only: bool
    display_quantity: int | None
    open_hours: dict[int, Quantity] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return bool(self.open_hours)

    @property
    def first_hour(self) -> int:
        return next(iter(self.open_hours))

    @property
    def open_in_all(self) -> int:
        return sum(quantity.open for quantity in self.open_hours.values())

    @classmethod
    def from_command(cls, command: Command, sequence: int) -> Self:
        order = cls(
            **common_fields(command),
            sequence=sequence,
            self_trade=SelfTrade(command.self_trade),
            post_only=bool(command.post_only),
            display_quantity=given(command.display_quantity),
        )
        hours = range(command.start, command.start + command.hours)
        order.open_hours = {hour: Quantity(order, hour, command.quantity) for hour in hours}
        return order


@dataclass(slots=True, eq=False)
class BlockOrder(Order):
    """All its hours or nothing, the same `open` accelerators in each, starting in `[earliest, latest]`.

    A first part fixes the start (earliest = latest) and, for a ONE_SITE bid, `site`; an ask's site is always fixed.
    """

    open: int
    earliest: int
    latest: int
    min_quantity: int | None
    one_site: bool
    alternative: int = 0
    alternatives: list[Self] = field(default_factory=list)
    """The order's alternatives that still wait, by number, itself among them; one that was withdrawn has nothing open."""

    @property
    def is_open(self) -> bool:
        return self.open > 0

    @property
    def first_hour(self) -> int:
        return self.earliest

    @property
    def open_in_all(self) -> int:
        return self.open

    @property
    def least(self) -> int:
        """The smallest quantity that one execution may have."""
        if self.min_quantity is None or self.tif is TimeInForce.FOK:
            return self.open
        return min(self.min_quantity, self.open)

    @property
    def needs_one_site(self) -> bool:
        return self.one_site and self.side is Side.BID

    @property
    def touched_hours(self) -> range:
        """Every hour that some possible start would use."""
        return range(self.earliest, self.latest + self.hours)

    @classmethod
    def from_command(cls, command: Command, sequence: int, first_open_hour: int) -> Self:
        return cls(
            **common_fields(command),
            sequence=sequence,
            open=command.quantity,
            earliest=max(command.start, first_open_hour),
            latest=command.start + command.start_flexibility,
            min_quantity=given(command.min_quantity),
            one_site=bool(command.one_site),
        )


def common_fields(command: Command) -> dict[str, Any]:
    return {
        "id": command.id,
        "participant": command.participant,
        "market": command.market,
        "side": Side(command.side),
        "start": command.start,
        "hours": command.hours,
        "price": given(command.price),
        "site": given(command.site),
        "tif": TimeInForce(command.tif),
        "expires_minute": given(command.expires_minute) if command.tif == TimeInForce.GTD else None,
    }


def is_block(command: Command) -> bool:
    return command.kind == Kind.BLOCK
