"""A market's page under a thousand updates a second: it must know every one, and neither grow nor stutter. By `make soak`."""

from __future__ import annotations

import os
import time
from threading import Event, Thread

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from matching.models import BookLevel, EventNumber
from tests.browser.exchange import Exchange
from tests.browser.person import Person
from tests.browser.test_live import list_hours, market_page
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.soak]

UPDATES_A_SECOND = 1000
BATCHES_A_SECOND = 50
SECONDS = int(os.environ.get("SOAK_PAGE_SECONDS", "60"))
IDLE_MS = 10_000
GROWTH_MAX_BYTES = 8_000_000

# Levels of 24 hours, 20 prices a side, each moved to a new quantity as a matcher's batch would.
UPDATE_LEVELS = """
    WITH drawn AS (
        SELECT DISTINCT ON (hour, price) %(start)s + (random() * 23)::int AS hour, 800 + 10 * (random() * 39)::int AS price,
               1 + (random() * 60)::int AS quantity
        FROM generate_series(1, %(count)s)
    ), changed AS (
        MERGE INTO matching_booklevel l
        USING (SELECT hour, price, quantity, CASE WHEN price < 1000 THEN 1 ELSE -1 END AS side FROM drawn) AS v
        ON l.market_id = %(market)s AND l.hour = v.hour AND l.side = v.side AND l.price_fen = v.price
        WHEN MATCHED THEN UPDATE SET quantity = v.quantity
        WHEN NOT MATCHED THEN INSERT (market_id, hour, side, price_fen, quantity, orders)
            VALUES (%(market)s, v.hour, v.side, v.price, v.quantity, 1)
        RETURNING v.hour, v.side, v.price, v.quantity
    ), counted AS (SELECT *, row_number() OVER () AS place, count(*) OVER () AS total FROM changed
    ), moved AS (
        UPDATE matching_eventnumber SET number = number + (SELECT count(*) FROM changed) WHERE market_id = %(market)s
        RETURNING number
    ), told AS (
        INSERT INTO matching_marketevent (market_id, number, at, hour, price_fen, quantity, orders, event, side)
        SELECT %(market)s, m.number - c.total + c.place, now(), c.hour, c.price, c.quantity, 1, 1, c.side FROM moved m, counted c
    )
    SELECT pg_notify('market_events', json_build_object('market', %(market)s::int, 'number', number)::text) FROM moved
"""

COUNT_FRAMES = """() => {
    window.frames_seen = {frames: 0, late: 0, worst: 0};
    let last = performance.now();
    const frame = (now) => {
        const gap = now - last; last = now;
        frames_seen.frames += 1;
        frames_seen.late += Math.max(0, Math.round(gap / (1000 / 60)) - 1);
        frames_seen.worst = Math.max(frames_seen.worst, gap);
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""


def update(market_id: int, start: int, stop: Event) -> None:
    due = time.monotonic()
    values = {"market": market_id, "start": start, "count": UPDATES_A_SECOND // BATCHES_A_SECOND}
    while not stop.is_set():
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_LEVELS, values)
        due += 1 / BATCHES_A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
    connection.close()


def test_a_page_stands_a_thousand_updates_a_second(
    browser: Browser, web: WebServer, exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = list_hours(exchange, quantity=24, price_fen=1234)
    watcher = Person(browser, web.url)
    page = market_page(watcher, exchange, hour)
    devtools = page.context.new_cdp_session(page)

    def heap() -> int:
        devtools.send("HeapProfiler.collectGarbage")
        return int(devtools.send("Runtime.getHeapUsage")["usedSize"])

    page.evaluate(COUNT_FRAMES)
    page.wait_for_timeout(IDLE_MS)
    idle = page.evaluate("frames_seen.frames") / (IDLE_MS / 1000)
    stop = Event()
    Thread(target=update, args=(exchange.market.pk, hour, stop), daemon=True).start()
    page.wait_for_timeout(5_000)
    before, first = heap(), EventNumber.objects.get(market=exchange.market).number
    page.evaluate("frames_seen = {frames: 0, late: 0, worst: 0}")
    page.wait_for_timeout(1000 * SECONDS)
    frames = page.evaluate("frames_seen")
    last = EventNumber.objects.get(market=exchange.market).number
    growth = heap() - before
    stop.set()
    time.sleep(1)
    number = EventNumber.objects.get(market=exchange.market).number
    expect(page.locator("#market-number")).to_contain_text(f"{number:,}")
    best = BookLevel.objects.filter(market=exchange.market, hour=hour, side=-1).order_by("price_fen").first()
    assert best is not None
    expect(page.locator(".asks tr:not([hidden]) .rung").last).to_have_text(f"{best.price_fen / 100:.2f}")
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{(last - first) / SECONDS:,.0f} updates/s for {SECONDS} s: {frames['frames']:,} frames, {frames['late']:,} dropped, "
            f"{frames['frames'] / SECONDS:.0f} a second (idle {idle:.0f}), longest {frames['worst']:.0f} ms; heap {before / 1e6:.1f} MB, grown by {growth / 1e6:+.1f} MB"
        )
    assert growth < GROWTH_MAX_BYTES
    assert watcher.errors == []
