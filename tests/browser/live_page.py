"""A market's page under a thousand updates a second, as the soak and the bench measure it: frames dropped, and whether its memory grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from django.db import connection
from playwright.sync_api import Page

from matching.models import EventNumber

UPDATES_A_SECOND = 1000
BATCHES_A_SECOND = 50
IDLE_S = 10
WARM_UP_S = 30
"""Until every level is there and the page's code is compiled, which is memory too."""

LOOKS = 5
"""How often the heap is looked at after the first time, at equal distances."""

COLLECTIONS = 7
"""A look at the heap is the least of so many: messages go on coming, and what the last one needed for a moment is not kept."""

GROWTH_MAX_BYTES = 3_000_000
"""A page that kept 16 bytes of each update would grow by five megabytes in five minutes."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What was seen of a page: numbers over `seconds`, the heap in bytes after a collection of garbage, looked at in turn."""

    seconds: float
    updates: int
    frames: int
    dropped: int
    longest_ms: float
    idle_frames_a_second: float
    heap_bytes: list[int]

    @property
    def heap_growth_bytes(self) -> int:
        """From the first look to the last."""
        return self.heap_bytes[-1] - self.heap_bytes[0]

    def __str__(self) -> str:
        heap = ", ".join(f"{size / 1e6:.1f}" for size in self.heap_bytes)
        return (
            f"{self.updates / self.seconds:,.0f} updates/s for {self.seconds:.0f} s: {self.frames:,} frames, {self.dropped:,} dropped, "
            f"{self.frames / self.seconds:.0f} a second (idle {self.idle_frames_a_second:.0f}), longest {self.longest_ms:.0f} ms; "
            f"heap in MB: {heap}"
        )


def watch_page(page: Page, *, market_id: int, start: int, seconds: float) -> Watched:
    """Update 24 hours from `start` on, a thousand times a second, and watch a market's page that is open meanwhile."""
    devtools = page.context.new_cdp_session(page)

    def heap_bytes() -> int:
        return min(heap_bytes_now() for _ in range(COLLECTIONS))

    def heap_bytes_now() -> int:
        devtools.send("HeapProfiler.collectGarbage")
        return int(devtools.send("Runtime.getHeapUsage")["usedSize"])

    page.evaluate(COUNT_FRAMES)
    page.wait_for_timeout(1000 * IDLE_S)
    idle = page.evaluate("frames_seen.frames") / IDLE_S
    with updating(market_id, start):
        page.wait_for_timeout(1000 * WARM_UP_S)
        heap, first, began = [heap_bytes()], number_of(market_id), time.monotonic()
        page.evaluate("frames_seen = {frames: 0, late: 0, worst: 0}")
        for _ in range(LOOKS):
            page.wait_for_timeout(1000 * seconds / LOOKS)
            heap.append(heap_bytes())
        frames = page.evaluate("frames_seen")
        took_s, last = time.monotonic() - began, number_of(market_id)
    return Watched(
        seconds=took_s, updates=last - first, frames=frames["frames"], dropped=frames["late"], longest_ms=frames["worst"],
        idle_frames_a_second=idle, heap_bytes=heap,
    )  # fmt: skip


@contextmanager
def updating(market_id: int, start: int) -> Iterator[None]:
    """Update a market until left."""
    stop = Event()
    thread = Thread(target=update, args=(market_id, start, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def update(market_id: int, start: int, stop: Event) -> None:
    due = time.monotonic()
    values = {"market": market_id, "start": start, "count": UPDATES_A_SECOND // BATCHES_A_SECOND}
    while not stop.is_set():
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_LEVELS, values)
        due += 1 / BATCHES_A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
    connection.close()


def number_of(market_id: int) -> int:
    """The number of a market's last event."""
    return EventNumber.objects.get(market=market_id).number
