"""Random commands of every order type through both engines, which must agree event by event.

python -m tests.engine.soak --commands 10000000 --seed 1

The commands come in rounds, each with a seed of its own, an empty pair of engines and calls of random length. After every
call the events at `Detail.ALL` are compared; at times what rests and what the engines answer, and the kernel goes on in
another engine restored from its snapshot. A difference names the seed and the length of its round, which plays it alone.
"""

import argparse
import sys
import time
from random import Random
from typing import NamedTuple

import numpy as np

from matching.engine.__main__ import make_engine
from matching.engine.dtypes import Detail
from matching.engine.interface import Engine

from .play import event_dicts
from .random_commands import EVERYTHING, MARKETS, MEDIUM, NARROW, WIDE, Shape, random_stream

OPEN = ["id", "hour", "open", "shown", "site", "alternative"]
"""What both engines say of what rests; they number sequences differently."""

CALL_MAX = 300
SECONDS_A_LINE = 30


class Round(NamedTuple):
    shape: Shape
    length: int
    """Commands; fewer where the reference engine is slower, and enough that the books fill."""


ROUNDS = (Round(WIDE, 500), Round(MEDIUM, 2_000), *(Round(NARROW, 20_000),) * 8)
"""The round of a seed is the one at its last digit."""


class Difference(AssertionError):
    """The engines disagree, or one of them broke."""


def soak(commands: int, seed: int) -> None:
    """Play rounds from `seed` on until `commands` have been played, and say how far it is; raises Difference."""
    say(f"seed {seed}")
    started = told = time.monotonic()
    played = rounds = 0
    while played < commands:
        length = min(ROUNDS[(seed + rounds) % len(ROUNDS)].length, commands - played)
        play_round(seed + rounds, length)
        played, rounds = played + length, rounds + 1
        if time.monotonic() - told > SECONDS_A_LINE:
            told = time.monotonic()
            rate = played / (told - started)
            say(f"{played:,} commands, {rate:,.0f} a second; the next round is of seed {seed + rounds}")
    say(f"{played:,} commands in {rounds:,} rounds from seed {seed}: the engines agree on every event.")


def play_round(seed: int, length: int) -> None:
    """Play the round of `seed`, or its first `length` commands; raises Difference with the words that play it again."""
    shape, whole = ROUNDS[seed % len(ROUNDS)]
    stream = random_stream(seed, whole, EVERYTHING, shape)[:length]
    random = Random(seed)
    reference, kernel = make_engine("reference"), make_engine("kernel")
    row = 0
    try:
        while row < length:
            part = stream[row : row + random.randint(1, CALL_MAX)]
            compare_events(part, reference.apply(part, Detail.ALL), kernel.apply(part, Detail.ALL))
            row += len(part)
            if random.randrange(8) == 0:
                compare_answers(reference, kernel, random)
                kernel = restored(kernel)
    except Exception as error:
        again = f"python -m tests.engine.soak --seed {seed} --commands {length}"
        raise Difference(f"In the commands from {row} on: {error!r}\n{again}") from error


def compare_events(commands: np.ndarray, expected: np.ndarray, found: np.ndarray) -> None:
    if np.array_equal(expected, found):
        return
    at = first_difference(expected, found)
    command = commands[(expected if at < len(expected) else found)["n"][at]]
    told = dict(zip(command.dtype.names, command.item(), strict=True))
    raise Difference(f"the reference tells {words(expected, at)}, the kernel {words(found, at)}, of {told}")


def first_difference(expected: np.ndarray, found: np.ndarray) -> int:
    """Return where two different arrays of events differ first; it may be the end of one."""
    both = min(len(expected), len(found))
    different = np.flatnonzero(expected[:both] != found[:both])
    return int(different[0]) if len(different) else both


def words(events: np.ndarray, at: int) -> object:
    return event_dicts(events[at : at + 1])[0] if at < len(events) else "nothing more"


def compare_answers(reference: Engine, kernel: Engine, random: Random) -> None:
    """Compare what rests and, for a few orders and hours, what is asked between commands."""
    reference.check()
    kernel.check()
    expected, found = reference.resting(), kernel.resting()
    if expected[OPEN].tolist() != found[OPEN].tolist():
        only = sorted(set(expected[OPEN].tolist()) ^ set(found[OPEN].tolist()))
        raise Difference(f"{OPEN} of {only[:4]} rests in one of them only")
    ids = np.unique(expected["id"]).tolist()
    some = np.array(random.sample(ids, k=len(ids) // 2), dtype=np.int64)
    agree(f"resting_of({some.tolist()})", reference.resting_of(some)[OPEN], kernel.resting_of(some)[OPEN])
    for id_ in random.sample(ids, k=min(5, len(ids))):
        agree(f"open_quantities({id_})", reference.open_quantities(id_), kernel.open_quantities(id_))
        agree(f"why_not({id_})", reference.why_not(id_), kernel.why_not(id_))
    hours = expected["hour"]
    for market in range(MARKETS) if len(hours) else ():
        span = int(hours.min()), int(hours.max() - hours.min()) + 1
        agree(f"indicative({market}, {span})", reference.indicative(market, *span), kernel.indicative(market, *span))


def agree(question: str, expected: np.ndarray, found: np.ndarray) -> None:
    if not np.array_equal(expected, found):
        raise Difference(f"to {question} the reference says {expected.tolist()}, the kernel {found.tolist()}")


def restored(kernel: Engine) -> Engine:
    copy = make_engine("kernel")
    copy.restore(kernel.snapshot())
    return copy


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the program and return its exit code: 1 where the engines disagree."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.soak", description="Compare the engines at length.")
    parser.add_argument("--commands", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    try:
        soak(options.commands, options.seed)
    except Difference as difference:
        say(str(difference))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
