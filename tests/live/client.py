"""A client as a program writes it from docs/live.md: keeps books from snapshot and events, and notices every gap."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from typing import Any, ClassVar

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from matching.engine.dtypes import Side
from tests.matching.test_market_data import Shown

SIDES = {"bid": Side.BID, "ask": Side.ASK}
WAIT_S = 20.0
ALL_HOURS = 24 * 31


class LiveClient:
    """One connection; `shown` has its books of one market at `number`."""

    opened: ClassVar[list[LiveClient]] = []

    def __init__(self, url: str, *, headers: dict[str, str] | None = None, **options: Any) -> None:
        self._hang_up = ExitStack()
        connecting = connect(url, additional_headers=headers, max_size=None, **options)
        self.socket: ClientConnection = self._hang_up.enter_context(connecting)
        self.hello = self.receive()
        self.shown: Shown = {}
        self.number = -1
        self.traded: list[int] = []
        self.messages: list[dict[str, Any]] = []
        self.opened.append(self)

    def say(self, message: object) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def receive(self, *, seconds: float = WAIT_S) -> dict[str, Any]:
        """Take the next message."""
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=seconds))
        return message

    def receive_until(self, kind: str, **values: object) -> dict[str, Any]:
        """Take messages up to the first of a type with these values."""
        while True:
            message = self.take()
            if message["type"] == kind and all(message.get(name) == value for name, value in values.items()):
                return message

    def take(self) -> dict[str, Any]:
        """Take the next message, and put what it says into the books."""
        message = self.receive()
        self.messages.append(message)
        if message["type"] == "snapshot":
            self.number = message["number"]
            self.shown = {
                (book["hour"], SIDES[side[:3]], price): (quantity, orders)
                for book in message["books"]
                for side in ("bids", "asks")
                for price, quantity, orders in book[side]
            }
        elif message["type"] == "events":
            assert message["after"] == self.number, "a gap"
            numbers = [event["number"] for event in message["events"]]
            if not message.get("coalesced"):
                assert numbers == list(range(message["after"] + 1, message["number"] + 1))
            assert numbers == sorted(numbers)
            self.number = message["number"]
            for event in message["events"]:
                self._apply(event)
        return message

    def catch_up(self, number: int) -> None:
        """Take messages up to the event `number`."""
        while self.number < number:
            self.take()

    def code_at_end(self) -> int | None:
        """Take messages until the server closes, and return with which code."""
        with suppress(ConnectionClosed):
            while True:
                self.take()
        return self.socket.close_code

    def _apply(self, event: dict[str, Any]) -> None:
        if event["event"] == "level":
            key = event["hour"], SIDES[event["side"]], event["price_fen"]
            self.shown.pop(key, None)
            if event["quantity"]:
                self.shown[key] = event["quantity"], event["orders"]
        elif event["event"] == "trade":
            self.traded.append(event["trade_id"])

    def close(self) -> None:
        """Hang up."""
        self._hang_up.close()
