"""The newest public events of one market in memory, shared by all clients that follow it: each keeps only a number."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.live.encoding import Key, encoded, event_key, event_text
from matching.market_data.reading import PublicEvent

EVENTS_KEPT = 4096
COALESCE_BEYOND = 500
"""A client that is so many events behind gets them coalesced: of those that later ones make superfluous, none."""


class MarketLog:
    """Events up to `number`, at least the newest EVENTS_KEPT that have come since it began."""

    def __init__(self, market_id: int, symbol: str, number: int) -> None:
        """Begin after the event `number`."""
        self.market_id = market_id
        self.symbol = symbol
        self.number = number
        self._texts: list[str] = []
        self._keys: list[Key | None] = []
        self._at = ""
        self._last_message: tuple[int, int, str] = (-1, -1, "")

    def extend(self, events: Sequence[PublicEvent]) -> None:
        """Append the events that follow; raises ValueError where they do not."""
        if not events:
            return
        if events[0].number != self.number + 1:
            raise ValueError(f"event {events[0].number} does not follow {self.number}")
        self._texts += [event_text(event) for event in events]
        self._keys += [event_key(event) for event in events]
        self._at = events[-1].at.isoformat()
        self.number = events[-1].number
        if len(self._texts) > 2 * EVENTS_KEPT:
            del self._texts[:-EVENTS_KEPT]
            del self._keys[:-EVENTS_KEPT]

    def restart(self, number: int) -> None:
        """Begin anew after the event `number`; whoever is behind reads a snapshot."""
        self._texts, self._keys, self.number = [], [], number

    def covers(self, after: int) -> bool:
        """Whether the events after this number are all here."""
        return after >= self.number - len(self._texts)

    def message_after(self, after: int) -> str:
        """The message that brings a client from `after` to `number`; only where `covers(after)`, and there are any."""
        known_after, known_number, message = self._last_message
        if (known_after, known_number) != (after, self.number):
            message = self._message(after)
            self._last_message = after, self.number, message
        return message

    def _message(self, after: int) -> str:
        first = len(self._texts) - (self.number - after)
        texts = self._texts[first:]
        coalesced = len(texts) > COALESCE_BEYOND
        if coalesced:
            texts = self._coalesced(first)
        return events_message(self.symbol, after, self.number, self._at, texts, coalesced=coalesced)

    def _coalesced(self, first: int) -> list[str]:
        """The events from position `first` on without those that a later one makes superfluous, in their order."""
        told: set[Key] = set()
        kept = []
        for position in range(len(self._texts) - 1, first - 1, -1):
            key = self._keys[position]
            if key is not None:
                if key in told:
                    continue
                told.add(key)
            kept.append(self._texts[position])
        return kept[::-1]


def events_message(
    symbol: str, after: int, number: int, at: str, texts: Sequence[str], *, coalesced: bool = False
) -> str:
    """Write the message with the events after `after` up to `number`."""
    head = {"type": "events", "market": symbol, "after": after, "number": number, "at": at}
    if coalesced:
        head["coalesced"] = True
    return f'{encoded(head)[:-1]},"events":[{",".join(texts)}]}}'
