"""A market's page that stays open under a thousand updates a second, in a real Chromium."""

from __future__ import annotations

import os
import sys

from playwright.sync_api import expect

from matching.models import Market
from tests.bench.engine.rounds import Row, rounded
from tests.bench.pipeline.exchange import Exchange
from tests.browser.chromium import find_chromium, run_chromium
from tests.browser.live_page import Watched, watch_page

SECONDS = float(os.environ.get("WEB_BENCH_PAGE_SECONDS", "300"))
GROWTH_MAX_MB = 3


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
    name = f"web: live page at {watched.updates / watched.seconds:,.0f} updates/s for {watched.seconds:.0f} s"
    shown, idle = watched.frames / watched.seconds, watched.idle_frames_a_second
    drawn = watched.frames + watched.dropped
    return [
        _row(f"{name}, frames", rounded(shown), "frames/s", "the same page without updates", rounded(idle)),
        _row(f"{name}, frames dropped", watched.dropped, "frames", "frames due", drawn),
        _row(f"{name}, longest frame", rounded(watched.longest_ms), "ms", None, None),
        _row(f"{name}, heap growth", rounded(watched.heap_growth_bytes / 1e6), "MB", "limit", GROWTH_MAX_MB),
    ]


def _row(name: str, value: float, unit: str, peer: str | None, peer_value: float | None) -> Row:
    return {"name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value}
