"""An invoice in the business terms of EN 16931 (BT- and BG-numbers), from which both syntaxes are written.

Source: EN 16931-1:2017, section 6.3, and its code lists (UNTDID 1001 and 5305, UN/ECE Recommendation 20, ISO 3166 and 4217).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from billing.books.amounts import plain_yuan
from billing.capitals import capital_amount
from billing.credit.terms import terms_of
from billing.invoicing import UnableToInvoice
from billing.models import Invoice, InvoiceLine
from billing.parties import is_specimen
from billing.period import BEIJING, date_of

TYPE_CODES = {Invoice.Kind.CREDIT: "381", Invoice.Kind.DEBIT: "383"}
COMMERCIAL_INVOICE = "380"
HOUR, ONE = "HUR", "C62"  # an accelerator-hour is an hour of one accelerator; a fee is one
STANDARD_RATE, ZERO_RATED = "S", "Z"
COUNTRY = "CN"  # of every party: all have a Chinese tax number
PRICE_DECIMALS = 6


class NotAnInvoice(UnableToInvoice):
    """A provider's statement is no tax invoice, so neither it nor a note on it has an e-invoice."""


def invoice_terms(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice, or a note on one, as business terms; amounts are strings in yuan. Raises NotAnInvoice."""
    if not has_e_invoice(invoice):
        raise NotAnInvoice(
            _("%(number)s is a statement. Only invoices have an e-invoice.") % {"number": invoice.number}
        )
    net, vat, total = (plain_yuan(fen) for fen in (invoice.net_fen, invoice.vat_fen, invoice.total_fen))
    category = {"BT-118": _category(invoice), "BT-119": _percent(invoice)}
    last_day = date_of(invoice.end - 1).isoformat()
    return {
        "BT-1": invoice.number,
        "BT-2": invoice.issued_at.astimezone(BEIJING).date().isoformat(),
        "BT-3": TYPE_CODES.get(Invoice.Kind(invoice.kind), COMMERCIAL_INVOICE),
        "BT-5": "CNY",
        "BT-72": last_day,
        "BT-73": date_of(invoice.start).isoformat(),
        "BT-74": last_day,
        "BT-106": net,
        "BT-109": net,
        "BT-110": vat,
        "BT-112": total,
        **_payment(invoice),
        "BG-1": [{"BT-22": note} for note in _notes(invoice)],
        **_preceding(invoice),
        "BG-4": _party(invoice.seller),
        "BG-7": _party(invoice.buyer),
        "BG-23": [{"BT-116": net, "BT-117": vat, **category}],
        "BG-25": [_line(line, invoice) for line in invoice.lines.order_by("position")],
    }


def has_e_invoice(invoice: Invoice) -> bool:
    """Say whether a document is an invoice, or a note on one: a statement is no tax invoice."""
    return invoice.document_kind in (Invoice.Kind.INVOICE, Invoice.Kind.FEE)


def _payment(invoice: Invoice) -> dict[str, str]:
    """Return what is paid and what is due (BT-113, BT-115), until when (BT-9), and how (BT-20)."""
    terms = terms_of(invoice)
    if terms is None:
        paid = {"BT-113": plain_yuan(invoice.total_fen), "BT-115": plain_yuan(0)}
        return {"BT-20": _payment_terms(invoice), **paid}
    return {
        "BT-9": terms.due_on.isoformat(),
        "BT-20": f"{terms.due_on:%Y-%m-%d} 前付清 Due within {terms.days} days",
        "BT-113": plain_yuan(terms.prepaid_fen),
        "BT-115": plain_yuan(terms.due_fen),
    }


def _payment_terms(invoice: Invoice) -> str:
    by_voucher, own = plain_yuan(invoice.voucher_fen), plain_yuan(invoice.total_fen - invoice.voucher_fen)
    if invoice.kind == Invoice.Kind.CREDIT:
        if invoice.voucher_fen:
            return f"退回算力券计划 {by_voucher} 元，预付余额 {own} 元 {by_voucher} to the voucher programme, {own} to the balance"
        return "已退回预付余额 Credited to the prepaid balance"
    if invoice.document_kind == Invoice.Kind.FEE:
        return "已从应付账款扣除 Taken off what is owed to the provider"
    if invoice.voucher_fen:  # a third party's payment: price, VAT and total stay as they are
        return (
            f"算力券支付 {by_voucher} 元，预付余额支付 {own} 元 By voucher {by_voucher}, from the prepaid balance {own}"
        )
    return "预付余额支付 Paid from the prepaid balance"


def _preceding(invoice: Invoice) -> dict[str, Any]:
    """Return the reference to the document that a note corrects (BG-3)."""
    if invoice.corrects is None:
        return {}
    issued_on = invoice.corrects.issued_at.astimezone(BEIJING).date().isoformat()
    return {"BG-3": [{"BT-25": invoice.corrects.number, "BT-26": issued_on}]}


def _notes(invoice: Invoice) -> list[str]:
    notes = [f"价税合计 {capital_amount(invoice.total_fen)}", f"校验 Check code {invoice.check_code}"]
    if invoice.reason:
        notes.insert(0, f"原因 Reason: {invoice.reason}")
    if is_specimen(invoice.seller):
        notes.insert(0, "样张 Specimen: the seller's name and tax number are examples")
    return notes


def _party(party: dict[str, str]) -> dict[str, str]:
    """Return a party; its tax number carries the country's code, as BR-CO-9 asks."""
    english = party.get("name", "")
    name = party.get("legal_name") or party.get("name_zh") or english
    terms = {"name": name, "country_code": COUNTRY}
    if english and english != name:
        terms["biz_name"] = english
    if party.get("address"):
        terms["addr_l1"] = party["address"]
    if party.get("tax_id"):
        terms["vat_identifier"] = COUNTRY + party["tax_id"]
    return terms


def _line(line: InvoiceLine, invoice: Invoice) -> dict[str, Any]:
    price, base_quantity = _price(line.amount_fen, line.quantity)
    terms: dict[str, Any] = {
        "BT-126": str(line.position),
        "BT-129": str(line.quantity),
        "BT-130": HOUR if line.is_compute else ONE,
        "BT-131": plain_yuan(line.amount_fen),
        "BT-146": price,
        "BT-149": str(base_quantity),
        "BT-151": _category(invoice),
        "BT-152": _percent(invoice),
        "BT-153": f"{line.item_zh} {line.item}",
    }
    specification = " ".join(part for part in (line.specification, line.specification_zh) if part)
    return {**terms, "BT-154": specification} if specification else terms


def _price(amount_fen: int, quantity: int) -> tuple[str, int]:
    """Return a unit price and what it is for: one, or all where no price of six decimals gives the amount exactly."""
    micro_yuan, rest = divmod(amount_fen * 10 ** (PRICE_DECIMALS - 2), quantity)
    if rest:
        return plain_yuan(amount_fen), quantity
    whole, decimals = divmod(micro_yuan, 10**PRICE_DECIMALS)
    fraction = f"{decimals:0{PRICE_DECIMALS}d}".rstrip("0")
    return f"{whole}.{fraction:0<2}", 1


def _category(invoice: Invoice) -> str:
    return STANDARD_RATE if invoice.vat_rate_bps else ZERO_RATED


def _percent(invoice: Invoice) -> str:
    return f"{invoice.vat_rate_bps / 100:.2f}".rstrip("0").rstrip(".")
