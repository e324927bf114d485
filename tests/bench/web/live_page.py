"""A market's page that stays open under a thousand updates a second, in a real Chromium."""

from __future__ import annotations

import os
import sys

from playwright.sync_api import expect

from matching.models import Market
from tests.bench.engine.rounds import Row, row
from tests.bench.pipeline.exchange import Exchange
from tests.browser.chromium import find_chromium, run_chromium
from tests.browser.live_page import GROWTH_MAX_BYTES, Watched, watch_page

SECONDS = float(os.environ.get("WEB_BENCH_PAGE_SECONDS", "300"))


def measure_live_page(exchange: Exchange, port: int) -> list[Row]:
    """Return frames a second, frames dropped, the longest frame and the heap's growth; nothing where the machine has no Chromium."""
    if find_chromium() is None:
        print("There is no Chromium, so the live page is not measured.", file=sys.stderr)
        return []
    # Playwright's synchronous API runs an event loop in this thread; the ORM calls around it are not inside it.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    market = Market.objects.get(pk=exchange.markets[0])
    with run_chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"http://127.0.0.1:{port}/markets/{market.symbol}/?hour={exchange.first_hour}")
        expect(page.locator("#market-number")).not_to_be_empty(timeout=30_000)
        watched = watch_page(page, market_id=market.pk, start=exchange.first_hour, seconds=SECONDS)
    print(watched, file=sys.stderr)
    return rows_of(watched)


def rows_of(watched: Watched) -> list[Row]:
    name = f"live page at {watched.updates / watched.seconds:,.0f} updates/s for {watched.seconds:.0f} s"
    shown, due = watched.frames / watched.seconds, watched.frames + watched.dropped
    growth, limit = watched.heap_growth_bytes / 1e6, GROWTH_MAX_BYTES / 1e6
    idle = watched.idle_frames_a_second
    return [
        row(f"{name}, frames", shown, "frames/s", "the same page without updates", idle, part="web"),
        row(f"{name}, frames dropped", watched.dropped, "frames", "frames due", due, part="web"),
        row(f"{name}, longest frame", watched.longest_ms, "ms", part="web"),
        row(f"{name}, heap growth", growth, "MB", "limit", limit, part="web"),
    ]
