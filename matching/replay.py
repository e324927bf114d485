"""The log played again: which markets go together, and their commands through an engine, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from django.db import connection

from matching.batch import Batch, ordinals_of, play_commands
from matching.command_log import Commands, read_log
from matching.engine.interface import Engine
from matching.models import Market

COMMANDS_A_READ = 10_000


LINKS = """
    SELECT DISTINCT o.market_id, a.market_id FROM matching_alternative a JOIN matching_order o ON o.id = a.order_id
"""


def replayed_together() -> list[list[Market]]:
    """Return the markets, those in one list that have to be played by one engine, by id.

    These are the ones that an order has ever named beside each other: nothing else makes one depend on another. In the order of
    sequences each market's own commands, and those of several while they were linked, stand as they were played.
    """
    markets = {market.pk: market for market in Market.objects.order_by("id")}
    together = {market_id: {market_id} for market_id in markets}
    with connection.cursor() as cursor:
        cursor.execute(LINKS)
        for one, other in cursor.fetchall():
            joined = together[one] | together[other]
            together |= dict.fromkeys(joined, joined)
    return [[markets[i] for i in sorted(joined)] for first, joined in together.items() if first == min(joined)]


def read_tables(*, market_ids: Sequence[int], after: int = 0) -> Iterator[Commands]:
    """Yield the played commands of some markets with sequences above `after`, by sequence."""
    while len(commands := read_log(market_ids=market_ids, after=after, limit=COMMANDS_A_READ)):
        yield commands
        after = commands.sequences[-1] or after


def replay(engine: Engine, log: Iterable[Commands]) -> Iterator[Batch]:
    """Play what comes from a log through `engine` and yield each piece with its events."""
    for commands in log:
        events = play_commands(engine, commands)
        sequences = np.array(commands.sequences, dtype=np.int64)
        yield Batch(commands=commands, sequences=sequences, events=events, ordinals=ordinals_of(events["n"]))
