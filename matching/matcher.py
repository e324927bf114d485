"""The matcher: what waits in the inbox, through the engines, into the database, one transaction a batch.

The database is the truth. Whatever goes wrong, the engines are thrown away and loaded from it again, and the commands are
still in the inbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import structlog
from django.db import transaction
from django.db.models import QuerySet

from matching.batch import Batch, play_batch
from matching.command_log import Commands, read_inbox
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.leases import LeaseLost, LogMove, claim_leases
from matching.left_open import read_left_open
from matching.models import Lease, Market
from matching.rebuild import load_engines
from matching.storing import store_batch
from matching.touched import read_touched

BATCH_LIMIT = 2000
"""Commands a batch: enough to make a statement's cost small, few enough to commit within a fraction of a second."""

log = structlog.get_logger(__name__)


class Matcher:
    """Plays the inbox of the link groups that it holds; what it writes for one that is another's is refused (LeaseLost).

    A process tells it by `hold` what its leases are. One that is told nothing claims every group that it meets a command of.
    Each market has an engine of its own, so that a command can only touch the market that it names.
    """

    def __init__(self, engine_factory: Callable[[], Engine] = make_engine) -> None:
        self._engine_factory = engine_factory
        self._claims = True
        self._tokens: dict[str, int] = {}
        self._sequences: dict[str, int] = {}  # of the groups that are loaded
        self._group_of: dict[int, str] = {}  # of the markets that are loaded
        self._engines: dict[int, Engine] = {}

    @property
    def engines(self) -> dict[int, Engine]:
        """The engine of each market, by market id; loaded from the database where there are none."""
        if not self._engines:
            self.rebuild()
        return self._engines

    def hold(self, tokens: Mapping[str, int]) -> set[str]:
        """Play the groups of `tokens` and no others from now on; returns those that have to be loaded."""
        self._claims = False
        kept = {group for group in self._sequences if tokens.get(group) == self._tokens.get(group)}
        self.forget(self._sequences.keys() - kept)
        self._tokens = dict(tokens)
        return self._tokens.keys() - kept

    def rebuild(self) -> None:
        """Throw the engines away and load those of every group held (claimed: of every group) from the database."""
        self.forget()
        if self._claims:
            self.load(set(Market.objects.order_by().values_list("link_group", flat=True)))
        else:
            self.load(self._tokens.keys())

    def load(self, link_groups: Iterable[str]) -> None:
        """Load the engines of `link_groups` beside those that are loaded; raises LeaseLost for a group that is not held."""
        groups = sorted(link_groups)
        if self._claims:
            self._tokens |= claim_leases(groups)
        if not_held := set(groups) - self._tokens.keys():
            raise LeaseLost(not_held)  # a market has just been linked to another group
        with transaction.atomic():
            # All reads see one state: nobody else writes under the lease.
            self._load_markets(Market.objects.filter(link_group__in=groups))
            leases = Lease.objects.filter(link_group__in=groups)
            self._sequences |= dict(leases.values_list("link_group", "sequence"))

    def _load_markets(self, markets: QuerySet[Market]) -> None:
        stored = list(markets.order_by("id").values_list("id", "link_group", "closed_until"))
        closed_until = {market_id: closed for market_id, _, closed in stored}
        self._engines |= load_engines(closed_until=closed_until, engine_factory=self._engine_factory)
        self._group_of |= {market_id: group for market_id, group, _ in stored}

    def forget(self, link_groups: Iterable[str] | None = None) -> None:
        """Throw the engines of `link_groups` away, by default of all; the next batch loads them."""
        gone = set(self._sequences if link_groups is None else link_groups)
        for market_id in [market_id for market_id, group in self._group_of.items() if group in gone]:
            del self._group_of[market_id]
            self._engines.pop(market_id, None)
        for group in gone:
            self._sequences.pop(group, None)

    def run_batch(self, limit: int = BATCH_LIMIT) -> int:
        """Play up to `limit` commands of the inbox and commit what came of them; returns how many, 0 when there are none.

        Any error, LeaseLost too, is raised after the engines that the batch had to do with have been thrown away, so that the
        next call starts from the database.
        """
        if not self._claims and not self._tokens:
            return 0
        commands = read_inbox(limit=limit, link_groups=None if self._claims else self._tokens.keys())
        if not len(commands):
            return 0
        market_ids = set(commands.engine["market"].tolist())
        try:
            if market_ids - self._engines.keys():
                self._load_missing(market_ids)
            self._run(commands)
        except BaseException:
            self.forget({self._group_of[market_id] for market_id in market_ids & self._group_of.keys()})
            raise
        return len(commands)

    def drain(self) -> int:
        """Run batches until the inbox is empty; returns how many commands were played."""
        total = 0
        while played := self.run_batch():
            total += played
        return total

    def _run(self, commands: Commands) -> None:
        batch = play_batch(commands, self.engines.__getitem__, self._group_of, self._sequences)
        touched = read_touched(batch.touched_ids())
        left = read_left_open(touched, self.engines.__getitem__)
        moves = self._moves_of(batch)
        with transaction.atomic():
            store_batch(batch=batch, touched=touched, open_after=left.open, moves=moves, group_of=self._group_of)
        self._sequences |= {move.link_group: move.after for move in moves}
        log.debug("batch", commands=len(commands), events=len(batch.events))

    def _moves_of(self, batch: Batch) -> list[LogMove]:
        """Return how far the batch moves the log of each group that it has commands of."""
        after: dict[str, int] = {}
        for market_id, sequence in batch.cursors().items():
            group = self._group_of[market_id]
            after[group] = max(sequence, after.get(group, 0))
        return [
            LogMove(link_group=group, token=self._tokens[group], before=self._sequences[group], after=after[group])
            for group in sorted(after)
        ]

    def _load_missing(self, market_ids: set[int]) -> None:
        missing = Market.objects.filter(id__in=market_ids - self._engines.keys())
        groups = set(missing.order_by().values_list("link_group", flat=True))
        unloaded = groups - self._sequences.keys()
        if groups != unloaded:  # a market new in a group that is loaded has no past there
            self._load_markets(missing.filter(link_group__in=groups - unloaded))
        if unloaded:
            self.load(unloaded)
