"""Coalesced or not, the events that a client gets leave it with the same books, and every trade."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from marketplace.live.market_log import COALESCE_BEYOND, EVENTS_KEPT, MarketLog
from matching.engine.dtypes import Side
from matching.market_data.reading import PublicEvent
from matching.models import MarketEvent

AT = datetime(2026, 3, 2, tzinfo=UTC)
Kind = MarketEvent.Event


def event(number: int, kind: Kind, hour: int, side: Side, price_fen: int, quantity: int) -> PublicEvent:
    trade = number if kind is Kind.TRADE else None
    return PublicEvent(number, kind, AT, hour, None, side, price_fen, quantity, 1, None, trade)


events = st.lists(
    st.tuples(
        st.sampled_from([Kind.LEVEL, Kind.LEVEL, Kind.TOP, Kind.TRADE]),
        st.integers(1, 3),
        st.sampled_from([Side.BID, Side.ASK]),
        st.integers(1, 4),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=60,
)


def state_after(messages: list[str]) -> tuple[dict[object, object], list[int]]:
    stands: dict[object, object] = {}
    trades: list[int] = []
    for message in messages:
        for told in json.loads(message)["events"]:
            if told["event"] == "trade":
                trades.append(told["trade_id"])
            else:
                price = told["price_fen"] if told["event"] == "level" else None
                stands[told["event"], told["hour"], told["side"], price] = told["price_fen"], told["quantity"]
    return stands, trades


@given(events, st.integers(1, 20))
def test_a_coalesced_message_says_the_same(drawn: list[tuple[Kind, int, Side, int, int]], repeats: int) -> None:
    quick, slow = MarketLog(1, "M", 7), MarketLog(1, "M", 7)
    numbered = [event(8 + n, *values) for n, values in enumerate(drawn * repeats)]
    messages = []
    for each in numbered:
        quick.extend([each])
        messages.append(quick.message_after(each.number - 1))
    slow.extend(numbered)
    message = slow.message_after(7)
    assert state_after(messages) == state_after([message])
    assert json.loads(message).get("coalesced", False) == (len(numbered) > COALESCE_BEYOND)


def test_a_log_keeps_a_bounded_number_of_events() -> None:
    log = MarketLog(1, "M", 0)
    for number in range(1, 5 * EVENTS_KEPT):
        log.extend([event(number, Kind.LEVEL, 1, Side.BID, 1, number)])
        assert log.covers(number)
    assert log.covers(log.number - EVENTS_KEPT)
    assert not log.covers(log.number - 2 * EVENTS_KEPT - 1)
