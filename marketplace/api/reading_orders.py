"""One order as the API answers it, by one statement and without making a query; two more where it has alternatives."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.models import prefetch_related_objects

from matching.models import Market, Order, Site
from matching.prepared import prepared_cursor


def read_order(*, participant_id: int, order_id: int) -> Order | None:
    """Return a participant's order with the names of its market and sites; None where it has no such order."""
    with prepared_cursor() as cursor:
        cursor.execute(statement(), [order_id, participant_id])
        row = cursor.fetchone()
    if row is None:
        return None
    *values, symbol, slug, executed_slug = row
    order = Order.from_db(connection.alias, [field.attname for field in Order._meta.concrete_fields], values)
    order.market = Market(pk=order.market_id, symbol=symbol)
    order.site = None if slug is None else Site(pk=order.site_id, slug=slug)
    order.executed_site = None if executed_slug is None else Site(pk=order.executed_site_id, slug=executed_slug)
    if order.alternative_count:
        prefetch_related_objects([order], "alternatives__market")
    return order


@cache
def statement() -> str:
    columns = ", ".join(f"o.{field.column}" for field in Order._meta.concrete_fields)
    return f"""
        SELECT {columns}, m.symbol, s.slug, e.slug
        FROM matching_order o JOIN matching_market m ON m.id = o.market_id
        LEFT JOIN matching_site s ON s.id = o.site_id LEFT JOIN matching_site e ON e.id = o.executed_site_id
        WHERE o.id = %s AND o.participant_id = %s
    """
