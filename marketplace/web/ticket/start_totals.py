"""What a job would cost by the hour at which it starts, from what is open now: the books of the window, site by site.

Says the same as the engine for a whole job on the books alone; what is sent is always judged by the engine itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

from matching.rules import OrderRequest

COLUMNS_MAX = 25

OPEN_ASKS = """
    SELECT o.start + slot.ordinal::int - 1 AS hour, o.site_id, o.price_fen, sum(slot.open)::bigint
    FROM matching_order o
    CROSS JOIN unnest(o.open) WITH ORDINALITY AS slot (open, ordinal)
    WHERE o.market_id = %(market)s AND o.state = 'open' AND o.side = -1 AND o.kind = 0
      AND o.participant_id <> %(participant)s AND o.price_fen IS NOT NULL
      AND o.start < %(end)s AND o.start + o.hours > %(start)s
      AND slot.open > 0 AND o.start + slot.ordinal - 1 >= %(start)s AND o.start + slot.ordinal - 1 < %(end)s
    GROUP BY 1, 2, 3
    ORDER BY 1, 3, 2
"""


@dataclass(frozen=True, slots=True)
class StartTotal:
    """One possible start: what the job costs from there, before fee and VAT; None where too little is on offer."""

    hour: int
    total_fen: int | None
    more_fen: int  # above the cheapest start
    height: int  # of its bar, in percent of the dearest start's extra
    is_lowest: bool

    @property
    def more_yuan(self) -> int:
        """The extra in whole yuan, rounded half up."""
        return (self.more_fen + 50) // 100


def start_totals(request: OrderRequest) -> list[StartTotal]:
    """The totals of the starts of a flexible job, evenly picked where there are many; empty where none is possible. One statement."""
    if not request.start_flexibility:
        return []
    totals = totals_by_start(request)
    step = -(-len(totals) // COLUMNS_MAX)
    found = [total for total in totals.values() if total is not None]
    if not found:
        return []
    least, most = min(found), max(found)
    cheapest = next(hour for hour, total in totals.items() if total == least)
    shown = [hour for hour in totals if (hour - request.start) % step == 0 or hour == cheapest]
    return [_column(hour, totals[hour], least, most, hour == cheapest) for hour in shown]


def totals_by_start(request: OrderRequest) -> dict[int, int | None]:
    """Start hour to total in fen: the cheapest site's for one site, else all sites together."""
    costs = _costs_by_site(request)
    starts = range(request.start, request.latest_start + 1)
    return {start: _cheapest(costs, range(start, start + request.hours)) for start in starts}


def _costs_by_site(request: OrderRequest) -> dict[int, dict[int, int]]:
    """Site (0: all together) to hour to the cost of the whole quantity in that hour, where there is enough."""
    left: dict[tuple[int, int], int] = defaultdict(lambda: request.quantity)
    cost: dict[int, dict[int, int]] = defaultdict(dict)
    values = {
        "market": request.market_id,
        "participant": request.participant_id,
        "start": request.start,
        "end": request.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ASKS, values)
        for hour, site_id, price_fen, quantity in cursor:
            site = site_id if request.one_site else 0
            taken = min(quantity, left[site, hour])
            left[site, hour] -= taken
            cost[site][hour] = cost[site].get(hour, 0) + taken * price_fen
    return {site: {h: fen for h, fen in hours.items() if not left[site, h]} for site, hours in cost.items()}


def _cheapest(costs: dict[int, dict[int, int]], hours: range) -> int | None:
    sums = (sum(here[hour] for hour in hours) for here in costs.values() if all(hour in here for hour in hours))
    return min(sums, default=None)


def _column(hour: int, total_fen: int | None, least: int, most: int, is_lowest: bool) -> StartTotal:
    more = 0 if total_fen is None else total_fen - least
    return StartTotal(hour, total_fen, more, round(100 * more / (most - least)) if most > least else 0, is_lowest)
