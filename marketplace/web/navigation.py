"""The navigation by role: sections in the top bar, their parts in the second row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.accounts.acting import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Part:
    """A link of the second row; `also` are url names of pages that belong to it."""

    label: _StrPromise
    url_name: str
    also: tuple[str, ...] = ()

    @property
    def url_names(self) -> tuple[str, ...]:
        """Every page on which it is marked as current."""
        return (self.url_name, *self.also)


@dataclass(frozen=True, slots=True)
class Section:
    """A link of the top bar; without parts its section has one page and no second row."""

    label: _StrPromise
    url_name: str
    parts: tuple[Part, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def url_names(self) -> tuple[str, ...]:
        """Every page on which it is marked as current."""
        return (self.url_name, *self.also, *(name for part in self.parts for name in part.url_names))


OFFERS = Section(_("Offers"), "home")
MARKET = Section(_("Market"), "markets", also=("market",))
CLASSES = Section(_("Classes & hubs"), "classes", also=("class", "hub"))
RULES = Section(_("Rules"), "rules")
BUY = Section(pgettext_lazy("navigation", "Buy"), "buy")
MY_COMPUTE = Section(
    _("My compute"),
    "compute",
    (
        Part(_("Holdings"), "compute", also=("sell_back",)),
        Part(_("Orders"), "orders", also=("order", "order_cancel", "orders_cancel")),
        Part(_("Trades"), "trades"),
        Part(_("Deliveries"), "deliveries", also=("delivery_dispute", "delivery_access")),
    ),
)
WALLET = Section(
    _("Wallet"),
    "wallet",
    (
        Part(_("Balance"), "wallet"),
        Part(_("Statement"), "wallet_statement"),
        Part(_("Invoices"), "wallet_documents", also=("wallet_document",)),
        Part(_("Fees and vouchers"), "wallet_terms"),
    ),
)
PROVIDING = (
    Section(
        _("Capacity"),
        "capacity",
        (
            Part(_("Calendar"), "capacity", also=("list_capacity",)),
            Part(
                _("Standing offers"),
                "standing_offers",
                also=("standing_offer", "standing_offer_new", "standing_offer_step"),
            ),
            Part(_("Price curves"), "price_curves", also=("price_curve", "price_curve_new", "price_curve_delete")),
            Part(_("Maintenance"), "maintenance", also=("maintenance_new", "maintenance_cancel")),
            Part(_("Bulk upload"), "offers_file"),
            Part(_("Sites"), "provider_sites", also=("site_new", "site_step")),
        ),
    ),
    Section(
        _("My offers"),
        "provider_offers",
        (
            Part(_("Offers"), "provider_offers", also=("offers_cancel", "offer_change")),
            Part(_("Orders"), "orders", also=("order", "order_cancel", "orders_cancel")),
            Part(_("Trades"), "trades"),
        ),
    ),
    Section(
        _("Deliveries"),
        "provider_deliveries",
        (
            Part(_("Schedule"), "provider_deliveries", also=("readings_file",)),
            Part(_("Access details"), "provider_access", also=("hand_over",)),
            Part(_("Reliability"), "reliability"),
        ),
    ),
    Section(
        _("Earnings"),
        "earnings",
        (
            Part(_("Earned"), "earnings", also=("earnings_period", "earnings_site")),
            Part(_("Movements"), "wallet_statement"),
            Part(_("Statements"), "wallet_documents", also=("wallet_document",)),
            Part(_("Wallet"), "wallet"),
            Part(_("Fees"), "wallet_terms"),
        ),
    ),
)
FINANCE = (
    Section(
        _("Reports"),
        "finance_settlement",
        (
            Part(_("Settlement"), "finance_settlement", also=("finance_trade",)),
            Part(_("By period and party"), "finance_report_settlement", also=("finance_lines", "finance_report_lines")),
            Part(_("Reconciliation"), "finance_report_reconciliation", also=("finance_report_shortfalls",)),
            Part(_("Trial balance"), "finance_report_trial-balance", also=("finance_report_transfers",)),
            Part(_("Ageing"), "finance_report_ageing"),
            Part(_("Fees and tax"), "finance_report_fees"),
            Part(_("Payouts"), "finance_report_payouts"),
            Part(_("Vouchers"), "finance_report_vouchers"),
            Part(_("By mail"), "finance_subscriptions"),
            Part(_("Files"), "finance_report_files", also=("finance_report_file_made", "finance_report_file")),
            Part(_("Audit trail"), "finance_report_changes"),
        ),
    ),
    Section(
        _("Runs"),
        "finance_runs",
        (
            Part(_("Runs"), "finance_runs", also=("finance_run", "finance_reading")),
            Part(_("Disputes"), "finance_disputes", also=("finance_dispute",)),
        ),
    ),
    Section(
        _("Invoices"),
        "finance_invoices",
        (
            Part(_("Invoices"), "finance_invoices", also=("finance_invoice", "finance_credit_note", "finance_drafts")),
            Part(_("Bulk download"), "finance_report_documents"),
            Part(_("Receivables"), "finance_receivables", also=("finance_receivable",)),
            Part(_("Tax platform"), "finance_fapiao"),
        ),
    ),
    Section(
        _("Payouts"),
        "finance_payouts",
        (
            Part(_("Payouts"), "finance_payouts", also=("finance_payout_batch",)),
            Part(_("Bank"), "finance_bank"),
        ),
    ),
    Section(
        _("Ledger"),
        "finance_ledger",
        (
            Part(_("Trial balance"), "finance_ledger", also=("finance_deposit", "finance_books")),
            Part(_("Transfers"), "finance_transfers", also=("finance_transfer",)),
            Part(_("Corrections"), "finance_corrections"),
            Part(_("Months"), "finance_months", also=("finance_month",)),
            Part(
                _("Fees and tax"),
                "finance_fees",
                also=("finance_schedule_new", "finance_vat_new", "finance_tax_code_new", "finance_penalty_new"),
            ),
            Part(_("Vouchers"), "finance_programmes", also=("finance_programme", "finance_programme_new")),
        ),
    ),
)

OPERATIONS = Section(
    pgettext_lazy("navigation", "Operations"),
    "operations",
    (
        Part(
            _("Markets"),
            "operations",
            also=("halt_new", "halt_collect", "halt_resume", "operations_market", "operations_market_new"),
        ),
        Part(_("Participants"), "operations_participants", also=("operations_participant",)),
        Part(_("Sites"), "operations_sites", also=("operations_site",)),
        Part(_("Surveillance"), "surveillance", also=("finding",)),
        Part(_("System"), "operations_system"),
        Part(_("Audit trail"), "audit_trail"),
    ),
)
"""What operators have besides their role's sections."""

SECTIONS: dict[Role, tuple[Section, ...]] = {
    Role.VISITOR: (MARKET, OFFERS, CLASSES, RULES, BUY),
    Role.BUYER: (MARKET, OFFERS, BUY, MY_COMPUTE, WALLET),
    Role.PROVIDER: (MARKET, OFFERS, *PROVIDING),
    Role.FINANCE: (MARKET, *FINANCE),
}
