"""One trade from end to end: what was sold, what the meter said hour by hour, what the ledger moved, and its documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from billing.models import Account, Adjustment, Invoice, MeterReading, Obligation, SettlementLine, Transfer
from billing.period import BEIJING, HOURS_A_PERIOD, date_of, period_of
from billing.reports.words import words
from marketplace.accounts.access import finance_reader_required
from marketplace.accounts.acting import ActingRequest
from matching.hours import moment_of

SHOWN = 200


@dataclass(slots=True)
class TradeHour:
    """One delivery hour: sold, missing and contested accelerators, what was given back, and the reading that counts."""

    hour: int
    sold: int
    is_settled: bool
    reading: MeterReading | None = None
    missing: int = 0
    contested: int = 0
    principal_fen: int = 0
    penalty_fen: int = 0
    fee_fen: int = 0

    @property
    def delivered(self) -> int:
        return self.sold - self.missing


@require_safe
@finance_reader_required
def trade(request: ActingRequest, trade_id: int) -> HttpResponse:
    """A trade's page, to which every total leads."""
    related = ("market__compute_class", "market__hub", "buyer", "seller", "site__provider")
    found = get_object_or_404(Obligation.objects.select_related(*related), pk=trade_id)
    hours = _hours(found)
    lines = SettlementLine.objects.filter(trade=found).select_related("run").order_by("start")
    value_fen = sum(line.value_fen for line in lines)
    principal_fen = sum(row.principal_fen for row in hours)
    context = {
        "trade": found,
        "hours": [row for row in hours if row.reading or row.missing or row.contested][:SHOWN],
        "lines": lines,
        "value_fen": found.quantity * found.hours * found.price_fen,
        "settled_fen": value_fen,
        "principal_fen": principal_fen,
        "delivered_fen": value_fen - principal_fen,
        "difference_fen": value_fen - found.settled_value_fen,
        "missing": sum(row.missing for row in hours),
        "chart": json.dumps(_chart(hours)),
        "adjustments": Adjustment.objects.filter(trade=found)
        .select_related("run", "reading", "dispute", "trade__buyer")
        .order_by("id"),
        "count": Adjustment.objects.filter(trade=found).count(),
        "transfers": _transfers(found),
        "documents": _documents(found),
        "first_day": date_of(found.start),
        "last_day": date_of(found.start + found.hours - 1),
    }
    return render(request, "finance/reports/trade.html", context)


def _hours(found: Obligation) -> list[TradeHour]:
    start, end = found.start, found.start + found.hours
    rows = [TradeHour(hour, found.quantity, hour < found.settled_until) for hour in range(start, end)]
    for adjustment in Adjustment.objects.filter(trade=found):
        row = rows[adjustment.hour - start]
        if adjustment.kind == Adjustment.Kind.DISPUTE:
            row.contested += adjustment.accelerators
            continue
        row.missing += adjustment.accelerators
        row.principal_fen += adjustment.principal_fen
        row.penalty_fen += adjustment.penalty_fen
        row.fee_fen += adjustment.buyer_fee_fen
    readings = MeterReading.objects.filter(site=found.site, holder=found.buyer, hour__gte=start, hour__lt=end)
    for reading in readings.order_by("is_ruling", "read_at", "pk"):
        rows[reading.hour - start].reading = reading
    return rows


def _chart(hours: list[TradeHour]) -> dict[str, Any]:
    return {
        "days": True,
        "money": False,
        "labels": [f"{moment_of(row.hour).astimezone(BEIJING):%Y-%m-%d %H:00}" for row in hours],
        "series": [
            {
                "name": words("delivered"),
                "colour": "c1",
                "values": [row.delivered if row.is_settled else 0 for row in hours],
            },
            {"name": words("missing"), "colour": "c2", "values": [row.missing for row in hours]},
            {"name": words("to_come"), "colour": "c4", "values": [0 if row.is_settled else row.sold for row in hours]},
        ],
    }


def _transfers(found: Obligation) -> list[Transfer]:
    """Return what the ledger moved for this trade alone, oldest first, by the index of the buyer's account."""
    account = Account.objects.filter(participant=found.buyer, kind=Account.Kind.OBLIGATIONS).first()
    if account is None:
        return []
    moves = Transfer.objects.filter(credit_account=account, at__gte=found.traded_at, trade_id=found.pk)
    return list(moves.order_by("id")[:SHOWN])


def _documents(found: Obligation) -> list[Invoice]:
    first, last = period_of(found.start)[0], period_of(found.start + found.hours - 1)[0]
    starts = range(first, last + 1, HOURS_A_PERIOD)
    invoice = Q(participant=found.buyer, kind=Invoice.Kind.INVOICE)
    statement = Q(participant=found.seller, kind=Invoice.Kind.STATEMENT)
    return list(Invoice.objects.filter(invoice | statement, start__in=list(starts)).order_by("start", "kind"))
