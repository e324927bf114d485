"""A document as printed strings, from the stored invoice and the immutable settlement lines of its period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from billing.capitals import capital_amount
from billing.credit.terms import terms_of
from billing.documents.delivered import Delivered, delivered_of
from billing.documents.lines import hub_of
from billing.models import Fapiao, Invoice, InvoiceLine
from billing.money import amount, yuan
from billing.parties import is_specimen
from billing.period import BEIJING, date_of

_WEEKDAYS = "一二三四五六日"


class Party(TypedDict):
    """A side of the document as printed."""

    name: str
    name_en: str
    tax_id: str
    address: str
    bank_account: str


def document_content(invoice: Invoice) -> dict[str, Any]:
    """Return everything that the template prints, as strings, lists and numbers for the bars."""
    return document_contents([invoice])[0]


def document_contents(invoices: Sequence[Invoice]) -> list[dict[str, Any]]:
    """Return the same of many documents, whose deliveries are read at once."""
    delivered = delivered_of(invoices)
    return [_content(invoice, delivered.get(invoice.pk)) for invoice in invoices]


def _content(invoice: Invoice, delivered: Delivered | None) -> dict[str, Any]:
    lines = list(invoice.lines.all())
    kind = invoice.document_kind
    is_taxed = kind != Invoice.Kind.STATEMENT
    first, last = date_of(invoice.start), date_of(invoice.end - 1)
    corrects = invoice.corrects
    return {
        **_words(invoice),
        "is_taxed": is_taxed,
        "is_specimen": is_specimen(invoice.seller if is_taxed else invoice.buyer),
        "number": invoice.number,
        "corrects": None if corrects is None else {"number": corrects.number, "fapiao": _fapiao(corrects) or "—"},
        "reason": invoice.reason,
        "fapiao": _fapiao(invoice),
        "issued": f"{invoice.issued_at.astimezone(BEIJING):%Y-%m-%d}",
        "period": f"{first:%Y-%m-%d} 至 {last:%m-%d}",
        "buyer": _party(invoice.buyer),
        "seller": _party(invoice.seller),
        "lines": [_line(line, invoice.vat_rate_bps) for line in lines],
        "quantity": f"{invoice.accelerator_hours:,}",
        "net": yuan(invoice.net_fen),
        "vat": yuan(invoice.vat_fen) if is_taxed else "—",
        "total": yuan(invoice.total_fen),
        "capitals": capital_amount(invoice.total_fen),
        "check": " ".join(invoice.check_code[at : at + 4] for at in range(0, 16, 4)),
        "delivery": None if delivered is None else _delivery(invoice, lines, delivered),
    }


def _words(invoice: Invoice) -> dict[str, Any]:
    """Return what the document is called, whom its total goes to, and how it is paid."""
    total, own = yuan(invoice.total_fen), yuan(invoice.total_fen - invoice.voucher_fen)
    if invoice.corrects is not None:
        is_credit = invoice.kind == Invoice.Kind.CREDIT
        to_buyer = invoice.document_kind == Invoice.Kind.INVOICE
        account = ("预付余额", "prepaid balance") if to_buyer else ("应付账户", "payable account")
        is_added = is_credit != (invoice.document_kind == Invoice.Kind.STATEMENT)
        way = ("记入", "Credited to") if is_added else ("扣自", "Taken from")
        back = ("退回算力券计划", "Back to the voucher programme") if is_credit else ("算力券支付", "Paid by voucher")
        to_programme = [(*back, yuan(invoice.voucher_fen))] if invoice.voucher_fen else []
        return {
            "title": "贷项通知单" if is_credit else "借项通知单",
            "subtitle": ("更正原单据", "Credit note" if is_credit else "Debit note"),
            "total_words": ("价税合计", "Total with VAT") if invoice.vat_rate_bps else ("合计", "Total"),
            "payment": [*to_programme, (f"{way[0]}{account[0]}", f"{way[1]} {account[1]}", own)],
        }
    if invoice.kind == Invoice.Kind.STATEMENT:
        return {
            "title": "结算单",
            "subtitle": ("提供方结算单", "Provider statement"),
            "total_words": ("应付合计", "Total payable"),
            "payment": [("记入应付账户", "Credited to payable account", total)],
        }
    paid = (
        ("已从应付账款扣除", "Taken off the statement")
        if invoice.kind == Invoice.Kind.FEE
        else ("预付余额支付", "Paid from balance")
    )
    subtitle = (
        ("平台服务费", "Platform fee invoice")
        if invoice.kind == Invoice.Kind.FEE
        else ("增值税专用发票", "VAT special invoice")
    )
    return {
        "title": "电子发票",
        "subtitle": subtitle,
        "total_words": ("价税合计", "Total with VAT"),
        "payment": _payment(invoice, paid),
    }


def _payment(invoice: Invoice, paid: tuple[str, str]) -> list[tuple[str, str, str]]:
    terms = terms_of(invoice)
    prepaid_fen = invoice.total_fen if terms is None else terms.prepaid_fen
    voucher_fen = min(invoice.voucher_fen, prepaid_fen)
    by_voucher = [("算力券支付", "Paid by voucher", yuan(voucher_fen))] if voucher_fen else []
    if terms is None:
        return [*by_voucher, (*paid, yuan(prepaid_fen - voucher_fen)), ("应付余额", "Amount due", yuan(0))]
    until = f"{terms.due_on:%Y-%m-%d}"
    return [
        *by_voucher,
        (*paid, yuan(prepaid_fen - voucher_fen)),
        (f"应付余额，{until} 前付清", f"Amount due by {until}, {terms.days} days", yuan(terms.due_fen)),
    ]


def _fapiao(invoice: Invoice) -> str | None:
    fapiao: Fapiao | None = getattr(invoice, "fapiao", None)
    return None if fapiao is None else fapiao.number


def _party(party: dict[str, str]) -> Party:
    name = party.get("legal_name") or party.get("name_zh") or party.get("name", "")
    name_en = party.get("name", "")
    return Party(
        name=name,
        name_en="" if name_en == name else name_en,
        tax_id=party.get("tax_id") or "—",
        address=party.get("address") or "—",
        bank_account=party.get("bank_account") or "—",
    )


def _line(line: InvoiceLine, vat_rate_bps: int) -> dict[str, str]:
    is_compute = line.is_compute
    micro_yuan = abs(line.amount_fen) * 10_000
    unit_price = (2 * micro_yuan + line.quantity) // (2 * line.quantity)  # half up to the sixth decimal
    return {
        "item": line.item,
        "item_zh": line.item_zh,
        "specification": line.specification or "—",
        "specification_zh": line.specification_zh,
        "unit": "acc-h" if is_compute else "item",
        "unit_zh": "卡时" if is_compute else "项",
        "quantity": f"{line.quantity:,}",
        "unit_price": f"{'−' if line.amount_fen < 0 else ''}{unit_price // 10**6:,}.{unit_price % 10**6:06d}",
        "amount": amount(line.amount_fen),
        "rate": f"{vat_rate_bps / 100:g}%" if vat_rate_bps else "—",
        "vat": amount(line.vat_fen) if vat_rate_bps else "—",
    }


def _delivery(invoice: Invoice, lines: list[InvoiceLine], delivered: Delivered) -> dict[str, Any]:
    """Return delivered accelerator-hours by market and day, and by hour for the bars."""
    hours = range(invoice.start, invoice.end)
    dates = [date_of(hour) for hour in hours[::24]]
    days = range(len(dates))
    of_markets = [line for line in lines if line.market_id is not None]
    has_classes = len({line.specification for line in of_markets}) > 1
    rows = []
    for line in of_markets:
        numbers = [delivered.by_day[line.market_id, day] for day in days]
        zh, en = hub_of(line)
        label = f"{line.specification} {zh}" if has_classes else zh
        rows.append({"zh": label, "en": en, "cells": [f"{n:,}" for n in (*numbers, sum(numbers))]})
    totals = [sum(delivered.by_day[line.market_id, day] for line in of_markets) for day in days]
    bars = [delivered.by_hour[hour] for hour in hours]
    first_run, last_run = delivered.runs or (None, None)
    return {
        "days": [f"周{_WEEKDAYS[date.weekday()]} {date:%m-%d}" for date in dates],
        "day_marks": [f"{date:%m-%d}" for date in dates],
        "by_day": rows,
        "day_totals": [f"{n:,}" for n in (*totals, sum(totals))],
        "bars": bars,
        "peak": f"{max(bars):,}",
        "runs": f"#{first_run}–#{last_run}" if first_run != last_run else f"#{first_run}",
    }
