"""What is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from matching.models import Market
from tests.bench.pipeline.exchange import Exchange


def addresses(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield names of pages and their addresses; the preview is asked for as it is while somebody types."""
    symbol = Market.objects.get(pk=exchange.markets[0]).symbol
    yield "market overview", "/markets/"
    yield "catalogue of 10,000 offers", "/"
    yield "market page", f"/markets/{symbol}/"
    yield (
        "preview of a job",
        f"/buy/?market={symbol}&accelerators=8&hours=12&start={exchange.first_hour + 6}&price=best",
    )
