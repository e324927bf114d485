"""A market's page under a thousand updates a second: it must know every one and must not grow. By `make soak`."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser, expect

from matching.models import BookLevel
from tests.browser.exchange import Exchange
from tests.browser.live_page import GROWTH_MAX_BYTES, number_of, watch_page
from tests.browser.person import Person
from tests.browser.test_live import list_hours, market_page
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.soak]

SECONDS = float(os.environ.get("SOAK_PAGE_SECONDS", "60"))


def test_a_page_stands_a_thousand_updates_a_second(
    browser: Browser, web: WebServer, exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = list_hours(exchange, quantity=24, price_fen=1234)
    watcher = Person(browser, web.url)
    page = market_page(watcher, exchange, hour)
    watched = watch_page(page, market_id=exchange.market.pk, start=hour, seconds=SECONDS)
    with capsys.disabled():
        print(f"\n{watched}")  # noqa: T201
    expect(page.locator("#market-number")).to_contain_text(f"{number_of(exchange.market.pk):,}")
    best = BookLevel.objects.filter(market=exchange.market, hour=hour, side=-1).order_by("price_fen").first()
    assert best is not None
    expect(page.locator(".asks tr:not([hidden]) .rung").last).to_have_text(f"{best.price_fen / 100:.2f}")
    assert watched.heap_growth_bytes < GROWTH_MAX_BYTES
    assert watcher.errors == []
