"""Why a live order has not filled, in numbers, for a whole list at once: two queries, whatever the number of rows.

Reads the public book. A block is judged on the asks of all sites, so its sentence is about price and quantity; the
order's own page asks the engine itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.web.templatetags.hours import hour_text
from marketplace.web.templatetags.numbers import yuan
from matching.engine.dtypes import Kind, Side
from matching.halted import halt_of_hours, halts_by_market, sentence_of
from matching.models import BookLevel, Halt, Order

Levels = dict[tuple[int, int, int], list[tuple[int, int]]]
"""(market, hour, side) -> [(price_fen, quantity)], best price first."""


def outlooks(orders: Sequence[Order]) -> dict[int, str]:
    """A sentence for each live order that is still open, by order id."""
    live = [order for order in orders if order.is_live and order.price_fen is not None]
    levels = _levels_against(live)
    halts = halts_by_market({order.market_id for order in live}) if live else {}
    return {order.pk: halt_outlook(order, halts) or _outlook(order, levels) for order in live}


def halt_outlook(order: Order, halts: Mapping[int, Sequence[Halt]]) -> str:
    """A sentence where a halt keeps an open order from trading in each hour that it could use; `halts` by market."""
    found = halts.get(order.market_id, ())
    hours = range(order.start, _last_hour(order))
    if order.state != Order.State.OPEN or not found or not all(halt_of_hours(found, [hour]) for hour in hours):
        return ""
    halt = halt_of_hours(found, hours)
    return sentence_of(halt) if halt is not None else ""


def _levels_against(orders: Iterable[Order]) -> Levels:
    wanted = [
        Q(market_id=order.market_id, side=-order.side, hour__gte=order.start, hour__lt=_last_hour(order))
        for order in orders
    ]
    levels: Levels = defaultdict(list)
    if wanted:
        rows = BookLevel.objects.filter(reduce(or_, wanted)).values_list(
            "market_id", "hour", "side", "price_fen", "quantity"
        )
        for market_id, hour, side, price_fen, quantity in rows:
            levels[market_id, hour, side].append((price_fen, quantity))
    for (_market, _hour, side), found in levels.items():
        found.sort(reverse=side == Side.BID)
    return levels


def _last_hour(order: Order) -> int:
    return order.start + order.hours + order.start_flexibility


def _outlook(order: Order, levels: Levels) -> str:
    if order.state == Order.State.PENDING:
        return _("Accepted, in line for the matcher.")
    return _hourly_outlook(order, levels) if order.kind == Kind.HOURLY else _block_outlook(order, levels)


def _hourly_outlook(order: Order, levels: Levels) -> str:
    """The hour whose best opposite price comes closest."""
    assert order.price_fen is not None
    best = [
        (order.side * (found[0][0] - order.price_fen), hour, found[0][0])
        for index, hour in enumerate(range(order.start, order.start + order.hours))
        if order.open[index] and (found := levels.get((order.market_id, hour, -order.side)))
    ]
    if not best:
        if order.side == Side.BID:
            return _("Nobody has listed these hours yet.")
        return _("No bid rests in these hours yet.")
    _gap, hour, price_fen = min(best)
    values = {"price": yuan(price_fen), "hour": hour_text(hour), "limit": yuan(order.price_fen)}
    if order.side == Side.BID:
        return _("Best ask %(price)s at %(hour)s; your limit is %(limit)s.") % values
    return _("Best bid %(price)s at %(hour)s; your price is %(limit)s.") % values


def _block_outlook(order: Order, levels: Levels) -> str:
    """The cheapest start if any has enough in every hour, else the start that lacks the fewest hours."""
    assert order.price_fen is not None
    quantity = order.open[0]
    span = range(order.start, _last_hour(order))
    offered = [levels.get((order.market_id, hour, -order.side), []) for hour in span]
    values = [_take(found, quantity) for found in offered]
    short = list(accumulate((value is None for value in values), initial=0))
    total = list(accumulate((value or 0 for value in values), initial=0))
    starts = range(order.start_flexibility + 1)
    complete = [i for i in starts if short[i + order.hours] == short[i]]
    if not complete:
        first = min(starts, key=lambda i: short[i + order.hours] - short[i])
        return _shortage(order, quantity, offered[first : first + order.hours], span[first])
    totals = [total[i + order.hours] - total[i] for i in complete]
    accelerator_hours = quantity * order.hours
    if order.side == Side.ASK:
        values_fen = {"price": yuan(max(totals) // accelerator_hours), "limit": yuan(order.price_fen)}
        return _("Bids average %(price)s; your limit is %(limit)s.") % values_fen
    average_fen = -(-min(totals) // accelerator_hours)
    if average_fen <= order.price_fen:
        return _("Enough is listed at %(price)s, but not at one site.") % {"price": yuan(average_fen)}
    return _("Asks average %(price)s; your limit is %(limit)s.") % {
        "price": yuan(average_fen),
        "limit": yuan(order.price_fen),
    }


def _take(found: Sequence[tuple[int, int]], quantity: int) -> int | None:
    """What `quantity` costs in one hour, best price first, in fen; None when there is not enough."""
    value = 0
    for price_fen, available in found:
        taken = min(quantity, available)
        value += taken * price_fen
        quantity -= taken
        if not quantity:
            return value
    return None


def _shortage(order: Order, quantity: int, offered: Sequence[Sequence[tuple[int, int]]], start: int) -> str:
    sums = [sum(available for _price, available in found) for found in offered]
    short = [index for index, available in enumerate(sums) if available < quantity]
    least = min(short, key=lambda index: sums[index])
    if sums[least] == 0 and len(short) == len(sums):
        if order.side == Side.BID:
            return _("Nobody has listed these hours yet.")
        return _("No bid rests in these hours yet.")
    return ngettext(
        "%(count)s hour is short of %(quantity)s: at %(hour)s there are %(least)s.",
        "%(count)s hours are short of %(quantity)s: at %(hour)s there are as few as %(least)s.",
        len(short),
    ) % {"count": len(short), "quantity": quantity, "hour": hour_text(start + least), "least": sums[least]}
