"""One client: what it asks for, and what it is sent, as fast as it takes it and never more than a bounded amount waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone, translation

from marketplace.live.caller import LiveCaller
from marketplace.live.database import UNREACHABLE, in_database
from marketplace.live.encoding import encoded, event_text
from marketplace.live.feed import HEARTBEAT_S, Feed
from marketplace.live.followed_market import Followed, Span
from marketplace.live.market_log import EVENTS_KEPT, events_message
from marketplace.live.requests import (
    MESSAGE_BYTES_MAX,
    NotYourData,
    Request,
    Subscribe,
    SubscribeOwn,
    TooManySubscriptions,
    UnableToFollow,
    read_request,
)
from matching.market_data.reading import EventsNotKept, read_events

MARKETS_MAX = 50
OWN_MESSAGES_MAX = 64
REQUESTS_WAITING_MAX = 16
REQUEST_S = 0.01
"""A request a client is served at most so often."""

SEND_S_MAX = 20.0
"""A client that takes nothing for so long is gone."""

TOO_BIG = 1009
UNSUPPORTED = 1003

Message = dict[str, Any]


class ClientGone(Exception):
    """The connection is over; nothing is wrong."""


class ToClose(Exception):
    """The connection is to be closed with `code` of RFC 6455, or one of our own."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Following:
    """A market that this client follows: the number of the last event it has been sent, and the hours it wants in a snapshot."""

    followed: Followed
    number: int
    span: Span


class Socket:
    """A connection that has been accepted."""

    def __init__(
        self, *, send: Callable[[Message], Awaitable[None]], caller: LiveCaller, language: str, feed: Feed
    ) -> None:
        """Serve `caller` on `feed`; `send` takes ASGI messages."""
        self.caller = caller
        self._send_message = send
        self._language = language
        self._feed = feed
        self._following: dict[str, Following] = {}
        self._requests: asyncio.Queue[str] = asyncio.Queue(REQUESTS_WAITING_MAX)
        self._asked: str | None = None  # being answered
        self._own: deque[str] = deque()
        self._follows_own = self._wants_own_snapshot = False
        self._woken = asyncio.Event()
        self._close_code: int | None = None
        self._said_stale = False

    async def run(self, receive: Callable[[], Awaitable[Message]]) -> None:
        """Serve the client until it goes or is closed."""
        await self._say_hello()
        tasks = [asyncio.create_task(self._hear(receive)), asyncio.create_task(self._pump())]
        try:
            done, _rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except ClientGone:
            pass
        except ToClose as close:
            await self._send_message({"type": "websocket.close", "code": close.code})
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._leave_all()

    def wake(self) -> None:
        """Look what is new."""
        self._woken.set()

    def tell(self, message: str) -> None:
        """Send a message of the own channel after those that wait; too many waiting are replaced by a snapshot."""
        self._own.append(message)
        if len(self._own) > OWN_MESSAGES_MAX:
            self.start_over()
        self.wake()

    def start_over(self) -> None:
        """Read a snapshot of the own channel instead of what waits."""
        self._own.clear()
        self._wants_own_snapshot = True
        self.wake()

    def end(self, code: int) -> None:
        """Close the connection."""
        self._close_code = code
        self.wake()

    async def _hear(self, receive: Callable[[], Awaitable[Message]]) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                raise ClientGone
            text = message.get("text")
            if text is None:
                raise ToClose(UNSUPPORTED)
            if len(text.encode()) > MESSAGE_BYTES_MAX:
                raise ToClose(TOO_BIG)
            await self._requests.put(text)
            self.wake()

    async def _pump(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), HEARTBEAT_S)
            except TimeoutError:
                await self._beat()
                continue
            self._woken.clear()
            if self._close_code is not None:
                raise ToClose(self._close_code)
            try:
                await self._serve()
            except UNREACHABLE:  # what was asked is still there, and is answered when the database is back
                await self._beat()
                await asyncio.sleep(HEARTBEAT_S / 3)
                self.wake()

    async def _serve(self) -> None:
        """Answer what is asked, then send what is new."""
        while self._asked is not None or not self._requests.empty():
            self._asked = self._asked or self._requests.get_nowait()
            await self._answer(self._asked)
            self._asked = None
            await asyncio.sleep(REQUEST_S)
        for following in list(self._following.values()):
            await self._bring_up(following)
        await self._bring_own()
        if (self._feed.stale_since is not None) != self._said_stale:
            await self._beat()

    async def _say_hello(self) -> None:
        participant = self.caller.participant
        self._said_stale = self._feed.stale_since is not None
        await self._send(
            encoded(
                {
                    "type": "hello",
                    "participant": participant.slug if participant else None,
                    "heartbeat_s": HEARTBEAT_S,
                    "markets_max": MARKETS_MAX,
                }
            )
        )

    async def _beat(self) -> None:
        since = self._feed.stale_since
        self._said_stale = since is not None
        numbers = {symbol: following.number for symbol, following in self._following.items()}
        body: dict[str, object] = {"type": "heartbeat", "at": timezone.now().isoformat(), "stale": since is not None}
        if since is not None:
            body["since"] = since.isoformat()
        await self._send(encoded({**body, "numbers": numbers}))

    async def _answer(self, text: str) -> None:
        try:
            await self._do(read_request(text))
        except UnableToFollow as refusal:
            with translation.override(self._language):
                body = {"type": "error", "code": refusal.code, "field": refusal.field, "detail": str(refusal)}
            await self._send(encoded(body))

    async def _do(self, request: Request) -> None:
        if isinstance(request, SubscribeOwn):
            await self._follow_own()
        elif isinstance(request, Subscribe):
            await self._follow(request)
        else:
            following = self._following.pop(request.market, None)
            if following is not None:
                self._feed.leave(following.followed, self)
            await self._send(encoded({"type": "unsubscribed", "market": request.market}))

    async def _follow(self, request: Subscribe) -> None:
        if request.market not in self._following and len(self._following) >= MARKETS_MAX:
            raise TooManySubscriptions(max=MARKETS_MAX)
        followed = await self._feed.follow(request.market, self)
        following = self._following[request.market] = Following(followed, 0, (request.start, request.hours))
        message = None if request.after is None else await self._missed(following, request.after)
        if message is None:
            snapshot = await followed.snapshot(following.span)
            following.number, message = snapshot.number, snapshot.message
        await self._send(message)

    async def _missed(self, following: Following, after: int) -> str | None:
        """The message with all events after a number; None where a snapshot is shorter."""
        log = following.followed.log
        if after < log.number and log.covers(after):
            following.number = log.number
            return log.message_after(after)
        try:
            page = await in_database(
                read_events, market_id=following.followed.market.pk, after=after, limit=EVENTS_KEPT
            )
        except EventsNotKept:
            return None
        following.number = after + len(page.events)
        if page.last_number > following.number:
            return None
        at = page.events[-1].at if page.events else timezone.now()
        texts = [event_text(event) for event in page.events]
        return events_message(log.symbol, after, following.number, at.isoformat(), texts)

    async def _bring_up(self, following: Following) -> None:
        log = following.followed.log
        if following.number >= log.number:
            return
        if log.covers(following.number):
            after, following.number = following.number, log.number
            await self._send(log.message_after(after))
        else:
            snapshot = await following.followed.snapshot(following.span)
            following.number = snapshot.number
            await self._send(snapshot.message)
            self.wake()

    async def _follow_own(self) -> None:
        participant = self.caller.participant
        if participant is None:
            raise NotYourData
        self._follows_own = True
        await self._feed.own.join(participant, self)
        self._wants_own_snapshot = True

    async def _bring_own(self) -> None:
        participant = self.caller.participant
        if participant is None or not self._follows_own:
            return
        if self._wants_own_snapshot:
            self._own.clear()
            snapshot = await self._feed.own.snapshot(participant)
            self._wants_own_snapshot = False
            await self._send(snapshot)
        while self._own:
            await self._send(self._own.popleft())

    async def _send(self, text: str) -> None:
        try:
            await asyncio.wait_for(self._send_message({"type": "websocket.send", "text": text}), SEND_S_MAX)
        except (TimeoutError, OSError) as error:
            raise ClientGone from error

    def _leave_all(self) -> None:
        for following in self._following.values():
            self._feed.leave(following.followed, self)
        if self._follows_own and self.caller.participant is not None:
            self._feed.own.leave(self.caller.participant, self)
