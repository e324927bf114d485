"""Documents of an ended invoice period: buyers' invoices and providers' statements, numbered without a gap, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from billing.credit.due import open_due
from billing.documents.lines import compute_line, fee_line, shortfall_line
from billing.documents.storing import Document, add_up, store_documents
from billing.models import (
    Adjustment,
    Dispute,
    Invoice,
    InvoiceLine,
    SettlementLine,
    SettlementRun,
    Transfer,
    VatPeriod,
)
from billing.parties import exchange_party, participant_party
from billing.period import date_of, period_of
from billing.rounding import split_by_largest_remainder
from billing.serial import keep_runs_out, wait_for_turn
from billing.vouchers.totals import paid_fen_by_participant
from matching.hours import hour_of
from matching.models import Market, Participant, Trade


class UnableToInvoice(Exception):
    """Documents that cannot be issued now; the text says why and what to do."""


class NotAPeriod(UnableToInvoice):
    """The hour given does not start an invoice period."""


class PeriodNotOver(UnableToInvoice):
    """The invoice period still has hours to be delivered."""


class PeriodNotSettled(UnableToInvoice):
    """The invoice period has delivered hours that are not settled."""


class InvoiceDiffersFromLedger(UnableToInvoice):
    """A document would say another amount than the ledger; nothing was issued."""


@transaction.atomic
def issue_invoices(*, period_start: int, now: datetime) -> list[Invoice]:
    """Issue each buyer's invoice and each provider's statement and fee invoice of the period `[period_start, +168 h)`.

    Returns the new ones. Rerunnable: who has a document for the period gets no second one. All or nothing. Raises NotAPeriod,
    PeriodNotOver, PeriodNotSettled, InvoiceDiffersFromLedger.
    """
    wait_for_turn()
    issued = store_documents(_documents(period_start, now), now=now)
    open_due(invoices=issued, now=now)
    return issued


@transaction.atomic
def draft_documents(*, period_start: int, now: datetime) -> list[Document]:
    """Return what `issue_invoices` would issue now, unnumbered and not kept: until then readings and disputes change it.

    Raises as `issue_invoices` does.
    """
    keep_runs_out()
    drafts = _documents(period_start, now)
    for invoice, lines in drafts:
        add_up(invoice, lines)
    return drafts


def periods_to_invoice(*, now: datetime) -> list[int]:
    """Return the starts of ended periods with settled hours of which somebody lacks a document, oldest first."""
    last_start = period_of(hour_of(now))[0]
    lines = SettlementLine.objects.filter(start__lt=last_start)
    first = lines.order_by("start").values_list("start", flat=True).first()
    if first is None:
        return []
    starts = range(period_of(first)[0], last_start, 168)
    return [
        start
        for start in starts
        if any(_without_document(kind, start) for kind in (Invoice.Kind.INVOICE, Invoice.Kind.STATEMENT))
    ]


def _documents(start: int, now: datetime) -> list[Document]:
    end = _check_period(start, hour_of(now))
    documents = [
        *_invoices_of_buyers(start),
        *_statements_of_providers(start, end),
        *_fee_invoices_of_providers(start),
    ]
    for invoice, _lines in documents:
        invoice.start, invoice.end = start, end
    return documents


def _check_period(start: int, hour_now: int) -> int:
    if period_of(start)[0] != start:
        raise NotAPeriod(
            _("An invoice period starts on a Monday at 00:00 Beijing time: give hour %s.") % period_of(start)[0]
        )
    end = start + 168
    dates = {"first": date_of(start), "last": date_of(end - 1)}
    if hour_now < end:
        raise PeriodNotOver(
            _("The period %(first)s to %(last)s is not over. Issue its invoices once it has ended.") % dates
        )
    settled_until = SettlementRun.objects.filter(state="done").aggregate(last=Max("until_hour"))["last"] or 0
    is_stale = SettlementRun.objects.filter(is_stale=True, from_hour__lt=end, until_hour__gt=start).exists()
    if is_stale or (settled_until < end and Trade.objects.filter(start__lt=end).exists()):
        raise PeriodNotSettled(
            _("The period %(first)s to %(last)s is not settled to its end. Run settlement first.") % dates
        )
    return end


def _without_document(kind: Invoice.Kind, start: int) -> set[int]:
    """Return the participants with settled hours in the period and no document of this kind yet."""
    side = "trade__buyer_id" if kind == Invoice.Kind.INVOICE else "trade__seller_id"
    lines = SettlementLine.objects.filter(start__gte=start, start__lt=start + 168)
    done = Invoice.objects.filter(kind=kind, start=start).values_list("participant_id", flat=True)
    return (
        set(lines.values_list(side, flat=True).distinct())
        - set(done)
        - _in_dispute(start)
        - (_nothing_delivered(start) if kind == Invoice.Kind.INVOICE else set())
    )


def _nothing_delivered(start: int) -> set[int]:
    """Return the buyers who owe nothing for the period, since all of it fell short: they get no invoice."""
    return set(VatPeriod.objects.filter(start=start, settled_base_fen=0).values_list("participant_id", flat=True))


def _in_dispute(start: int) -> set[int]:
    """Return whose documents wait: both sides of an open dispute, and the seller of what is contested."""
    hours = {"hour__gte": start, "hour__lt": start + 168}
    sides = Dispute.objects.filter(state=Dispute.State.OPEN, **hours).values_list("holder_id", "site__provider_id")
    contested = Adjustment.objects.filter(dispute__state=Dispute.State.OPEN, **hours).values_list(
        "trade__seller_id", flat=True
    )
    return {who for pair in sides for who in pair} | set(contested)


def _invoices_of_buyers(start: int) -> list[Document]:
    who = _without_document(Invoice.Kind.INVOICE, start)
    periods = {v.participant_id: v for v in VatPeriod.objects.filter(participant_id__in=who, start=start)}
    by_voucher = paid_fen_by_participant(participant_ids=who, start=start, end=start + 168)
    documents = []
    for participant, rows in _rows_by_participant("buyer", who, start):
        lines = [
            compute_line(market=market, quantity=quantity, amount_fen=value) for market, quantity, value, _fee in rows
        ]
        lines += _fee_lines(sum(fee for *_rest, fee in rows))
        vat = periods[participant.pk]
        net_fen = sum(line.amount_fen for line in lines)
        if net_fen != vat.settled_base_fen or vat.unsettled_base_fen:
            raise InvoiceDiffersFromLedger(
                f"{participant.slug}: lines come to {net_fen} fen, the VAT period {vat.pk} to {vat.settled_base_fen} fen."
            )
        shares = split_by_largest_remainder(total_fen=vat.posted_fen, weights=[line.amount_fen for line in lines])
        for line, share in zip(lines, shares, strict=True):
            line.vat_fen = share
        invoice = Invoice(
            kind=Invoice.Kind.INVOICE,
            participant=participant,
            buyer=participant_party(participant),
            seller=exchange_party(),
            vat_rate_bps=vat.rate_bps,
            voucher_fen=by_voucher.get(participant.pk, 0),
        )
        documents.append((invoice, lines))
    return documents


def _statements_of_providers(start: int, end: int) -> list[Document]:
    who = _without_document(Invoice.Kind.STATEMENT, start)
    credited, charged = _credited_fen(who, start, end), _charged_fen(who, start)
    documents = []
    for participant, rows in _rows_by_participant("seller", who, start):
        lines = [
            compute_line(market=market, quantity=quantity, amount_fen=value) for market, quantity, value, _fee in rows
        ]
        lines += _fee_lines(-sum(fee for *_rest, fee in rows))
        if short_fen := charged.get(participant.pk, 0):
            lines.append(shortfall_line(amount_fen=-short_fen))
        total_fen = sum(line.amount_fen for line in lines)
        if total_fen != credited.get(participant.pk, 0):
            raise InvoiceDiffersFromLedger(
                f"{participant.slug}: lines come to {total_fen} fen, the ledger credited {credited.get(participant.pk, 0)} fen."
            )
        statement = Invoice(
            kind=Invoice.Kind.STATEMENT,
            participant=participant,
            buyer=exchange_party(),
            seller=participant_party(participant),
            vat_rate_bps=0,
        )
        documents.append((statement, lines))
    return documents


def _fee_invoices_of_providers(start: int) -> list[Document]:
    """Return the invoices of the fees that statements take off; a provider's fee bears no VAT (docs/money.md, Rates)."""
    sellers = _without_document(Invoice.Kind.FEE, start)
    fees = SettlementLine.objects.filter(start__gte=start, start__lt=start + 168, trade__seller_id__in=sellers)
    sums = dict(fees.values_list("trade__seller_id").annotate(Sum("seller_fee_fen")))
    return [
        (
            Invoice(
                kind=Invoice.Kind.FEE,
                participant=participant,
                buyer=participant_party(participant),
                seller=exchange_party(),
                vat_rate_bps=0,
            ),
            _fee_lines(sums[participant.pk]),
        )
        for participant in Participant.objects.filter(pk__in=sums).order_by("pk")
        if sums[participant.pk]
    ]


def _rows_by_participant(
    side: str, who: Iterable[int], start: int
) -> list[tuple[Participant, list[tuple[Market, int, int, int]]]]:
    """Return each participant's settled hours by market: accelerator-hours, value and its own side's fee.

    A buyer's are less what was not delivered; a provider's are whole, since its shortfalls stand on a line of their own.
    """
    lines = SettlementLine.objects.filter(start__gte=start, start__lt=start + 168, **{f"trade__{side}_id__in": who})
    totals = lines.values_list(f"trade__{side}_id", "trade__market_id").annotate(
        Sum("accelerator_hours"), Sum("value_fen"), Sum(f"{side}_fee_fen")
    )
    short = _short_by_participant(who, start) if side == "buyer" else {}
    by_participant: dict[int, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for participant_id, market_id, *settled in totals:
        less = short.get((participant_id, market_id), (0, 0, 0))
        quantity, value_fen, fee_fen = (whole - part for whole, part in zip(settled, less, strict=True))
        if quantity:
            by_participant[participant_id][market_id] = (quantity, value_fen, fee_fen)
    markets = Market.objects.select_related("compute_class", "hub").order_by(
        "compute_class__position", "hub__position", "pk"
    )
    return [
        (
            participant,
            [(m, *by_participant[participant.pk][m.pk]) for m in markets if m.pk in by_participant[participant.pk]],
        )
        for participant in Participant.objects.filter(pk__in=by_participant).order_by("pk")
    ]


def _short_by_participant(who: Iterable[int], start: int) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Return what was not delivered to holders, by holder and market: accelerator-hours, principal and returned fee."""
    rows = Adjustment.objects.filter(
        kind=Adjustment.Kind.SHORTFALL, hour__gte=start, hour__lt=start + 168, trade__buyer_id__in=who
    )
    sums = rows.values_list("trade__buyer_id", "trade__market_id").annotate(
        Sum("accelerators"), Sum("principal_fen"), Sum("buyer_fee_fen")
    )
    return {(buyer, market): (hours, principal, fee) for buyer, market, hours, principal, fee in sums}


def _charged_fen(who: Iterable[int], start: int) -> dict[int, int]:
    """Return what providers are charged for shortfalls at their sites, with penalty."""
    rows = Adjustment.objects.filter(kind=Adjustment.Kind.SHORTFALL, hour__gte=start, hour__lt=start + 168)
    sums = rows.filter(trade__site__provider_id__in=who).values_list("trade__site__provider_id")
    return dict(sums.annotate(charged=Sum("principal_fen") + Sum("penalty_fen")))


def _credited_fen(who: Iterable[int], start: int, end: int) -> dict[int, int]:
    """Return what the ledger credited to providers by runs within the period, less what it charged for shortfalls."""
    transfers = Transfer.objects.filter(participant_id__in=who, run__from_hour__gte=start, run__until_hour__lte=end)
    credits = transfers.filter(code__in=("settlement", "shortfall"), credit_account__kind="payable")
    charges = transfers.filter(code="shortfall", debit_account__kind="receivable")
    credited: dict[int, int] = dict(credits.values_list("participant_id").annotate(Sum("amount_fen")))
    for participant_id, charged in charges.values_list("participant_id").annotate(Sum("amount_fen")):
        credited[participant_id] = credited.get(participant_id, 0) - charged
    return credited


def _fee_lines(amount_fen: int) -> list[InvoiceLine]:
    return [fee_line(amount_fen=amount_fen)] if amount_fen else []
