"""Pages that many people open at once, beside an empty Django view on the same server; docs/bench.md says what each row means.

`python -m tests.bench web`. WEB_BENCH_OFFERS (10,000) are on offer, WEB_BENCH_CLIENTS (16) ask as fast as they are answered,
as browsers without a session do. Each page is measured twice: in a still market, and while one public event after another moves it.
Then a market's page stays open in a browser under a thousand updates a second for WEB_BENCH_PAGE_SECONDS (300).
"""

from __future__ import annotations

import os
import sys

from tests.bench.engine.rounds import Row, row

OFFERS = int(os.environ.get("WEB_BENCH_OFFERS", "10000"))
CLIENTS = int(os.environ.get("WEB_BENCH_CLIENTS", "16"))


def measure() -> list[Row]:
    """Return p50, p99 and requests/s of each page, still and moving."""
    import django

    django.setup()
    from tests.bench.pipeline.exchange import new_exchange
    from tests.bench.pipeline.web_server import web_server
    from tests.bench.web.live_page import measure_live_page
    from tests.bench.web.moving import moving
    from tests.bench.web.offers import fill
    from tests.bench.web.pages import addresses
    from tests.bench.web.visitors import visit

    with new_exchange() as exchange:
        fill(exchange, OFFERS)
        with web_server("tests.bench.web.empty_asgi", exchange.database) as empty:
            peer = visit(empty, "/", clients=CLIENTS)
        rows = _rows("an empty view", peer, peer)[2:]
        with web_server("marketplace.asgi", exchange.database) as port:
            for name, address in addresses(exchange):
                rows += _rows(name, visit(port, address, clients=CLIENTS), peer)
                with moving(exchange):
                    rows += _rows(f"{name}, 10 batches/s", visit(port, address, clients=CLIENTS), peer)
            rows += measure_live_page(exchange, port)
    return rows


def _rows(name: str, found: dict[str, float], peer: dict[str, float]) -> list[Row]:
    rows = [
        row(
            f"{name}, {figure}",
            found[figure],
            "requests/s" if figure == "requests/s" else "ms",
            "an empty Django view",
            peer[figure],
            part="web",
        )
        for figure in ("p50", "p99", "requests/s")
    ]
    for each in rows:
        print(*each.values(), file=sys.stderr, flush=True)
    return rows
