"""What a delta run changes of hours that are invoiced becomes notes, in the run's own transaction.

A shortfall found later is credited, one that a later reading takes back is debited: to the buyer before VAT with its fee, to
the provider with the penalty. So a document and its notes are what the ledger says of the period, at every moment.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from billing.credit_notes.notes import new_note, vat_between
from billing.documents.lines import compute_line, fee_line, shortfall_line
from billing.documents.storing import Document, store_documents
from billing.models import Invoice, InvoiceLine, SettlementRun, VatPeriod, VoucherUse
from billing.period import PERIOD_SQL
from matching.models import Market

_OF_BUYERS = f"""
SELECT i.id, o.market_id, a.accelerators > 0 AS is_credit, abs(sum(a.accelerators)), abs(sum(a.principal_fen)),
    abs(sum(a.buyer_fee_fen))
FROM billing_adjustment a JOIN billing_obligation o USING (trade_id)
JOIN billing_invoice i ON i.kind = 'invoice' AND i.participant_id = o.buyer_id AND i.start = {PERIOD_SQL.format(hour="a.hour")}
WHERE a.run_id = %s AND a.kind = 'shortfall' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

_OF_PROVIDERS = f"""
SELECT i.id, a.accelerators > 0 AS is_credit, abs(sum(a.principal_fen + a.penalty_fen))
FROM billing_adjustment a JOIN billing_obligation o USING (trade_id) JOIN matching_site s ON s.id = o.site_id
JOIN billing_invoice i ON i.kind = 'statement' AND i.participant_id = s.provider_id
    AND i.start = {PERIOD_SQL.format(hour="a.hour")}
WHERE a.run_id = %s AND a.kind = 'shortfall' GROUP BY 1, 2 ORDER BY 1, 2
"""

Lines = dict[bool, list[InvoiceLine]]  # by whether they are credited


def issue_notes_of_run(*, run: SettlementRun, now: datetime) -> list[Invoice]:
    """Issue the notes on issued documents that a delta run's adjustments ask for; returns them."""
    invoices, statements = _lines_of_buyers(run.pk), _lines_of_providers(run.pk)
    found = Invoice.objects.in_bulk([*invoices, *statements])
    bases = {
        (v.participant_id, v.start): v.settled_base_fen
        for v in VatPeriod.objects.filter(participant_id__in={found[pk].participant_id for pk in invoices})
    }
    documents: list[Document] = []
    for pk, lines in sorted(invoices.items()):
        base_fen = bases[(found[pk].participant_id, found[pk].start)]
        documents += _notes(found[pk], lines, run, base_after_fen=base_fen)
    for pk, lines in sorted(statements.items()):
        documents += _notes(found[pk], lines, run, base_after_fen=0)
    _share_with_programmes(documents, run)
    return store_documents(documents, now=now) if documents else []


def _share_with_programmes(documents: list[Document], run: SettlementRun) -> None:
    """State on each buyer's note what of it vouchers get back, or pay again."""
    uses = VoucherUse.objects.filter(run=run).order_by().values_list("voucher__participant_id")
    by_buyer = dict(uses.annotate(Sum("amount_fen")))
    for note, _lines in documents:
        change_fen = by_buyer.get(note.participant_id, 0)
        is_credit = note.kind == Invoice.Kind.CREDIT
        if note.document_kind == Invoice.Kind.INVOICE and (change_fen < 0) == is_credit:
            note.voucher_fen = abs(change_fen)


def _lines_of_buyers(run_id: int) -> dict[int, Lines]:
    lines: dict[int, Lines] = defaultdict(lambda: {True: [], False: []})
    fees: dict[tuple[int, bool], int] = defaultdict(int)
    markets = Market.objects.select_related("compute_class", "hub").in_bulk()
    for pk, market_id, is_credit, quantity, principal_fen, fee_fen in _rows(_OF_BUYERS, run_id):
        line = compute_line(market=markets[market_id], quantity=quantity, amount_fen=principal_fen)
        lines[pk][is_credit].append(line)
        fees[pk, is_credit] += fee_fen
    for (pk, is_credit), fee_fen in fees.items():
        if fee_fen:
            lines[pk][is_credit].append(fee_line(amount_fen=fee_fen))
    return lines


def _lines_of_providers(run_id: int) -> dict[int, Lines]:
    lines: dict[int, Lines] = defaultdict(lambda: {True: [], False: []})
    for pk, is_credit, charged_fen in _rows(_OF_PROVIDERS, run_id):
        lines[pk][is_credit].append(shortfall_line(amount_fen=charged_fen))
    return lines


def _notes(document: Invoice, lines: Lines, run: SettlementRun, *, base_after_fen: int) -> list[Document]:
    """Return the debit note, then the credit note, of what a run adds and takes off."""
    added, credited = (sum(line.amount_fen for line in lines[is_credit]) for is_credit in (False, True))
    highest_fen = base_after_fen + credited
    rate_bps = document.vat_rate_bps
    vat_fen = {
        False: vat_between(rate_bps=rate_bps, upper_fen=highest_fen, lower_fen=highest_fen - added) if rate_bps else 0,
        True: vat_between(rate_bps=rate_bps, upper_fen=highest_fen, lower_fen=base_after_fen) if rate_bps else 0,
    }
    return [
        new_note(
            document=document,
            kind=Invoice.Kind.CREDIT if is_credit else Invoice.Kind.DEBIT,
            lines=lines[is_credit],
            vat_fen=vat_fen[is_credit],
            cause=Invoice.Cause.SUSPENDED,
            reason=f"交付更正，结算批次 #{run.pk} Delivery corrected by settlement run #{run.pk}",
            run=run,
        )
        for is_credit in (False, True)
        if lines[is_credit]
    ]


def _rows(statement: str, run_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [run_id])
        return [tuple(value if isinstance(value, bool) else int(value) for value in row) for row in cursor.fetchall()]
