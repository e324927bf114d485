"""One a process: hears which markets have new events, reads them once, and wakes the clients that follow."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
import structlog
from django.utils import timezone

from marketplace.live.database import UNREACHABLE, in_database, listening_session
from marketplace.live.followed_market import Followed, Follower
from marketplace.live.market_log import MarketLog
from marketplace.live.own_feed import OwnFeed
from marketplace.live.requests import NoSuchMarket
from matching.market_data.keeping import CHANNEL
from matching.market_data.reading import EventPage, EventsNotKept, Notice, read_events
from matching.models import EventNumber, Market

HEARTBEAT_S = 3.0
PACE_S = 0.01
"""Two reads of the same market are so far apart at least; what comes in between goes out together."""

RETRY_S = (0.1, 2.0)
"""The first and the longest wait for a database that is away; each failure in a row doubles it."""

TRADES = "trades"
"""Listeners hear of every batch that a matcher has stored."""

log = structlog.get_logger(__name__)


class Feed:
    """Follows the markets that anybody follows, while `run` runs."""

    def __init__(self) -> None:
        self.followed: dict[int, Followed] = {}
        self.own = OwnFeed()
        self.stale_since: datetime | None = timezone.now()
        self._verified_at = self.stale_since
        self._unread: set[int] = set()
        self._has_unread = asyncio.Event()
        self._following = asyncio.Lock()

    async def run(self) -> None:
        """Listen and read until cancelled; comes back after every loss of the database."""
        retry_s = RETRY_S[0]
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    session = await asyncio.wait_for(listening_session(CHANNEL, TRADES), 2 * HEARTBEAT_S)
                    tasks.create_task(self._listen(session))
                    await self._verify()
                    retry_s = RETRY_S[0]
                    self.own.look()
                    for work in (self._read, self._watch, partial(self.own.run, self._note_reading)):
                        tasks.create_task(work())
            except* UNREACHABLE as errors:
                first = str(errors.exceptions[0]).partition("\n")[0]
                log.warning("live data waits for the database", error=first, retry_s=retry_s)
            except* Exception:
                log.exception("live data failed; starting again from the database", retry_s=retry_s)
            self._become_stale()
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, RETRY_S[1])

    async def follow(self, symbol: str, follower: Follower) -> Followed:
        """Follow a market for one more client; raises NoSuchMarket."""
        async with self._following:
            market = await in_database(find_market, symbol)
            followed = self.followed.get(market.pk)
            if followed is None:
                # Notices of this market count from here on, and its number is read after.
                followed = self.followed[market.pk] = Followed(market, MarketLog(market.pk, market.symbol, 0))
                numbers = await in_database(read_numbers, [market.pk])
                followed.log.restart(numbers.get(market.pk, 0))
            followed.followers.add(follower)
            return followed

    def leave(self, followed: Followed, follower: Follower) -> None:
        """Follow a market for one client less."""
        followed.followers.discard(follower)
        if not followed.followers and self.followed.get(followed.market.pk) is followed:
            del self.followed[followed.market.pk]

    async def _listen(self, session: psycopg.AsyncConnection[Any]) -> None:
        async with session:
            async for notification in session.notifies():
                if notification.channel == TRADES:
                    self.own.look()
                else:
                    self._hear(Notice.read(notification.payload))
        raise psycopg.OperationalError("The session that listens has ended.")

    def _hear(self, notice: Notice) -> None:
        followed = self.followed.get(notice.market_id)
        if followed is not None and notice.number > followed.log.number:
            self._unread.add(notice.market_id)
            self._has_unread.set()

    async def _read(self) -> None:
        while True:
            await self._has_unread.wait()
            self._has_unread.clear()
            markets, self._unread = self._unread, set()
            for market_id in markets:
                followed = self.followed.get(market_id)
                if followed is not None:
                    await self._read_on(followed)
            await asyncio.sleep(PACE_S)

    async def _read_on(self, followed: Followed) -> None:
        page = await in_database(read_page, followed.market.pk, followed.log.number)
        self._note_reading()
        if isinstance(page, int):
            followed.log.restart(page)
        else:
            followed.log.extend(page.events)
            if page.last_number > followed.log.number:
                self._unread.add(followed.market.pk)
                self._has_unread.set()
        for follower in followed.followers:
            follower.wake()

    async def _watch(self) -> None:
        """Ask the database every HEARTBEAT_S for what notices may have missed, which also shows that it is there."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await self._verify()
            await self.own.expel()

    async def _verify(self) -> None:
        numbers = await asyncio.wait_for(in_database(read_numbers, list(self.followed)), 2 * HEARTBEAT_S)
        self._note_reading()
        for market_id, number in numbers.items():
            self._hear(Notice(market_id, number))

    def _note_reading(self) -> None:
        self._verified_at = timezone.now()
        if self.stale_since is not None:
            self.stale_since = None
            self._wake_all()

    def _become_stale(self) -> None:
        if self.stale_since is None:
            self.stale_since = self._verified_at
            self._wake_all()

    def _wake_all(self) -> None:
        for follower in {f for followed in self.followed.values() for f in followed.followers} | self.own.everybody():
            follower.wake()


def find_market(symbol: str) -> Market:
    """Find a market; raises NoSuchMarket."""
    market = Market.objects.filter(symbol=symbol).first()
    if market is None:
        raise NoSuchMarket(market=symbol)
    return market


def read_numbers(market_ids: list[int]) -> Mapping[int, int]:
    """Return the number of each market's last event."""
    return dict(EventNumber.objects.filter(market_id__in=market_ids).values_list("market_id", "number"))


def read_page(market_id: int, after: int) -> EventPage | int:
    """Return the events after a number, or the number of the last one where those are not kept."""
    try:
        return read_events(market_id=market_id, after=after)
    except EventsNotKept:
        return read_numbers([market_id]).get(market_id, 0)


_feeds: dict[asyncio.AbstractEventLoop, tuple[Feed, asyncio.Task[None]]] = {}


def running_feed() -> Feed:
    """Return this process's feed, which the first client starts."""
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        feed = Feed()
        _feeds[loop] = feed, loop.create_task(feed.run(), name="live feed")
    return _feeds[loop][0]
