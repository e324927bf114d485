"""Whatever a person can send or read on the pages, a program can by the API: each page's address has its routes, or a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from marketplace.accounts.urls import urlpatterns as account_pages
from marketplace.api.urls import v1
from marketplace.web.urls import urlpatterns as pages

ACTS: dict[str, str] = {
    # Buyers.
    "buy": "POST orders, POST order-preview",
    "market_ticket": "POST orders, POST order-preview",
    "market_cancel": "DELETE order, POST orders-cancel",
    "preset_save": "POST presets",
    "preset_delete": "DELETE preset",
    "warning_limits": "PATCH warning-limits",
    "orders_cancel": "POST orders-cancel",
    "order_cancel": "DELETE order",
    "order_change": "PATCH order",
    "delivery_access": "POST access-open",
    "delivery_dispute": "POST disputes",
    "sell_back": "POST orders, POST order-preview",
    "top_ups": "POST top-ups",
    "organisation_profile": "PATCH organisation",
    # Providers.
    "list_capacity": "POST offers, POST offers-batch",
    "listing_preview": "POST offers-batch",
    "offers_file": "POST offers-batch",
    "offers_cancel": "DELETE order, POST orders-cancel",
    "offer_change": "PATCH order",
    "standing_offer_new": "POST standing-offers",
    "standing_offer": "PATCH standing-offer",
    "standing_offer_step": "POST standing-offer-pause, POST standing-offer-resume, POST standing-offer-end",
    "price_curve_new": "POST price-curves",
    "price_curve": "PATCH price-curve",
    "price_curve_delete": "DELETE price-curve",
    "maintenance_new": "POST maintenance",
    "maintenance_cancel": "DELETE one-maintenance",
    "site_new": "POST sites",
    "site_step": "PATCH site, POST site-submit, POST site-recall",
    "provider_deliveries": "POST readings",
    "readings_file": "POST readings-file",
    "hand_over": "POST access",
    # Finance.
    "finance_report_export": "POST report-files",
    "finance_report_file_stop": "POST report-file-stop",
    "finance_subscriptions": "POST report-subscriptions",
    "finance_subscription_end": "DELETE report-subscription",
    "finance_dispute": "POST dispute-resolve",
    "finance_fapiao": "POST fapiao-numbers",
    "finance_credit_note": "POST credit-notes",
    "finance_bank": "POST bank-statements",
    "finance_bank_line": "POST bank-line-book, POST bank-line-set-aside, POST bank-line-take-back",
    "finance_receivables": "POST credit-limits",
    "finance_receivable": "POST receivable-hold, POST receivable-release, POST receivable-write-offs",
    "finance_limit_decide": "POST credit-limit-approve, POST credit-limit-refuse",
    "finance_write_off_decide": "POST write-off-approve, POST write-off-refuse",
    "finance_payouts": "POST payout-batches",
    "finance_payout_approve": "POST payout-batch-approve",
    "finance_payout_drop": "POST payout-batch-drop",
    "finance_payout_send": "POST payout-batch-send",
    "finance_payout_answer": "POST payout-answer",
    "finance_schedule_new": "POST fee-schedules",
    "finance_vat_new": "POST vat-rates",
    "finance_penalty_new": "POST penalties",
    "finance_tax_code_new": "POST tax-codes",
    "finance_version_approve": "POST fee-schedule-approve, POST vat-rate-approve, POST tax-code-approve, POST penalty-approve",
    "finance_version_reject": "POST fee-schedule-reject, POST vat-rate-reject, POST tax-code-reject, POST penalty-reject",
    "finance_programme_new": "POST voucher-programmes",
    "finance_programme_activate": "POST voucher-programme-activate",
    "finance_programme_end": "POST voucher-programme-end",
    "finance_vouchers_issue": "POST voucher-programme-issue",
    "finance_programme_sponsor": "POST voucher-programme-sponsor",
    "finance_transfer": "POST transfer-corrections",
    "finance_correction_approve": "POST correction-approve",
    "finance_correction_refuse": "POST correction-refuse",
    "finance_month_ask": "POST month-ask",
    "finance_month_agree": "POST month-agree",
    "finance_month_withdraw": "POST month-withdraw",
    "finance_month_ask_reopening": "POST month-ask-reopening",
    "finance_month_reopen": "POST month-reopen",
    "finance_deposit": "POST deposits",
    # Operators.
    "operations_market_new": "POST markets",
    "operations_market": "PATCH market-terms, POST market-references",
    "operations_participant": "POST participant-limits",
    "finding": "POST finding-decide",
    "operations_site": "POST site-approve, POST site-refuse",
    "halt_new": "POST halts",
    "halt_collect": "POST halt-collect",
    "halt_resume": "POST halt-resume",
}

READS: dict[str, str] = {
    # Anybody.
    "home": "GET offers",
    "markets": "GET markets, GET contracts",
    "market": "GET books, GET market-events, GET candles, GET market-trades",
    "classes": "GET markets",
    "class": "GET markets, GET candles",
    "hub": "GET markets",
    # Buyers and providers.
    "cheaper_ways": "POST order-preview",
    "compute": "GET holdings",
    "orders": "GET orders",
    "order": "GET order",
    "order_row": "GET order",
    "trades": "GET trades",
    "deliveries": "GET holdings, GET readings, GET disputes",
    "wallet": "GET balance, GET orders",
    "wallet_statement": "GET statement",
    "top_up": "GET top-up",
    "wallet_terms": "GET fees, GET vouchers, GET voucher-uses",
    "wallet_documents": "GET invoices",
    "wallet_document": "GET invoice",
    "wallet_document_pdf": "GET invoice-pdf",
    "wallet_document_ubl": "GET invoice-ubl",
    "wallet_document_factur_x": "GET invoice-factur-x",
    "capacity": "GET holdings, GET orders",
    "painted": "POST offers-batch",
    "provider_offers": "GET orders",
    "offer_row": "GET order",
    "standing_offers": "GET standing-offers, GET standing-offer-next",
    "price_curves": "GET price-curves",
    "maintenance": "GET maintenance",
    "provider_sites": "GET sites",
    "provider_access": "GET deliveries",
    "reliability": "GET reliability",
    "earnings": "GET earnings",
    "earnings_period": "GET earnings",
    "earnings_site": "GET earnings, GET settlement-lines",
    # Finance; each report has an address of its own on the pages.
    "finance_settlement": "GET report",
    "finance_lines": "GET settlement-lines",
    "finance_report": "GET report, GET reports",
    "finance_report_file": "GET report-at-once",
    "finance_report_files": "GET report-files",
    "finance_report_file_made": "GET report-file",
    "finance_report_file_content": "GET report-file-content",
    "finance_trade": "GET settlement-lines, GET adjustments, GET readings, GET transfers",
    "finance_runs": "GET settlement-runs",
    "finance_run": "GET settlement-run, GET adjustments",
    "finance_disputes": "GET disputes, GET dispute",
    "finance_reading": "GET reading, GET adjustments",
    "finance_invoices": "GET invoices",
    "finance_invoice": "GET invoice",
    "finance_invoice_pdf": "GET invoice-pdf",
    "finance_invoice_ubl": "GET invoice-ubl",
    "finance_invoice_factur_x": "GET invoice-factur-x",
    "finance_red_letter_file": "GET fapiao-red-letters, GET fapiao",
    "finance_fapiao_file": "GET fapiao-application",
    "finance_payout_batch": "GET payout-batch, GET payouts, GET payables",
    "finance_payout_file": "GET payout-batch-file",
    "finance_fees": "GET fee-schedules, GET vat-rates, GET tax-codes, GET penalties",
    "finance_drafts": "GET document-drafts",
    "finance_programmes": "GET voucher-programmes",
    "finance_programme": "GET voucher-programme, GET vouchers, GET voucher-uses",
    "finance_ledger": "GET report",
    "finance_transfers": "GET transfers, GET transfer",
    "finance_corrections": "GET corrections",
    "finance_months": "GET months",
    "finance_month": "GET month",
    "finance_books": "GET accounting-books",
    # Operators.
    "audit_trail": "GET report",
    "audit_trail_file": "GET report-at-once",
    "operations": "GET halts",
    "operations_participants": "GET participants, GET participant",
    "surveillance": "GET findings, GET finding",
    "operations_system": "GET system",
    "operations_sites": "GET site-requests",
}

PAGES_ONLY: dict[str, str] = {
    "preferences": "how the pages look to a person",
    "switch_organisation": "a key acts for one organisation",
    "organisation_new": "comes before there is a key for the organisation",
    "api_keys": "a key makes no keys, so that one that has leaked cannot be followed by others",
    "revoke_key": "the person revokes; who has a key only must not lock others out",
    "stripe_events": "Stripe calls it, no person",
    "rules": "a text",
    "search": "leads to pages",
    "offers_template": "an empty file to fill in by hand",
    "start": "leads to a page",
}


def _walk(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from _walk(pattern.url_patterns)


def _methods(view: Callable[..., Any] | None) -> set[str]:
    """What the decorators of django.views.decorators.http let in; every view of the pages has one."""
    while view is not None:
        free = dict(
            zip(view.__code__.co_freevars, (cell.cell_contents for cell in view.__closure__ or ()), strict=True)
        )
        if "request_method_list" in free:
            return set(free["request_method_list"])
        view = getattr(view, "__wrapped__", None)
    raise AssertionError("a page says which methods it takes")


PAGES = {str(pattern.name): _methods(pattern.callback) for pattern in _walk([*pages, *account_pages])}
ROUTES = {str(pattern.name): pattern.callback.view_class for pattern in _walk(v1)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(name for name, methods in PAGES.items() if "POST" in methods))
def test_what_a_page_takes_the_api_takes(name: str) -> None:
    assert (name in ACTS) != (name in PAGES_ONLY), f"{name}: map it to its routes of the API, or say why it has none"


@pytest.mark.parametrize("name", sorted(name for name, methods in PAGES.items() if "POST" not in methods))
def test_what_a_page_shows_the_api_tells(name: str) -> None:
    is_report = name.startswith("finance_report_") and name not in READS
    assert is_report or (name in READS) != (name in PAGES_ONLY), f"{name}: map it to its routes, or say why it has none"


@pytest.mark.parametrize(("name", "routes"), sorted({**ACTS, **READS}.items()))
def test_the_routes_are_there(name: str, routes: str) -> None:
    assert name in PAGES
    for route in routes.split(", "):
        method, _space, route_name = route.partition(" ")
        assert hasattr(ROUTES[route_name], method.lower()), route


def test_no_reason_is_out_of_date() -> None:
    assert set(PAGES_ONLY) <= set(PAGES)
