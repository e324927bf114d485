"""What has changed for the participants that are connected: orders and trades by the markets' sequence, balances by comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F, Q

from billing.models import Account
from marketplace.api.serializers.order import OrderSerializer
from marketplace.api.serializers.trade import TradeSerializer
from matching.models import Market, Order, Trade

LIVE_ORDERS_SHOWN = 500
SEQUENCES_A_READ = 20_000

Sequences = dict[int, int]
"""Market -> the last sequence that has been looked at."""


@dataclass(slots=True)
class OwnNews:
    """What one participant is told."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    trades: list[dict[str, Any]] = field(default_factory=list)


class TooFarBehind(Exception):
    """So much has happened since that a snapshot is cheaper."""


def read_sequences() -> Sequences:
    """Return how far each market's log has come."""
    return dict(Market.objects.values_list("id", "sequence"))


CHANGED_ORDERS = """
    WITH moved AS (SELECT * FROM unnest(%(markets)s::int[], %(after)s::bigint[], %(until)s::bigint[]) AS v (market_id, after, until)),
    touched AS (
        SELECT c.order_id FROM moved m JOIN matching_command c
            ON c.market_id = m.market_id AND c.sequence > m.after AND c.sequence <= m.until
        UNION
        SELECT e.order_id FROM moved m JOIN matching_orderevent e
            ON e.market_id = m.market_id AND e.sequence > m.after AND e.sequence <= m.until
        UNION
        SELECT unnest(ARRAY[t.bid_id, t.ask_id]) FROM moved m JOIN matching_trade t
            ON t.market_id = m.market_id AND t.sequence > m.after AND t.sequence <= m.until
            AND (t.buyer_id = ANY(%(participants)s) OR t.seller_id = ANY(%(participants)s))
    )
    SELECT o.id FROM touched JOIN matching_order o ON o.id = touched.order_id
    WHERE o.participant_id = ANY(%(participants)s)
"""


def read_news(participants: Collection[int], after: Sequences) -> tuple[Sequences, Mapping[int, OwnNews]]:
    """Return how far the logs are now, and what `participants` are told of what came in between; at most four statements.

    Raises TooFarBehind.
    """
    until = read_sequences()
    moved = {market: sequence for market, sequence in until.items() if sequence > after.get(market, 0)}
    if not moved or not participants:
        return until, {}
    if sum(sequence - after.get(market, 0) for market, sequence in moved.items()) > SEQUENCES_A_READ:
        raise TooFarBehind
    news: defaultdict[int, OwnNews] = defaultdict(OwnNews)
    values = {
        "participants": list(participants),
        "markets": list(moved),
        "after": [after.get(market, 0) for market in moved],
        "until": list(moved.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(CHANGED_ORDERS, values)
        changed = [row[0] for row in cursor.fetchall()]
    for order in _orders().filter(pk__in=changed).order_by("id"):
        news[order.participant_id].orders.append(order_body(order))
    for trade in _trades_in(moved, after, participants):
        for participant in {trade.buyer_id, trade.seller_id} & set(participants):
            context = {"participant_id": participant}
            news[participant].trades.append(dict(TradeSerializer(trade, context=context).data))
    return until, news


def _trades_in(moved: Sequences, after: Sequences, participants: Collection[int]) -> list[Trade]:
    spans = Q()
    for market, sequence in moved.items():
        spans |= Q(market_id=market, sequence__gt=after.get(market, 0), sequence__lte=sequence)
    mine = Q(buyer_id__in=participants) | Q(seller_id__in=participants)
    return list(Trade.objects.filter(spans, mine).select_related("market", "site").order_by("id"))


def live_orders(participant_id: int) -> list[dict[str, Any]]:
    """The participant's newest live orders."""
    live = _orders().filter(participant_id=participant_id, state__in=(Order.State.PENDING, Order.State.OPEN))
    return [order_body(order) for order in live.order_by("-id")[:LIVE_ORDERS_SHOWN]]


def order_body(order: Order) -> dict[str, Any]:
    """An order as the REST API has it."""
    return dict(OrderSerializer(order).data)


def _orders() -> Any:
    return Order.objects.select_related("market", "site", "executed_site")


def read_balances(participants: Collection[int]) -> dict[int, dict[str, int]]:
    """The balances as the REST API has them; one statement, zeros before the first movement."""
    empty = {"available_fen": 0, "held_fen": 0, "credit_fen": 0, "funds_fen": 0, "payable_fen": 0}
    balances = {participant: dict(empty) for participant in participants}
    accounts = Account.objects.filter(
        participant_id__in=participants, kind__in=(Account.Kind.FUNDS, Account.Kind.PAYABLE)
    ).annotate(posted_fen=F("credits_posted") - F("debits_posted"))
    for account in accounts:
        balance = balances[account.participant_id]  # type: ignore[index]  # these kinds belong to somebody
        if account.kind == Account.Kind.FUNDS:
            balance |= {
                "available_fen": account.available_fen,
                "held_fen": account.debits_pending,
                "credit_fen": account.credit_fen,
                "funds_fen": account.posted_fen,
            }
        else:
            balance["payable_fen"] = account.posted_fen
    return balances
