"""A database from before market data was kept has it after the migration."""

from __future__ import annotations

from importlib import import_module

from django.db import connection

from matching.models import Candle, Contract, EventNumber, MarketEvent
from matching.verify import find_differences
from tests.matching.conftest import Exchange
from tests.matching.random_trading import set_references, trade_at_random

migration = import_module("matching.migrations.0002_market_data")


def test_what_has_traded_and_rests_is_taken_over(exchange: Exchange) -> None:
    set_references()
    buyers = [exchange.alice, exchange.bob]
    for _ in trade_at_random(seed=5, steps=80, sites=[exchange.north, exchange.south], buyers=buyers):
        exchange.matcher.drain()
    for model in (Contract, Candle, MarketEvent, EventNumber):
        model.objects.all().delete()
    assert list(find_differences()) != []
    with connection.cursor() as cursor:
        cursor.execute(migration.CONTRACTS)
        cursor.execute(migration.CANDLES)
    assert list(find_differences()) == []
