"""Orders as the API answers them, by one statement and without making a query; two more where some have alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import prefetch_related_objects

from matching.bulk import array_literal
from matching.models import Market, Order, Site
from matching.prepared import prepared_cursor


def read_order(*, participant_id: int, order_id: int) -> Order | None:
    """Return a participant's order with the names of its market and sites; None where it has no such order."""
    order = read_orders([order_id]).get(order_id)
    return order if order is not None and order.participant_id == participant_id else None


def read_orders(order_ids: Sequence[int]) -> dict[int, Order]:
    """Return orders, anybody's, by id."""
    if not order_ids:
        return {}
    with prepared_cursor() as cursor:
        cursor.execute(statement(), [array_literal(order_ids)])
        orders = [_order_of(row) for row in cursor.fetchall()]
    prefetch_related_objects([order for order in orders if order.alternative_count], "alternatives__market")
    return {order.pk: order for order in orders}


def _order_of(row: Sequence[Any]) -> Order:
    *values, symbol, slug, executed_slug = row
    order = Order.from_db(connection.alias, [field.attname for field in Order._meta.concrete_fields], values)
    order.market = Market(pk=order.market_id, symbol=symbol)
    order.site = None if slug is None else Site(pk=order.site_id, slug=slug)
    order.executed_site = None if executed_slug is None else Site(pk=order.executed_site_id, slug=executed_slug)
    return order


@cache
def statement() -> str:
    columns = ", ".join(f"o.{field.column}" for field in Order._meta.concrete_fields)
    return f"""
        SELECT {columns}, m.symbol, s.slug, e.slug
        FROM matching_order o JOIN matching_market m ON m.id = o.market_id
        LEFT JOIN matching_site s ON s.id = o.site_id LEFT JOIN matching_site e ON e.id = o.executed_site_id
        WHERE o.id = ANY(%s::bigint[])
    """
