"""Why an order would not fill, in numbers: how far its limit is off, or which hours lack how much and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from matching.engine.dtypes import Kind, Side
from matching.hours import moment_of
from matching.models import Order
from matching.refusal import Fen, shown
from matching.rules import OrderRequest


@dataclass(frozen=True, slots=True)
class Fill:
    """One hour of a previewed trade."""

    hour: int
    price_fen: int
    quantity: int  # accelerators
    site_id: int


@dataclass(frozen=True, slots=True)
class Lack:
    """An hour that has too little for an order: accelerators available and needed, and the best price on offer there."""

    hour: int
    available: int  # an hourly order: within its limit
    needed: int
    best_fen: int | None  # None where nothing is on offer

    @property
    def missing(self) -> int:
        """Accelerators missing."""
        return self.needed - self.available


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why an order would not fill in full at once; either the limit or the supply is too short.

    Limit: `best_average_fen` is the best average price at which the block would fill (rounded against the order),
    `start` and, for one site, `site_id` say where. Supply: `lacks` has the hours that are short at the start and site that come
    closest; `fits_any_site` says whether a one-site block would find enough if it gave up its one site.
    """

    side: Side
    limit_fen: int
    best_average_fen: int | None = None
    start: int | None = None
    site_id: int | None = None
    lacks: tuple[Lack, ...] = ()
    fits_any_site: bool = False

    @property
    def short_fen(self) -> int | None:
        """By how much per accelerator-hour the limit misses the best average; None where the supply is short."""
        return None if self.best_average_fen is None else abs(self.best_average_fen - self.limit_fen)

    @property
    def missing(self) -> int:
        """Accelerator-hours missing."""
        return sum(lack.missing for lack in self.lacks)

    def sentence(self) -> str:
        """Say it to a person."""
        values: dict[str, object]
        if self.short_fen is not None:
            values = {"short": Fen(self.short_fen), "average": Fen(self.best_average_fen or 0)}
            return told(
                _("The limit is %(short)s an accelerator-hour short: the best average on offer is %(average)s.")
                if self.side == Side.BID
                else _("The limit is %(short)s an accelerator-hour too high: the best average bid is %(average)s."),
                values,
            )
        worst = max(self.lacks, key=lambda lack: lack.missing, default=None)
        if worst is None:
            return _("Nothing would trade at once.")
        values = {
            "hours": len(self.lacks),
            "start": moment_of(worst.hour),
            "available": worst.available,
            "needed": worst.needed,
        }
        sentence = told(
            _(
                "Too little is on offer in %(hours)s hours; in the hour from %(start)s it is %(available)s of %(needed)s."
            ),
            values,
        )
        if not self.fits_any_site:
            return sentence
        return " ".join([sentence, _("Without the single site it would find enough.")])


def told(sentence: str, values: dict[str, object]) -> str:
    return sentence % {name: shown(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Supply:
    """What the other participants' hourly orders show on the other side, in one hour, at one site (0: a bid has none)."""

    hour: int
    site_id: int
    quantity: int
    within_limit: int
    best_fen: int


READ_SUPPLY = f"""
    SELECT o.start + slot.ordinal::int - 1 AS hour, coalesce(o.site_id, 0), sum(slot.shown)::bigint,
           coalesce(sum(slot.shown) FILTER (WHERE %(side)s * (%(limit)s - o.price_fen) >= 0), 0)::bigint,
           %(side)s * min(%(side)s * o.price_fen)
    FROM matching_order o
    CROSS JOIN unnest(coalesce(o.shown, o.open)) WITH ORDINALITY AS slot (shown, ordinal)
    WHERE o.state = '{Order.State.OPEN}' AND o.market_id = %(market)s AND o.side = -%(side)s
      AND o.kind = {int(Kind.HOURLY)} AND o.participant_id <> %(participant)s
      AND o.start < %(end)s AND o.start + o.hours > %(start)s
      AND slot.shown > 0 AND o.start + slot.ordinal - 1 >= %(start)s AND o.start + slot.ordinal - 1 < %(end)s
    GROUP BY 1, 2
    ORDER BY 1, 2
"""


def read_supply(*, request: OrderRequest, limit_fen: int) -> list[Supply]:
    """Return what shows for `request` to take, by hour and site."""
    values = {
        "side": int(request.side),
        "limit": limit_fen,
        "market": request.market_id,
        "participant": request.participant_id,
        "start": request.start,
        "end": request.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ_SUPPLY, values)
        return [Supply(*row) for row in cursor.fetchall()]


def explain_hourly(request: OrderRequest, limit_fen: int, fills: Sequence[Fill], supply: Sequence[Supply]) -> WhyNot:
    """Explain an hourly order: each hour that would not fill in full, with what its limit reaches there."""
    filled = dict.fromkeys(range(request.start, request.start + request.hours), 0)
    for fill in fills:
        filled[fill.hour] += fill.quantity
    within = summed(supply, "within_limit")
    best = best_prices(supply, request.side)
    lacks = tuple(
        # An own order in the way, or an all-or-nothing order, leaves more within the limit than would fill.
        Lack(hour, max(quantity, min(within.get(hour, 0), request.quantity)), request.quantity, best.get(hour))
        for hour, quantity in filled.items()
        if quantity < request.quantity
    )
    return WhyNot(side=Side(request.side), limit_fen=limit_fen, lacks=lacks)


def explain_block(
    request: OrderRequest, limit_fen: int, at_any_price: Sequence[Fill], supply: Sequence[Supply], first_open: int
) -> WhyNot:
    """Explain a block that would not fill: its limit if a better one would do, else the hours that lack accelerators."""
    side = Side(request.side)
    needs_one_site = request.one_site and side == Side.BID
    if at_any_price:
        value_fen = sum(fill.price_fen * fill.quantity for fill in at_any_price)
        average = -side * (-side * value_fen // (request.quantity * request.hours))
        site_id = at_any_price[0].site_id if needs_one_site else None
        return WhyNot(
            side=side, limit_fen=limit_fen, best_average_fen=average, start=at_any_price[0].hour, site_id=site_id
        )
    start, site_id, lacks = closest(request, supply, first_open, by_site=needs_one_site)
    fits = needs_one_site and not closest(request, supply, first_open, by_site=False)[2]
    return WhyNot(side=side, limit_fen=limit_fen, start=start, site_id=site_id, lacks=lacks, fits_any_site=fits)


def closest(
    request: OrderRequest, supply: Sequence[Supply], first_open: int, *, by_site: bool
) -> tuple[int, int | None, tuple[Lack, ...]]:
    """Return the start, the site and the short hours with the fewest accelerator-hours missing; earliest start, lowest site."""
    options: list[tuple[int, int, int, tuple[Lack, ...]]] = []
    sites = sorted({each.site_id for each in supply}) if by_site else []
    for site_id in sites or [0]:
        here = [each for each in supply if site_id in (0, each.site_id)]
        available, best = summed(here, "quantity"), best_prices(here, request.side)
        for start in range(max(request.start, first_open), request.latest_start + 1):
            lacks = tuple(short_hours(request, start, available, best))
            options.append((sum(lack.missing for lack in lacks), start, site_id, lacks))
    _missing, start, site_id, lacks = min(options, key=lambda option: option[:3])
    return start, site_id or None, lacks


def short_hours(request: OrderRequest, start: int, available: dict[int, int], best: dict[int, int]) -> Iterator[Lack]:
    for hour in range(start, start + request.hours):
        if available.get(hour, 0) < request.quantity:
            yield Lack(hour, available.get(hour, 0), request.quantity, best.get(hour))


def summed(supply: Sequence[Supply], field: str) -> dict[int, int]:
    """Return accelerators by hour, over all sites given."""
    by_hour: dict[int, int] = {}
    for each in supply:
        by_hour[each.hour] = by_hour.get(each.hour, 0) + getattr(each, field)
    return by_hour


def best_prices(supply: Sequence[Supply], side: Side) -> dict[int, int]:
    """Return the best price on offer by hour."""
    best: dict[int, int] = {}
    for each in supply:
        best[each.hour] = side * min(side * each.best_fen, side * best.get(each.hour, each.best_fen))
    return best
