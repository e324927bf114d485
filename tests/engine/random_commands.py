"""Random commands that make many interactions: few participants, few prices, few hours, few sites (`NARROW`), or more.

`Features` says which order types a stream may have; `ISSUE_2` is the first cut of the kernel, `EVERYTHING` the rest too.
"""

from itertools import compress
from random import Random
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from matching.engine.dtypes import COMMAND, NULL, Do, Kind, SelfTrade, Side, TimeInForce, blank_commands

MARKETS = 2


class Shape(NamedTuple):
    """How much a stream's orders are spread, so how often they meet."""

    participants: int
    sites: int
    start_hours: int
    """Orders start up to so many hours ahead."""
    hourly_hours_max: int
    block_hours_max: int
    flexibility_max: int
    quantity_max: int
    display_max: int
    prices: tuple[int, int]


NARROW = Shape(4, 3, 6, 4, 4, 4, 8, 3, (10, 16))
MEDIUM = Shape(10, 5, 30, 12, 8, 24, 20, 5, (100, 140))
WIDE = Shape(40, 12, 150, 40, 12, 168, 60, 9, (200, 420))

SHAPES = {"narrow": NARROW, "medium": MEDIUM, "wide": WIDE}


class Features(NamedTuple):
    """What a stream may have beyond hourly and all-or-none block orders."""

    icebergs: bool
    post_only: bool
    parts: bool
    """min_quantity"""
    blocks_meet: bool
    """Blocks on both sides; else of one side, drawn for each stream."""
    raises: bool
    """Replaces that raise or change the price; else cuts to one accelerator."""
    alternatives: bool = False
    rulings: bool = False
    """BAND, HALT, COLLECT and RESUME; in every other stream."""
    time: bool = False
    """TIME, and GTD orders that name the minute when they end."""


ISSUE_2 = Features(icebergs=False, post_only=False, parts=False, blocks_meet=False, raises=False)
EVERYTHING = Features(
    icebergs=True, post_only=True, parts=True, blocks_meet=True, raises=True, alternatives=True, time=True, rulings=True
)

PROFILES = {"issue-2": ISSUE_2, "everything": EVERYTHING}

Command = dict[str, int]

BLANK: Command = dict(zip(COMMAND.names or (), blank_commands(1)[0].item(), strict=True))


class Chooser:
    """Draws the fields of commands."""

    def __init__(self, random: Random, features: Features, shape: Shape = NARROW) -> None:
        self.random = random
        self.shape = shape
        self.features = features
        self.block_sides = list(Side) if features.blocks_meet else [random.choice(list(Side))]
        self.rules = features.rulings and random.choice((True, False))
        self.clock = 0
        self.minute = 0

    def one_in(self, n: int) -> bool:
        return self.random.randrange(n) == n - 1

    def price(self) -> int:
        return self.random.randint(*self.shape.prices)

    def command(self, n: int) -> Command:
        """The n-th command: it names order n, or an earlier one."""
        do = self.random.choices(list(weights := self.weights()), weights=list(weights.values()))[0]
        match do:
            case Do.NEW:
                return self.block(n) if self.one_in(3) else self.hourly(n)
            case Do.REPLACE:
                return self.replace(n)
            case Do.CANCEL:
                return {"do": do, "id": self.earlier(n)}
            case Do.MASS_CANCEL:
                return {"do": do, "participant": self.random.randrange(self.shape.participants)}
            case Do.TIME:
                self.minute += self.random.randint(0, 4)
                return {"do": do, "expires_minute": max(0, self.minute - self.one_in(8))}
            case Do.BAND:
                return self.band()
            case Do.HALT | Do.COLLECT | Do.RESUME:
                return self.state(do)
            case _:
                self.clock += self.one_in(2)
                return {"do": do, "market": self.random.randrange(MARKETS), "start": max(0, self.clock - 1)}

    def rows(self, n: int) -> list[Command]:
        """The n-th command, with the rows of its alternatives; a few announce one more than follows."""
        command = self.command(n)
        is_block_bid = command["do"] == Do.NEW and command["kind"] == Kind.BLOCK and command["side"] == Side.BID
        if not (self.features.alternatives and is_block_bid and self.one_in(2)):
            return [command]
        further = [self.alternative(command) for _ in range(self.random.randint(1, 3))]
        command["alternatives"] = len(further) + self.one_in(30)
        return [command, *further]

    def alternative(self, command: Command) -> Command:
        return {
            "do": Do.ALTERNATIVE,
            "id": command["id"],
            "market": self.random.randrange(MARKETS),
            "start": max(0, self.clock + self.random.randint(-1, self.shape.start_hours)),
            "start_flexibility": self.random.choice((0, self.random.randint(0, self.shape.flexibility_max))),
            "price": NULL if self.one_in(40) else self.price(),
        }

    def weights(self) -> dict[Do, int]:
        """How often each command comes."""
        weights = {Do.NEW: 75, Do.REPLACE: 10, Do.CANCEL: 11, Do.MASS_CANCEL: 1, Do.CLOSE: 3}
        if self.rules:
            weights |= {Do.BAND: 3, Do.HALT: 1, Do.COLLECT: 3, Do.RESUME: 5}
        if self.features.time:
            weights |= {Do.TIME: 4}
        return weights

    def earlier(self, n: int) -> int:
        """An order of the last forty commands, so that many are still open."""
        return max(0, n - self.random.randint(1, 40))

    def replace(self, n: int) -> Command:
        command: Command = {"do": Do.REPLACE, "id": self.earlier(n), "quantity": 1, "price": NULL}
        if self.features.raises:
            command["quantity"] = self.random.choice((NULL, self.random.randint(1, self.shape.quantity_max)))
            command["price"] = self.random.choice((NULL, self.price()))
        return command

    def band(self) -> Command:
        """A band around one of the stream's prices, often narrow; now and then only a reference price, or nothing."""
        low, high = self.shape.prices
        reference = NULL if self.one_in(4) else self.price()
        width = NULL if reference == NULL or self.one_in(4) else self.random.randint(0, high - low)
        return {"do": Do.BAND, "market": self.random.randrange(MARKETS), "price": reference, "quantity": width}

    def state(self, do: Do) -> Command:
        """Of some hours, or of the whole market; what is halted or collects is as often resumed."""
        command: Command = {"do": do, "market": self.random.randrange(MARKETS)}
        if not self.one_in(3):
            command["start"] = max(0, self.clock + self.random.randint(-1, self.shape.start_hours))
            command["hours"] = self.random.randint(1, self.shape.start_hours)
        return command

    def new(self, n: int, side: Side, kind: Kind) -> Command:
        longest = self.shape.block_hours_max if kind is Kind.BLOCK else self.shape.hourly_hours_max
        tif = self.random.choices(list(TimeInForce), weights=(12, 5, 2, 2))[0]
        lasts = self.features.time and not self.one_in(4)
        return {
            "do": Do.NEW,
            "id": self.earlier(n) if self.one_in(40) else n,
            "participant": self.random.randrange(self.shape.participants),
            "market": self.random.randrange(MARKETS),
            "side": side,
            "kind": kind,
            "start": max(0, self.clock + self.random.randint(-1, self.shape.start_hours)),
            "hours": self.random.randint(1, longest),
            "quantity": self.random.randint(1, self.shape.quantity_max),
            "price": NULL if self.one_in(20) else self.price(),
            "site": NULL if side is Side.BID else self.random.randrange(self.shape.sites),
            "tif": tif,
            "expires_minute": max(0, self.minute + self.random.randint(-1, 30)) if lasts else NULL,
        }

    def hourly(self, n: int) -> Command:
        command = self.new(n, self.random.choice(list(Side)), Kind.HOURLY)
        command["self_trade"] = self.random.choice(list(SelfTrade))
        if self.features.icebergs and self.one_in(3):
            command["display_quantity"] = self.random.randint(1, self.shape.display_max)
        may_rest = command["price"] != NULL and command["tif"] in (TimeInForce.GTC, TimeInForce.GTD)
        if self.features.post_only and may_rest and self.one_in(6):
            command["post_only"] = 1
        return command

    def block(self, n: int) -> Command:
        command = self.new(n, self.random.choice(self.block_sides), Kind.BLOCK)
        command["one_site"] = self.one_in(3)
        command["start_flexibility"] = self.random.choice((0, self.random.randint(0, self.shape.flexibility_max)))
        if self.features.parts and self.one_in(2):
            command["min_quantity"] = self.random.randint(1, self.shape.quantity_max)
        return command


def to_array(commands: list[Command]) -> np.ndarray:
    return np.array([tuple((BLANK | command).values()) for command in commands], dtype=COMMAND)


def random_stream(seed: int, length: int, features: Features, shape: Shape = NARROW) -> np.ndarray:
    """Return `length` commands, with the rows of their alternatives; the same seed gives the same on every machine."""
    chooser = Chooser(Random(seed), features, shape)
    return to_array([row for n in range(length) for row in chooser.rows(n)])


def whole_commands(rows: np.ndarray) -> list[np.ndarray]:
    """Split rows into commands, each with the rows of its alternatives."""
    return np.split(rows, np.flatnonzero(rows["do"][1:] != Do.ALTERNATIVE) + 1) if len(rows) else []


@st.composite
def command_streams(draw: st.DrawFn, features: Features, *, length: int = 120) -> np.ndarray:
    """Streams that hypothesis can shrink: a seeded stream with some of its commands left out, and then more of them."""
    kept = draw(st.lists(st.booleans(), min_size=length, max_size=length))
    commands = whole_commands(random_stream(draw(st.integers(0, 2**32)), length, features))
    return np.concatenate([np.empty(0, dtype=COMMAND), *compress(commands, kept)])


@st.composite
def wild_streams(draw: st.DrawFn) -> np.ndarray:
    """Streams with any number in any field, most of them near a bound: an engine rejects, and never breaks."""
    edges = st.sampled_from((0, 1, -1, 2, 168, 169, 1_024, 1_025, 1_000_000, 1_000_001, 10_000_000, 10_000_001, NULL))
    rows = []
    for n in range(draw(st.integers(1, 12))):
        command = Chooser(Random(draw(st.integers(0, 2**32))), EVERYTHING).command(n)
        for name in draw(st.lists(st.sampled_from(COMMAND.names or ()), max_size=3)):
            small = COMMAND[name].itemsize == 1
            command[name] = draw(st.integers(-2, 12) if small else edges | st.integers(-(2**31), 2**31 - 1))
        rows.append(command)
    return to_array(rows)
