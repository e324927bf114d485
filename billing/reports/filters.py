"""Which settled hours a report is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from billing.models import Obligation, SettlementLine


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlementFilters:
    """Limits of a report; None leaves one open.

    `start` and `end` are delivery hours, `[start, end)` (billing.period turns dates into hours). `participant_id` keeps
    what it bought or sold; `buyer_id` and `seller_id` one side only. `compute_class` and `hub` are slugs.
    """

    start: int | None = None
    end: int | None = None
    participant_id: int | None = None
    buyer_id: int | None = None
    seller_id: int | None = None
    market_id: int | None = None
    compute_class: str | None = None
    hub: str | None = None
    run_id: int | None = None

    @property
    def is_period_only(self) -> bool:
        """Whether nothing but the hours is limited, so that totals may be held against the whole ledger."""
        names = ("participant_id", "buyer_id", "seller_id", "market_id", "compute_class", "hub", "run_id")
        return all(getattr(self, name) is None for name in names)

    def of_trade(self, prefix: str = "") -> Q:
        """Return the limits that concern a trade, which `prefix` leads to (`trade__`)."""
        exact = {
            "buyer_id": self.buyer_id,
            "seller_id": self.seller_id,
            "market_id": self.market_id,
            "market__compute_class__slug": self.compute_class,
            "market__hub__slug": self.hub,
        }
        limits = Q(**{prefix + name: value for name, value in exact.items() if value is not None})
        if self.participant_id is not None:
            sides = [{f"{prefix}{side}_id": self.participant_id} for side in ("buyer", "seller")]
            limits &= Q(**sides[0]) | Q(**sides[1])
        return limits


def settlement_lines(filters: SettlementFilters) -> QuerySet[SettlementLine]:
    """Return the settled lines, by delivery hour, with trade, market, hub, class and both sides joined in.

    A line names buyer and seller: only finance may see both.
    """
    lines = SettlementLine.objects.filter(filters.of_trade("trade__"))
    if filters.start is not None:
        lines = lines.filter(start__gte=filters.start)
    if filters.end is not None:
        lines = lines.filter(start__lt=filters.end)
    if filters.run_id is not None:
        lines = lines.filter(run_id=filters.run_id)
    related: Sequence[str] = ("market__compute_class", "market__hub", "buyer", "seller", "site")
    return lines.select_related("run", *(f"trade__{name}" for name in related)).order_by("start", "id")


def lines_sql(filters: SettlementFilters) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that selects the ids of the settled lines, and its parameters."""
    sql, parameters = settlement_lines(filters).order_by().select_related(None).values("pk").query.sql_with_params()
    return sql, tuple(parameters)


def trades_sql(filters: SettlementFilters) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that selects the ids of trades with hours in the report, and its parameters."""
    trades = Obligation.objects.filter(filters.of_trade())
    if filters.end is not None:
        trades = trades.filter(start__lt=filters.end)
    if filters.start is not None:
        trades = trades.filter(start__gt=filters.start - F("hours"))
    if filters.run_id is not None:
        trades = trades.filter(settlement_lines__run_id=filters.run_id)
    sql, parameters = trades.order_by().values("pk").query.sql_with_params()
    return sql, tuple(parameters)
