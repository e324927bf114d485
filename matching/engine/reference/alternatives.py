"""Alternatives of a block bid: further markets, start windows and limits, of which the first to execute withdraws the others.

Each alternative is a `BlockOrder` of its own, all with one id, sequence and open quantity. They share the list
`alternatives`, which has those that still wait, by number; an ordinary block is the only one in its list.
"""

from collections.abc import Iterator

import numpy as np

from matching.engine.bounds import ALTERNATIVES_MAX
from matching.engine.dtypes import Do
from matching.engine.reference.entry import is_closed
from matching.engine.reference.orders import BlockOrder, Command
from matching.engine.reference.state import State


def spelled_out(commands: np.ndarray) -> Iterator[tuple[int, list[Command]]]:
    """Yield each command with its row's number: a list of one, or a NEW and its alternatives, each as a NEW in full.

    Where a NEW is not followed by the rows that it announces it is malformed, and so is each row of ALTERNATIVE that
    follows no such NEW.
    """
    rows = [Command(*row) for row in commands.tolist()]
    n = 0
    while n < len(rows):
        command = rows[n]
        announced = command.alternatives if command.do == Do.NEW else 0
        following = rows[n + 1 : n + 1 + max(0, announced)]
        follow = len(following) == announced <= ALTERNATIVES_MAX
        if command.do == Do.ALTERNATIVE or not follow or not all(belongs(command, row) for row in following):
            command, following = command._replace(malformed=1), []
        yield n, [command, *(alternative(command, row) for row in following)]
        n += 1 + len(following)


def belongs(command: Command, row: Command) -> bool:
    return row.do == Do.ALTERNATIVE and row.id == command.id


def alternative(command: Command, row: Command) -> Command:
    """What a row of ALTERNATIVE says, as a NEW in full."""
    return command._replace(
        market=row.market,
        start=row.start,
        start_flexibility=row.start_flexibility,
        price=row.price,
        malformed=row.malformed,
    )


def make_block(state: State, alternatives: list[Command], sequence: int) -> BlockOrder:
    """Make the block of a NEW, with all alternatives that are not closed, and return the first of them."""
    waiting: list[BlockOrder] = []
    for number, command in enumerate(alternatives):
        if not is_closed(state, command):
            first_open_hour = state.markets[command.market].first_open_hour
            block = BlockOrder.from_command(command, sequence, first_open_hour)
            block.alternative, block.alternatives = number, waiting
            waiting.append(block)
    return waiting[0]
