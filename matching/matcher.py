"""The matcher: what waits in the inbox, through the engines, into the database, one transaction a batch.

The database is the truth. Whatever goes wrong, the engines are thrown away and loaded from it again, and the commands are
still in the inbox. What goes wrong with one link group does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np
import structlog
from django.db import transaction

from matching.batch import Batch, play_batch
from matching.command_log import Commands, read_inbox
from matching.engine.interface import Engine
from matching.engines import make_engine
from matching.leases import LeaseLost, LogMove, claim_leases
from matching.left_open import read_left_open
from matching.models import Lease, Market
from matching.rebuild import load_engine
from matching.setbacks import OF_NO_GROUP, GroupsFailed
from matching.storing import store_batch
from matching.touched import read_touched

BATCH_LIMIT = 2000
"""Commands a batch: enough to make a statement's cost small, few enough to commit within a fraction of a second."""

log = structlog.get_logger(__name__)


class Matcher:
    """Plays the inbox of the link groups that it holds; what it writes for one that is another's is refused (LeaseLost).

    A process tells it by `hold` what its leases are. One that is told nothing claims every group that it meets a command of.
    Each group has an engine of its own, so that an order may name several markets of its group and trade in one of them.
    """

    def __init__(self, engine_factory: Callable[[], Engine] = make_engine) -> None:
        self._engine_factory = engine_factory
        self._claims = True
        self._tokens: dict[str, int] = {}
        self._sequences: dict[str, int] = {}  # of the groups that are loaded
        self._group_of: dict[int, str] = {}  # of the markets that are loaded
        self._engines: dict[str, Engine] = {}

    @property
    def engines(self) -> dict[str, Engine]:
        """The engine of each link group; loaded from the database where there are none."""
        if not self._engines:
            self.rebuild()
        return self._engines

    @property
    def link_groups(self) -> set[str]:
        """The groups that it plays."""
        return set(self._tokens)

    @property
    def loaded(self) -> set[str]:
        """The groups whose engines are loaded."""
        return set(self._sequences)

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
        for group in groups:
            self._load_group(group)

    def _load_group(self, link_group: str) -> None:
        with transaction.atomic():
            # All reads see one state: nobody else writes under the lease.
            markets = Market.objects.order_by("id").filter(link_group=link_group)
            stored = list(markets.values_list("id", "closed_until", "places_given"))
            sequence = Lease.objects.get(link_group=link_group).sequence
            self._engines[link_group] = load_engine(
                engine=self._engine_factory(),
                closed_until={market_id: closed for market_id, closed, _ in stored},
                places_given=max((given for _, _, given in stored), default=0),
            )
        self._sequences[link_group] = sequence
        self._group_of |= {market_id: link_group for market_id, _, _ in stored}

    def forget(self, link_groups: Iterable[str] | None = None) -> None:
        """Throw the engines of `link_groups` away, by default of all; the next batch loads them."""
        gone = set(self._sequences if link_groups is None else link_groups)
        for market_id in [market_id for market_id, group in self._group_of.items() if group in gone]:
            del self._group_of[market_id]
        for group in gone:
            self._engines.pop(group, None)
            self._sequences.pop(group, None)

    def run_batch(self, limit: int = BATCH_LIMIT, link_groups: Collection[str] | None = None) -> int:
        """Play up to `limit` commands of the inbox and commit what came of them; returns how many, 0 when there are none.

        Of `link_groups`, by default of all that it plays. Where a group cannot be loaded, played or stored, GroupsFailed is raised, after
        the commands of the others have been committed. Any error, LeaseLost too, is raised after the engines that the
        batch had to do with have been thrown away, so that the next call starts from the database.
        """
        played = (None if self._claims else self._tokens.keys()) if link_groups is None else link_groups
        if played is not None and not played:
            return 0
        commands = read_inbox(limit=limit, link_groups=played)
        if not len(commands):
            return 0
        groups = self._groups_of(commands)
        try:
            self._run(commands, groups)
        except (LeaseLost, *OF_NO_GROUP):
            raise
        except Exception as error:
            self._run_apart(commands, groups, error)
        return len(commands)

    def drain(self) -> int:
        """Run batches until the inbox is empty; returns how many commands were played."""
        total = 0
        while played := self.run_batch():
            total += played
        return total

    def _run(self, commands: Commands, groups: Sequence[str]) -> None:
        """Play and commit `commands`; `groups` has the group of each."""
        try:
            if missing := set(groups) - self._sequences.keys():
                self.load(missing)
            batch = play_batch(commands, groups, self._engines, self._sequences)
            touched = read_touched(batch.touched_ids())
            left = read_left_open(touched, self._group_of, self._engines)
            moves = self._moves_of(batch, groups)
            with transaction.atomic():
                store_batch(batch=batch, touched=touched, left=left, moves=moves, group_of=self._group_of)
        except BaseException:
            self.forget(groups)
            raise
        self._sequences |= {move.link_group: move.after for move in moves}
        log.debug("batch", commands=len(commands), events=len(batch.events))

    def _run_apart(self, commands: Commands, groups: Sequence[str], error: Exception) -> None:
        """Run each group's commands by themselves after `error` has stopped them together; raises GroupsFailed."""
        errors = dict.fromkeys(groups, error)
        for group in sorted(errors) if len(errors) > 1 else ():
            n = np.flatnonzero([each == group for each in groups])
            try:
                self._run(commands.take(n), [group] * len(n))
            except (LeaseLost, *OF_NO_GROUP):
                raise
            except Exception as own_error:
                errors[group] = own_error
            else:
                del errors[group]
        if errors:
            raise GroupsFailed(errors) from error

    def _groups_of(self, commands: Commands) -> list[str]:
        """Return the link group of each command; a market new in a group that is loaded has no past there."""
        markets: list[int] = commands.engine["market"].tolist()
        group_of = self._group_of
        if missing := set(markets) - group_of.keys():
            group_of = group_of | dict(Market.objects.order_by().filter(id__in=missing).values_list("id", "link_group"))
            self._group_of |= {
                market_id: group_of[market_id] for market_id in missing if group_of[market_id] in self._sequences
            }
        return [group_of[market_id] for market_id in markets]

    def _moves_of(self, batch: Batch, groups: Sequence[str]) -> list[LogMove]:
        """Return how far the batch moves the log of each group that it has commands of."""
        after = dict(zip(groups, batch.sequences.tolist(), strict=True))  # the last of each group stays
        return [
            LogMove(link_group=group, token=self._tokens[group], before=self._sequences[group], after=after[group])
            for group in sorted(after)
        ]
