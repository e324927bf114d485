"""What can go wrong at a statement, and the dice that decide when."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """Each strikes one actor at one statement."""

    KILL = "killed before"
    KILL_AFTER = "killed after"
    ERROR = "error instead of"
    LOST = "connection lost before"
    LOST_REPLY = "connection lost after"  # of a COMMIT: nobody knows whether it was
    DELAY = "long pause before"


class Killed(BaseException):
    """The process ends here; nothing that unwinds may reach the database."""


ANYWHERE = (Fault.KILL, Fault.KILL_AFTER, Fault.ERROR, Fault.LOST, Fault.LOST_REPLY)
RATES = (0.0, 0.002, 0.006, 0.012, 0.025)
DELAY_STEPS = (10, 250)
JUMP_MS = (1_600, 45_000)


@dataclass
class Dice:
    """All chance of a run. A seed also chooses which kinds of fault there are and how often, so that runs differ in kind."""

    seed: int
    chance: random.Random = field(init=False)
    kinds: tuple[Fault, ...] = field(init=False)
    rate: float = field(init=False)
    delay_rate: float = field(init=False)
    jump_rate: float = field(init=False)
    stay: float = field(init=False)  # how likely the actor of the last step goes on

    def __post_init__(self) -> None:
        """Choose the run's character."""
        self.chance = random.Random(self.seed)
        self.kinds = tuple(kind for kind in ANYWHERE if self.chance.random() < 0.7)
        self.rate = self.chance.choice(RATES)
        self.delay_rate = self.chance.choice((0.0, 0.05, 0.3))
        self.jump_rate = self.chance.choice((0.0, 0.01, 0.05))
        self.stay = self.chance.choice((0.0, 0.5, 0.9))

    def fault_at(self, *, commits: bool) -> Fault | None:
        """Decide what strikes a statement; `commits` says whether it makes something durable, where faults are likelier."""
        rate = self.rate * (4 if commits else 1)
        if self.kinds and self.chance.random() < rate:
            return self.chance.choice(self.kinds)
        if commits and self.chance.random() < self.delay_rate:
            return Fault.DELAY
        return None
