"""A note on a document: the parties, period and rate of what it corrects, and lines of its own."""

from __future__ import annotations

from collections.abc import Sequence

from billing.documents.storing import Document
from billing.models import Invoice, InvoiceLine, SettlementRun
from billing.rounding import share_half_up, split_by_largest_remainder


def new_note(
    *,
    document: Invoice,
    kind: Invoice.Kind,
    lines: Sequence[InvoiceLine],
    vat_fen: int,
    cause: Invoice.Cause,
    reason: str,
    run: SettlementRun | None = None,
    by: str = "",
) -> Document:
    """Return an unsaved note; its VAT is split over the lines by largest remainder (R-3)."""
    shares = split_by_largest_remainder(total_fen=vat_fen, weights=[line.amount_fen for line in lines])
    for line, share in zip(lines, shares, strict=True):
        line.vat_fen = share
    note = Invoice(
        kind=kind,
        participant_id=document.participant_id,
        start=document.start,
        end=document.end,
        buyer=document.buyer,
        seller=document.seller,
        vat_rate_bps=document.vat_rate_bps,
        corrects=document,
        run=run,
        cause=cause,
        reason=reason,
        issued_by=by,
    )
    return note, list(lines)


def vat_between(*, rate_bps: int, upper_fen: int, lower_fen: int) -> int:
    """Return the VAT of a base's change from `upper_fen` down to `lower_fen`, cumulatively (R-2)."""
    return share_half_up(amount_fen=upper_fen, bps=rate_bps) - share_half_up(amount_fen=lower_fen, bps=rate_bps)
