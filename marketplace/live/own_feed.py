"""To each connected participant its own orders, trades and balance, and to nobody else; read for all of them at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from marketplace.live.caller import LiveCaller, still_allowed
from marketplace.live.database import in_database
from marketplace.live.encoding import encoded
from marketplace.live.own_reading import (
    Sequences,
    TooFarBehind,
    live_orders,
    read_balances,
    read_news,
    read_sequences,
)
from matching.models import Participant

PACE_S = 0.05
LOOK_S = 1.0
"""Balances also move without a batch: by clearing, deposits and settlement."""

CHECK_S = 10.0
"""So often is looked whether those who are connected are still signed in and members."""


class OwnFollower(Protocol):
    """A client that follows its own participant."""

    caller: LiveCaller

    def wake(self) -> None:
        """Look what is new."""

    def tell(self, message: str) -> None:
        """Send a message after those that wait."""

    def start_over(self) -> None:
        """Read a snapshot instead of what waits."""

    def end(self, code: int) -> None:
        """Close the connection."""


NO_LONGER_ALLOWED = 4401


class OwnFeed:
    """The participants that are connected to this process."""

    def __init__(self) -> None:
        self._followers: dict[int, set[OwnFollower]] = {}
        self._sequences: Sequences | None = None
        self._balances: dict[int, dict[str, int]] = {}
        self._looking = asyncio.Event()
        self._joining = asyncio.Lock()
        self._checked_at = time.monotonic()

    def everybody(self) -> set[OwnFollower]:
        """All who follow their own."""
        return {follower for followers in self._followers.values() for follower in followers}

    def look(self) -> None:
        """Read what is new, soon."""
        self._looking.set()

    async def join(self, participant: Participant, follower: OwnFollower) -> None:
        """Follow `participant` for one more client, which reads a snapshot next."""
        async with self._joining:
            if self._sequences is None:
                self._sequences = await in_database(read_sequences)
            self._followers.setdefault(participant.pk, set()).add(follower)

    def leave(self, participant: Participant, follower: OwnFollower) -> None:
        """Follow it for one client less."""
        followers = self._followers.get(participant.pk, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(participant.pk, None)
            self._balances.pop(participant.pk, None)

    async def snapshot(self, participant: Participant) -> str:
        """The message with all live orders and the balance."""
        orders = await in_database(live_orders, participant.pk)
        balances = await in_database(read_balances, [participant.pk])
        body = {
            "type": "own_snapshot",
            "participant": participant.slug,
            "orders": orders,
            "balance": balances[participant.pk],
        }
        return encoded(body)

    async def run(self, note_reading: Callable[[], None]) -> None:
        """Tell everybody what is new until cancelled; `note_reading` is called after each successful look."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._looking.wait(), LOOK_S)
            self._looking.clear()
            if not self._followers:
                self._sequences = None
                continue
            await self._tell_news()
            note_reading()
            await asyncio.sleep(PACE_S)

    async def _tell_news(self) -> None:
        participants = list(self._followers)
        async with self._joining:
            if self._sequences is None:
                self._sequences = await in_database(read_sequences)
            try:
                self._sequences, news = await in_database(read_news, participants, self._sequences)
            except TooFarBehind:
                self._sequences, news = await in_database(read_sequences), {}
                for follower in self.everybody():
                    follower.start_over()
        balances = await in_database(read_balances, participants)
        for participant in participants:
            body: dict[str, object] = {}
            if participant in news:
                body |= {"orders": news[participant].orders, "trades": news[participant].trades}
            if self._balances.get(participant) != balances[participant]:
                body["balance"] = balances[participant]
            if body:
                message = encoded({"type": "own", **body})
                for follower in self._followers.get(participant, ()):
                    follower.tell(message)
        self._balances = {p: balance for p, balance in balances.items() if p in self._followers}

    async def expel(self) -> None:
        """Close the connections of those who may no longer act as they do."""
        if time.monotonic() - self._checked_at < CHECK_S or not self._followers:
            return
        self._checked_at = time.monotonic()
        everybody = self.everybody()
        allowed = await in_database(still_allowed, [follower.caller for follower in everybody])
        for follower in everybody:
            if follower.caller not in allowed:
                follower.end(NO_LONGER_ALLOWED)
