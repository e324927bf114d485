"""Any single amount that is changed by hand is found and named."""

from __future__ import annotations

import pytest
from django.db import connection

from matching.clock import close_gates
from matching.engine.dtypes import Kind
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange, place, replace
from tests.matching.random_trading import set_references


@pytest.fixture
def traded(exchange: Exchange) -> Exchange:
    """A little of everything: filled, part-filled, open, cut, expired and pending orders of both kinds and sides."""
    set_references()
    exchange.place(ask(exchange.north, hours=3))
    exchange.place(ask(exchange.north, kind=Kind.BLOCK, hours=2, start_flexibility=1, price_fen=5000, quantity=3))
    exchange.place(bid(exchange.alice, exchange.market, hours=2, quantity=3))
    exchange.place(bid(exchange.bob, exchange.market, hours=2, quantity=2, one_site=True))
    exchange.place(ask(exchange.north, participant=exchange.alice, hours=2, quantity=1, price_fen=2000))
    exchange.place(bid(exchange.bob, exchange.market, kind=Kind.HOURLY, hours=1, quantity=5))
    order = exchange.place(bid(exchange.bob, exchange.market, hours=2, quantity=5, price_fen=10))
    replace(order, quantity=4)
    exchange.matcher.drain()
    exchange.place(bid(exchange.bob, exchange.market, hours=1, quantity=5, price_fen=None, kind=Kind.HOURLY))
    close_gates(now=NOW)
    exchange.matcher.drain()
    place([ask(exchange.south)])
    assert list(find_differences()) == []
    return exchange


AMOUNTS = [
    ("matching_trade", "quantity"),
    ("matching_trade", "price_fen"),
    ("matching_trade", "hours"),
    ("matching_trade", "start"),
    ("matching_trade", "sequence"),
    ("matching_trade", "ordinal"),
    ("matching_order", "quantity"),
    ("matching_order", "filled_accelerator_hours"),
    ("matching_order", "filled_value_fen"),
    ("matching_order", "sequence"),
    ("matching_order", "closed_sequence"),
    ("matching_order", "executed_start"),
    ("matching_order", "price_fen"),
    ("matching_order", "protection_price_fen"),
    ("matching_orderevent", "quantity"),
    ("matching_orderevent", "hour"),
    ("matching_holding", "capacity"),
    ("matching_booklevel", "quantity"),
    ("matching_booklevel", "orders"),
    ("matching_command", "quantity"),
    ("matching_command", "price_fen"),
    ("matching_command", "hour"),
    ("matching_command", "sequence"),
    ("matching_market", "sequence"),
    ("matching_market", "closed_until"),
    ("matching_lease", "sequence"),
    *(
        ("matching_contract", column)
        for column in (
            "best_bid_fen", "best_bid_quantity", "best_ask_fen", "best_ask_quantity", "bid_quantity", "ask_quantity", "open_fen",
            "high_fen", "low_fen", "last_price_fen", "volume", "value_fen", "trades",
        )
    ),
    *(
        ("matching_candle", column)
        for column in ("open_fen", "high_fen", "low_fen", "close_fen", "volume", "value_fen", "trades")
    ),
    ("matching_eventnumber", "number"),
    ("matching_marketevent", "number"),
    ("matching_marketevent", "trade_id"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column"), AMOUNTS, ids=[".".join(amount) for amount in AMOUNTS])
def test_every_row_of_every_amount_is_watched(traded: Exchange, table: str, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid FROM {table} WHERE {column} IS NOT NULL ORDER BY ctid")
        rows = [row[0] for row in cursor.fetchall()]
    assert rows
    for row in rows:
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT untouched")
            cursor.execute(f"UPDATE {table} SET {column} = {column} + 1000 WHERE ctid = %s", [row])
            found = list(find_differences())
            # A command that says other than it did shows in what it brought about.
            assert any(table == "matching_command" or sentence.startswith(table) for sentence in found), (row, found)
            cursor.execute("ROLLBACK TO SAVEPOINT untouched")


def test_changes_of_what_is_open_or_committed_are_found(traded: Exchange) -> None:
    changes = {
        "UPDATE matching_order SET open[1] = open[1] + 1 WHERE ctid = %s": "matching_order",
        "UPDATE matching_holding SET committed = committed - 1 WHERE committed > 0 AND ctid = %s": "matching_holding",
        "UPDATE matching_holding SET committed = committed + 1 WHERE committed < capacity AND ctid = %s": "matching_holding",
        "DELETE FROM matching_trade WHERE ctid = %s": "matching_trade",
        "DELETE FROM matching_booklevel WHERE ctid = %s": "matching_booklevel",
        "DELETE FROM matching_contract WHERE ctid = %s": "matching_contract",
        "DELETE FROM matching_candle WHERE ctid = %s": "matching_candle",
        "DELETE FROM matching_marketevent WHERE number = 2 AND ctid = %s": "matching_marketevent",
        "DELETE FROM matching_eventnumber WHERE ctid = %s": "matching_eventnumber",
        "UPDATE matching_marketevent SET quantity = quantity + 1 WHERE event = 2 AND ctid = %s": "matching_marketevent",
        "UPDATE matching_marketevent SET price_fen = price_fen + 1 WHERE event = 2 AND ctid = %s": "matching_marketevent",
        "DELETE FROM matching_orderevent WHERE ctid = %s": "matching_orderevent",
        "DELETE FROM matching_holding WHERE (capacity > 0 AND committed > 0) AND ctid = %s": "matching_holding",
        "UPDATE matching_order SET state = 'expired' WHERE state <> 'expired' AND ctid = %s": "matching_order",
    }
    for statement, table in changes.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT ctid FROM {table} ORDER BY ctid")
            for (row,) in cursor.fetchall():
                cursor.execute("SAVEPOINT untouched")
                cursor.execute(statement, [row])
                if cursor.rowcount:
                    found = list(find_differences())
                    assert any(sentence.startswith(table) for sentence in found), (statement, found)
                cursor.execute("ROLLBACK TO SAVEPOINT untouched")


def test_a_sentence_names_table_row_and_both_numbers(traded: Exchange) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE matching_holding SET capacity = 65 WHERE capacity = 64 AND hour = %s", [HOUR + 1])
        assert cursor.rowcount == 2
    provider, site = traded.north.provider_id, traded.north.pk
    assert next(find_differences()) == (
        f"matching_holding (participant {provider}, site {site}, hour {HOUR + 1}): "
        "capacity is 65, trades and asks give 64."
    )
