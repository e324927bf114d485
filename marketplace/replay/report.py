"""What a replayed week came to, read from the database: fills, money and whether the books agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Sum

from billing.models import Account, Invoice
from billing.verify import find_differences as find_billing_differences
from marketplace.replay.week import Week
from matching.models import Trade
from matching.verify import find_differences as find_matching_differences

_FILLS = """
SELECT bid.client_order_id, offer.reference, hour - %(first_hour)s, trade.price_fen, sum(trade.quantity), bid.price_fen
FROM matching_trade AS trade
JOIN matching_order AS bid ON bid.id = trade.bid_id
JOIN offers_offer AS offer ON offer.order_id = trade.ask_id
CROSS JOIN LATERAL generate_series(trade.start, trade.start + trade.hours - 1) AS hour
GROUP BY 1, 2, 3, 4, 6
"""


def week_report(*, week: Week, first_hour: int, differences_max: int = 20) -> dict[str, Any]:
    """Sum up the database: the keys of `expected.json`, the money in fen, and the first differences in the books.

    `first_hour` is the delivery hour of the week's hour 0.
    """
    differences = [sentence for _, sentence in zip(range(differences_max), find_all_differences(), strict=False)]
    return {
        **fills_report(first_hour=first_hour),
        "bids": len(week.bids),
        "trades": Trade.objects.count(),
        **money_report(),
        "invoices": Invoice.objects.count(),
        "books_balance": not differences,
        "differences": differences,
    }


def find_all_differences() -> Iterator[str]:
    """Verify matching, then billing, from first principles; one sentence a difference."""
    yield from find_matching_differences()
    yield from find_billing_differences()


def fills_report(*, first_hour: int) -> dict[str, Any]:
    """Sum up the fills by bid, offer and hour, and digest them as `expected.json` says."""
    with connection.cursor() as cursor:
        cursor.execute(_FILLS, {"first_hour": first_hour})
        fills: list[tuple[str, str, int, int, int, int]] = cursor.fetchall()
    fills.sort(key=lambda fill: fill[:3])
    lines = "\n".join(",".join(map(str, fill[:5])) for fill in fills)
    value_fen = sum(price_fen * quantity for _, _, _, price_fen, quantity, _ in fills)
    limits_fen = sum(limit_fen * quantity for _, _, _, _, quantity, limit_fen in fills)
    return {
        "bids_filled": len({fill[0] for fill in fills}),
        "hourly_fills": len(fills),
        "accelerator_hours": sum(fill[4] for fill in fills),
        "value_fen": value_fen,
        "surplus_fen": limits_fen - value_fen,
        "digest": hashlib.sha256(lines.encode()).hexdigest()[:16],
    }


def money_report() -> dict[str, int]:
    """Sum up the ledger by kind of account, in fen."""
    funds, payable, fees, vat = (
        Account.objects.filter(kind=kind).aggregate(
            debits_fen=Sum("debits_posted", default=0),
            credits_fen=Sum("credits_posted", default=0),
            held_fen=Sum("debits_pending", default=0),
        )
        for kind in (Account.Kind.FUNDS, Account.Kind.PAYABLE, Account.Kind.FEES, Account.Kind.VAT)
    )
    return {
        "buyers_charged_fen": funds["debits_fen"],
        "providers_paid_fen": payable["credits_fen"],
        "fees_fen": fees["credits_fen"] - fees["debits_fen"],
        "vat_fen": vat["credits_fen"] - vat["debits_fen"],
        "holds_left_fen": funds["held_fen"],
    }


def differences_from_expected(report: dict[str, Any], folder: Path) -> list[str] | None:
    """Compare with the folder's `expected.json` in every key that both have; None where there is no such file."""
    try:
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return [
        f"{key} is {report[key]}, expected {expected[key]}"
        for key in expected
        if key in report and report[key] != expected[key]
    ]
