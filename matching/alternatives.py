"""Alternatives of a block bid on entry: each keeps the rules of its own market, and all markets are linked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from matching.engine.bounds import ALTERNATIVES_MAX
from matching.engine.dtypes import Kind, Side
from matching.models import Market
from matching.rules import (
    AlternativeRequest,
    OrderRequest,
    UnableToPlaceOrder,
    UnknownMarket,
    effective_expires_at,
    find_fault,
)


class AlternativesNotAllowed(UnableToPlaceOrder):
    """An ask would have to commit capacity at several sites; an hourly order trades each hour by itself."""

    code = "alternatives_not_allowed"
    field = "alternatives"
    sentence = _("Only a bid for all its hours or nothing, with a limit, can name alternatives. Leave them out.")


class TooManyAlternatives(UnableToPlaceOrder):
    code = "too_many_alternatives"
    field = "alternatives"
    sentence = _("An order can name up to %(high)s alternatives.")


class MarketsNotLinked(UnableToPlaceOrder):
    """`linked` are the symbols of the markets that may be combined with the order's own."""

    code = "markets_not_linked"
    sentence = _("%(market)s cannot be an alternative of %(home)s. Alternatives of it can be in %(linked)s.")


def markets_named(request: OrderRequest) -> Iterator[int]:
    """Yield the id of every market that a request names, its own first."""
    yield request.market_id
    for alternative in request.alternatives:
        yield alternative.market_id


def as_order(request: OrderRequest, alternative: AlternativeRequest) -> OrderRequest:
    """Return an alternative as an order in full."""
    return replace(
        request,
        market_id=alternative.market_id,
        start=alternative.start,
        start_flexibility=alternative.start_flexibility,
        price_fen=alternative.price_fen,
        alternatives=(),
    )


def expires_at_of(request: OrderRequest, markets: Mapping[int, Market]) -> datetime | None:
    """Return when a GTD order ends: its time, or the last gate of all its alternatives where that comes first."""
    orders = [request, *(as_order(request, alternative) for alternative in request.alternatives)]
    ends = [effective_expires_at(order, markets[order.market_id]) for order in orders if order.market_id in markets]
    return max((end for end in ends if end is not None), default=None)


def find_alternatives_fault(
    *, request: OrderRequest, markets: Mapping[int, Market], now: datetime
) -> UnableToPlaceOrder | None:
    """Return the first rule that a request's alternatives break, None when they keep them all; `field` names the alternative."""
    if not request.alternatives:
        return None
    if request.side != Side.BID or request.kind != Kind.BLOCK or request.price_fen is None:
        return AlternativesNotAllowed()
    if len(request.alternatives) > ALTERNATIVES_MAX:
        return TooManyAlternatives(high=ALTERNATIVES_MAX)
    for place, alternative in enumerate(request.alternatives, start=1):
        fault = fault_of(request, alternative, markets, now)
        if fault is not None:
            return fault.of_alternative(place)
    return None


def fault_of(
    request: OrderRequest, alternative: AlternativeRequest, markets: Mapping[int, Market], now: datetime
) -> UnableToPlaceOrder | None:
    home, market = markets[request.market_id], markets.get(alternative.market_id)
    if market is None:
        return UnknownMarket()
    if market.link_group != home.link_group:
        linked = Market.objects.filter(link_group=home.link_group).values_list("symbol", flat=True)
        return MarketsNotLinked(field="market", market=market.symbol, home=home.symbol, linked=", ".join(linked))
    return find_fault(request=as_order(request, alternative), market=market, site=None, now=now)
