"""What an owner may do to end an order that is out: cancel it, cancel all; each passes the matcher's inbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from matching.engine.dtypes import Do
from matching.entry import LIVE
from matching.inbox import wake_matcher
from matching.models import Command, Order
from matching.refusal import Refusal


class UnableToCancelOrder(Refusal):
    """Why an order cannot be cancelled, or replaced."""

    code = "unable_to_cancel_order"


class OrderNotFound(UnableToCancelOrder):
    code = "order_not_found"
    sentence = _("You have no order with this number. Look it up in your orders.")


class OrderAlreadyGone(UnableToCancelOrder):
    code = "order_already_gone"
    sentence = _("This order is no longer open: it was filled, cancelled, refused or has expired.")


def cancel_order(*, participant_id: int, order_id: int, now: datetime) -> None:
    """Ask the matcher to cancel what is still open of an order; raises OrderNotFound, OrderAlreadyGone.

    What trades before the matcher reads it stays traded.
    """
    (verdict,) = cancel_orders(participant_id=participant_id, order_ids=[order_id], now=now)
    if verdict is not None:
        raise verdict


@transaction.atomic
def cancel_orders(
    *, participant_id: int, order_ids: Sequence[int], now: datetime
) -> list[OrderNotFound | OrderAlreadyGone | None]:
    """Ask the matcher to cancel each order, or say why not, in the order given; three statements however many."""
    mine = Order.objects.filter(participant_id=participant_id).order_by().in_bulk(set(order_ids))
    Command.objects.bulk_create(
        Command(market_id=order.market_id, do=Do.CANCEL, order=order, at=now)
        for order in mine.values()
        if order.is_live
    )
    wake_matcher()
    return [verdict_on(mine.get(order_id)) for order_id in order_ids]


def verdict_on(order: Order | None) -> OrderNotFound | OrderAlreadyGone | None:
    if order is None:
        return OrderNotFound()
    return None if order.is_live else OrderAlreadyGone()


MASS_CANCEL = """
    WITH live AS (
        SELECT market_id, count(*) AS orders FROM matching_order
        WHERE participant_id = %(participant)s AND state = ANY(%(live)s)
          AND (%(market)s::int IS NULL OR market_id = %(market)s)
        GROUP BY market_id
    ), command AS (
        INSERT INTO matching_command (market_id, "do", participant_id, at)
        SELECT market_id, %(mass_cancel)s, %(participant)s, %(now)s FROM live ORDER BY market_id
    )
    SELECT coalesce(sum(orders), 0)::bigint, pg_notify('matcher', '') FROM live
"""


def mass_cancel(*, participant_id: int, market_id: int | None = None, now: datetime) -> int:
    """Ask the matcher to cancel a participant's every open order, in one market or in all; returns how many are open now."""
    values = {
        "participant": participant_id,
        "market": market_id,
        "live": [str(state) for state in LIVE],
        "mass_cancel": int(Do.MASS_CANCEL),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(MASS_CANCEL, values)
        (orders, _woken) = cursor.fetchone()
    return int(orders)
