"""From trade to payout in eight steps, for the chart beside the report."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.reports import SummaryRow


def money_steps(total: SummaryRow) -> list[dict[str, Any]]:
    """Bars of <money-steps-chart>, amounts in yuan: a total stands on the axis, a change between two totals."""
    charged_fen = total.delivered_fen + total.buyer_fee_fen
    over_fen = total.delivered_fen + total.short_fen  # what is over: in full, or short
    return [
        _step(pgettext("amount", "Traded"), total.value_fen, 0, total.value_fen, "quiet"),
        _step(_("Not yet delivered"), -total.undelivered_fen, over_fen, total.value_fen, "change"),
        _step(_("Fell short"), -total.short_fen, total.delivered_fen, over_fen, "change"),
        _step(_("Delivered"), total.delivered_fen, 0, total.delivered_fen, "total"),
        _step(_("Buyers' fees"), total.buyer_fee_fen, total.delivered_fen, charged_fen, "change"),
        _step(_("Charged before VAT"), charged_fen, 0, charged_fen, "total"),
        _step(_("Exchange fees in all"), -total.fees_fen, charged_fen - total.fees_fen, charged_fen, "change"),
        _step(_("Paid to providers"), total.paid_fen, 0, total.paid_fen, "total"),
    ]


def stages_of(total: SummaryRow) -> list[tuple[str, bool]]:
    """How far the report's hours are: each stage's name, and whether all of them have passed it."""
    is_settled = not total.undelivered_fen
    return [
        (pgettext("stage", "Traded"), True),
        (pgettext("stage", "Delivered"), is_settled),
        (pgettext("stage", "Posted"), is_settled),
        (pgettext("stage", "Invoiced"), is_settled and not total.uninvoiced_fen),
    ]


def _step(name: str, amount_fen: int, low_fen: int, high_fen: int, role: str) -> dict[str, Any]:
    return {"name": name, "amount": amount_fen / 100, "low": low_fen / 100, "high": high_fen / 100, "role": role}
