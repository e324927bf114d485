"""Icebergs: the public sees tips, owners see both, and a rebuilt book has every tip where it stood."""

from __future__ import annotations

from matching.book import Level, book_of_contract
from matching.engine.dtypes import Kind
from matching.models import BookLevel, Contract, Order, Trade
from matching.preview import preview_order
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange, replace


def buy(exchange: Exchange, quantity: int) -> Order:
    return exchange.place(bid(exchange.alice, exchange.market, kind=Kind.HOURLY, hours=1, quantity=quantity))


def test_only_the_tip_shows(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=2, quantity=8, display_quantity=3))
    assert (order.open, order.shown) == ([8, 8], [3, 3])
    assert book_of_contract(market_id=exchange.market.pk, hour=HOUR + 1).asks == (Level(1000, 3, 1),)
    contract = Contract.objects.get(hour=HOUR + 1)
    assert (contract.best_ask_quantity, contract.ask_quantity) == (3, 3)
    preview = preview_order(
        request=bid(exchange.alice, exchange.market, hours=1, quantity=8, kind=Kind.HOURLY), now=NOW
    )
    assert preview.accelerator_hours == 3, "a preview must not tell what is hidden"


def test_a_used_up_tip_refills_behind_its_price_and_stays_there_after_a_rebuild(exchange: Exchange) -> None:
    iceberg = exchange.place(ask(exchange.north, hours=1, quantity=8, display_quantity=3))
    other = exchange.place(ask(exchange.south, hours=1, quantity=4))
    buy(exchange, 4)  # the tip, then one of the other
    iceberg.refresh_from_db()
    assert (iceberg.open, iceberg.shown) == ([5], [3])
    assert BookLevel.objects.get().quantity == 3 + 3
    exchange.matcher.rebuild()
    exchange.matcher.engines[exchange.market.link_group].check()
    buy(exchange, 4)  # what the other has left, then of the tip
    assert list(Trade.objects.order_by("id").values_list("ask_id", "quantity")) == [
        (iceberg.pk, 3),
        (other.pk, 1),
        (other.pk, 3),
        (iceberg.pk, 1),
    ]
    assert list(find_differences()) == []


def test_a_last_tip_hides_nothing(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, quantity=8, display_quantity=4))
    buy(exchange, 4)
    order.refresh_from_db()
    assert (order.open, order.shown) == ([4], None)


def test_a_cut_takes_the_hidden_part_first(exchange: Exchange) -> None:
    order = exchange.place(ask(exchange.north, hours=1, quantity=8, display_quantity=3))
    for quantity, shown in ((5, [3]), (3, None), (2, None)):
        replace(order, quantity=quantity)
        exchange.matcher.drain()
        order.refresh_from_db()
        assert (order.open, order.shown) == ([quantity], shown)
    assert BookLevel.objects.get().quantity == 2
    assert list(find_differences()) == []
