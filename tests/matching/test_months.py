"""Commands, trades and order events are kept by months, and whoever looks for them finds them by an index, month or not."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from matching.engine.dtypes import Do
from matching.models import Command, OrderEvent, Trade
from matching.months import TABLES, TablesBusy, make_months, make_span, month_of, next_month, partition_of
from matching.storing import NUMBER_COMMANDS
from matching.verify import find_differences
from tests.factories import NOW, ask, bid
from tests.matching.conftest import Exchange
from tests.matching.random_trading import set_references, trade_at_random

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ONLY {table}")
        return int(cursor.fetchone()[0])


def trade_once(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north, hours=1))
    exchange.place(bid(exchange.alice, exchange.market, hours=1))


@pytest.mark.usefixtures("own_months")
def test_what_came_before_its_month_was_made_moves_into_it(exchange: Exchange) -> None:
    trade_once(exchange)
    assert all(rows_in(f"{table}_default") > 0 for table in TABLES)
    before = [list(model.objects.order_by("pk").values()) for model in (Command, Trade, OrderEvent)]
    assert make_months(now=NOW) == len(TABLES) * 3
    assert [rows_in(f"{table}_default") for table in TABLES] == [0, 0, 0]
    assert [list(model.objects.order_by("pk").values()) for model in (Command, Trade, OrderEvent)] == before
    assert make_months(now=NOW) == 0
    trade_once(exchange)
    assert [rows_in(f"{table}_default") for table in TABLES] == [0, 0, 0]
    assert all(rows_in(partition_of(table, MARCH)) > 0 for table in TABLES)
    assert list(find_differences()) == []


@pytest.mark.usefixtures("own_months")
def test_months_that_nobody_made_in_time_are_made_later(exchange: Exchange) -> None:
    make_months(now=NOW)
    late = Command.objects.create(market=exchange.market, do=Do.CLOSE, hour=1, at=next_month(MARCH, -2), sequence=1)
    assert rows_in("matching_command_default") == 1
    assert make_months(now=NOW) == len(TABLES)
    assert rows_in("matching_command_default") == 0
    assert rows_in("matching_command_2026_01") == 1
    late.refresh_from_db()
    assert make_months(now=NOW) == 0


def test_months_are_those_of_utc() -> None:
    assert month_of(datetime.fromisoformat("2026-03-01T07:59:59+08:00")) == datetime(2026, 2, 1, tzinfo=UTC)
    assert next_month(MARCH, 10) == datetime(2027, 1, 1, tzinfo=UTC)
    assert next_month(MARCH, -3) == datetime(2025, 12, 1, tzinfo=UTC)


@pytest.mark.usefixtures("own_months")
def test_a_month_is_made_while_others_trade_and_gives_way_to_them(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade_once(exchange)
    holds, done = threading.Event(), threading.Event()

    def read_at_length() -> None:
        with transaction.atomic():
            Trade.objects.count()
            holds.set()
            done.wait(20)
        connection.close()

    reader = threading.Thread(target=read_at_length)
    reader.start()
    holds.wait(20)
    monkeypatch.setattr("matching.months.TRIES", 2)
    with pytest.raises(TablesBusy, match="try again later"):
        make_months(now=NOW)
    trade_once(exchange)  # nobody waits behind it
    done.set()
    reader.join()
    assert make_months(now=NOW) == len(TABLES) * 3


@pytest.fixture
def many_months(exchange: Exchange) -> Exchange:
    """Trading in March, and fifty thousand older commands and trades in the five months before it."""
    set_references()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    make_span(next_month(MARCH, -5), next_month(MARCH, 2))
    for _ in trade_at_random(seed=3, steps=40, sites=[exchange.north, exchange.south], buyers=[exchange.alice]):
        exchange.matcher.drain()
    trade = Trade.objects.latest("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO matching_trade (market_id, sequence, ordinal, bid_id, ask_id, taker_side, buyer_id, seller_id,"
            " site_id, start, hours, quantity, price_fen, traded_at)"
            " SELECT market_id, -n, 0, bid_id, ask_id, taker_side, buyer_id, seller_id, site_id, start - 5000, hours,"
            " quantity, price_fen, timestamptz '2026-02-28 00:00+00' - n * interval '4 minutes'"
            " FROM matching_trade, generate_series(1, 50000) AS n WHERE id = %s",
            [trade.pk],
        )
        cursor.execute(
            'INSERT INTO matching_command (market_id, "do", order_id, at, sequence) SELECT %s, 2, %s,'
            " timestamptz '2026-02-28 00:00+00' - n * interval '4 minutes', -n FROM generate_series(1, 50000) AS n",
            [trade.market_id, trade.bid_id],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ANALYZE matching_trade; ANALYZE matching_command; ANALYZE matching_orderevent")
    return exchange


def scans_of(statement: str, values: Mapping[str, str | datetime]) -> Iterator[tuple[str, str]]:
    """Yield table and kind of each scan in a statement's plan that would be carried out."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        found = [cursor.fetchone()[0][0]["Plan"]]
    while found:
        node = found.pop()
        found += node.get("Plans", [])
        if node.get("Relation Name", "").startswith(tuple(TABLES)):
            yield node["Relation Name"], node["Node Type"]


OLD_MONTHS = tuple(f"_{year}_{month:02}" for year, month in ((2025, 10), (2025, 11), (2025, 12), (2026, 1), (2026, 2)))

LOOK_UPS = {
    "clearing": "SELECT * FROM matching_trade WHERE market_id = {market} AND sequence > {sequence} AND sequence <= {sequence} + 99",
    "the log": "SELECT * FROM matching_command WHERE market_id = {market} AND sequence > {sequence} ORDER BY sequence LIMIT 9",
    "the inbox": "SELECT id FROM matching_command WHERE sequence IS NULL ORDER BY id LIMIT 2000",
    "a market's newest": "SELECT * FROM matching_trade WHERE market_id = {market} ORDER BY id DESC LIMIT 50",
    "a buyer's newest": "SELECT * FROM matching_trade WHERE buyer_id = {buyer} ORDER BY id DESC LIMIT 50",
    "one trade": "SELECT * FROM matching_trade WHERE id = {trade}",
    "an order's trades": "SELECT * FROM matching_trade WHERE bid_id = {unknown}",
    "an order's commands": "SELECT * FROM matching_command WHERE order_id = {unknown}",
}


def test_every_month_is_read_by_an_index_and_a_batch_touches_but_its_own(many_months: Exchange) -> None:
    trade = Trade.objects.latest("sequence")
    numbers = {"market": trade.market_id, "buyer": trade.buyer_id, "sequence": trade.sequence - 1, "trade": trade.pk}
    for what, look_up in LOOK_UPS.items():
        scans = scans_of(look_up.format(unknown=10**9, **numbers), {})
        full = [table for table, kind in scans if kind == "Seq Scan" and table.endswith(OLD_MONTHS)]
        assert full == [], what
    values: dict[str, str | datetime] = {"ids": "{1,2}", "sequences": "{1,2}", "first": NOW, "last": NOW}
    tables = {table for table, _ in scans_of(NUMBER_COMMANDS, values)}
    assert tables == {"matching_command", "matching_command_2026_03"}
