"""The matcher: what waits in the inbox, through the engines, into the database, one transaction a batch.

The database is the truth. Whatever goes wrong, the engines are thrown away and loaded from it again, and the commands are
still in the inbox.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import structlog
from django.db import transaction

from matching.batch import play_batch
from matching.command_log import Commands, read_inbox
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.models import Market
from matching.rebuild import load_engines
from matching.storing import store_batch
from matching.touched import Touched, read_touched

BATCH_LIMIT = 2000
"""Commands a batch: enough to make a statement's cost small, few enough to commit within a fraction of a second."""

log = structlog.get_logger(__name__)


class Matcher:
    """Plays the inbox of all markets; there must be one at a time, and a second one's writes are refused.

    Each market has an engine of its own, so that a command can only touch the market that it stands in the log of.
    """

    def __init__(self, engine_factory: Callable[[], Engine] = make_engine) -> None:
        self._engine_factory = engine_factory
        self._engines: dict[int, Engine] | None = None
        self._sequences: dict[int, int] = {}

    @property
    def engines(self) -> dict[int, Engine]:
        """The engine of each market, by market id; loaded from the database where there are none."""
        if self._engines is None:
            self.rebuild()
        assert self._engines is not None
        return self._engines

    def rebuild(self) -> None:
        """Throw the engines away and load them from the database."""
        self.forget()
        self._load(None)

    def forget(self) -> None:
        """Throw the engines away; the next batch loads them."""
        self._engines = None
        self._sequences = {}

    def run_batch(self, limit: int = BATCH_LIMIT) -> int:
        """Play up to `limit` commands of the inbox and commit what came of them; returns how many, 0 when there are none.

        Any error is raised after the engines have been thrown away, so that the next call starts from the database.
        """
        commands = read_inbox(limit=limit)
        if not len(commands):
            return 0
        try:
            self._run(commands)
        except BaseException:
            self.forget()
            raise
        return len(commands)

    def drain(self) -> int:
        """Run batches until the inbox is empty; returns how many commands were played."""
        total = 0
        while played := self.run_batch():
            total += played
        return total

    def _run(self, commands: Commands) -> None:
        self._load_new_markets(set(commands.engine["market"].tolist()))
        batch = play_batch(commands, self.engines.__getitem__, self._sequences)
        touched = read_touched(batch.touched_ids())
        open_after = self._open_quantities(touched)
        with transaction.atomic():
            store_batch(batch=batch, touched=touched, open_after=open_after)
        self._sequences |= batch.cursors()
        log.debug("batch", commands=len(commands), events=len(batch.events))

    def _load_new_markets(self, market_ids: set[int]) -> None:
        missing = market_ids - self.engines.keys()
        if missing:
            self._load(missing)

    def _load(self, market_ids: set[int] | None) -> None:
        """Load the engines of `market_ids`, of all markets by default, beside those that are loaded."""
        markets = Market.objects.order_by("id")
        if market_ids is not None:
            markets = markets.filter(id__in=market_ids)
        with transaction.atomic():
            # Both reads see one state: nobody but a matcher changes it, and there is one.
            stored = list(markets.values_list("id", "sequence", "closed_until"))
            closed_until = {market_id: closed for market_id, _, closed in stored}
            engines = load_engines(closed_until=closed_until, engine_factory=self._engine_factory)
        self._engines = (self._engines or {}) | engines
        self._sequences |= {market_id: sequence for market_id, sequence, _ in stored}

    def _open_quantities(self, touched: Touched) -> np.ndarray:
        """Return the accelerators now open in each slot of `touched`, 0 in those of orders that are gone."""
        open_after = np.zeros(len(touched.open), dtype=np.int64)
        markets = touched.market.tolist()
        for row, order_id in enumerate(touched.ids.tolist()):
            quantities = self.engines[markets[row]].open_quantities(order_id)
            if len(quantities):
                open_after[touched.slots_in(row)] = quantities
        return open_after
