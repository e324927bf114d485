"""A past week in which every buyer bought in nineteen markets: settled and invoiced, so that each invoice has twenty lines."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from billing.clearing import clear
from billing.funds import deposit_funds
from billing.invoicing import issue_invoices
from billing.models import Invoice
from billing.period import period_of
from billing.settlement import settle_delivered
from matching.engine.dtypes import Side
from matching.hours import hour_of
from matching.models import ComputeClass, Hub, Market, Participant, Site
from tests.bench.pipeline.exchange import DEPOSIT_FEN, Exchange

MARKETS = 19
"""With the fee, twenty lines."""

# No two buyers have the same numbers: what one document has in common with another is names and words.
TRADES = f"""
    INSERT INTO matching_trade (id, market_id, sequence, ordinal, bid_id, ask_id, taker_side, buyer_id, seller_id, site_id, start,
        hours, quantity, price_fen, traded_at)
    SELECT nextval(pg_get_serial_sequence('matching_trade', 'id')), s.market_id, row_number() OVER (), 0, 1, 2, {Side.BID.value},
        b.id, s.provider_id, s.id, %(week)s + (b.id * 7 + s.place * 24)::int %% 160, 8, 1 + (b.id * 7919 + s.place * 31)::int %% 97,
        800 + (b.id * 104729 + s.place * 613)::int %% 997, now()
    FROM (SELECT id FROM matching_participant WHERE buys ORDER BY id LIMIT %(buyers)s) AS b
    CROSS JOIN (SELECT DISTINCT ON (market_id) *, dense_rank() OVER (ORDER BY market_id) AS place FROM matching_site) AS s
"""


def invoice_a_week(*, exchange: Exchange, documents: int) -> list[int]:
    """Trade, settle and invoice the last whole week but one for `documents` buyers; return their invoices' ids."""
    now = datetime.now(UTC)
    week = period_of(hour_of(now) - 336)[0]
    _add_markets(now)
    _add_buyers(documents - len(exchange.buyers), now)
    with connection.cursor() as cursor:
        cursor.execute(TRADES, {"week": week, "buyers": documents})
        cursor.execute("UPDATE matching_market SET sequence = %s, closed_until = %s", [cursor.rowcount, week + 168])
    clear(now=now)
    settle_delivered(until_hour=week + 168, now=now)
    issue_invoices(period_start=week, now=now)
    return list(Invoice.objects.filter(kind=Invoice.Kind.INVOICE).order_by("pk").values_list("pk", flat=True))


def _add_markets(now: datetime) -> None:
    hub = Hub.objects.get(slug="bench")
    provider_id = Site.objects.values_list("provider_id", flat=True)[0]
    for n in range(Market.objects.count(), MARKETS):
        kind = ComputeClass.objects.create(slug=f"class-{n}", name=f"Class {n}", vendor="None")
        market = Market.objects.create(symbol=f"class-{n}.bench", compute_class=kind, hub=hub)
        Site.objects.create(
            slug=f"more-{n}",
            identifier=f"more-{n}",
            name=f"Site {n}",
            provider_id=provider_id,
            market=market,
            accelerators=1_000,
            created_at=now,
        )


def _add_buyers(count: int, now: datetime) -> None:
    more = Participant.objects.bulk_create(
        Participant(slug=f"more-{n:04d}", name=f"More {n}", buys=True, created_at=now) for n in range(count)
    )
    for buyer in more:
        deposit_funds(participant_id=buyer.pk, amount_fen=DEPOSIT_FEN, key=f"bench:{buyer.pk}", now=now)
