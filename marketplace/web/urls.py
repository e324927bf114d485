"""Addresses of the pages; each area adds its own lines."""

from django.urls import URLPattern, URLResolver, path

from marketplace.web import catalogue, compute, finance, market, market_overview, preferences, provider, ticket, wallet

urlpatterns: list[URLPattern | URLResolver] = [
    path("", catalogue.show_offers, name="home"),
    path("markets/", market_overview.show_markets, name="markets"),
    path("markets/<str:symbol>/", market.show_market, name="market"),
    path("buy/", ticket.ticket, name="buy"),
    path("preferences/", preferences.change_preferences, name="preferences"),
    path("compute/", compute.holdings, name="compute"),
    path("compute/orders/", compute.orders, name="orders"),
    path("compute/orders/cancel", compute.orders_cancel, name="orders_cancel"),
    path("compute/orders/<int:order_id>/", compute.order, name="order"),
    path("compute/orders/<int:order_id>/cancel", compute.order_cancel, name="order_cancel"),
    path("compute/trades/", compute.trades, name="trades"),
    path("compute/sell", compute.sell_back, name="sell_back"),
    path("wallet/", wallet.wallet, name="wallet"),
    path("wallet/statement/", wallet.statement, name="wallet_statement"),
    path("wallet/documents/", wallet.documents, name="wallet_documents"),
    path("wallet/documents/<str:number>/", wallet.document, name="wallet_document"),
    path("wallet/documents/<str:number>.pdf", wallet.document_pdf, name="wallet_document_pdf"),
    path("provider/", provider.capacity, name="capacity"),
    path("provider/list/", provider.list_capacity, name="list_capacity"),
    path("provider/list/preview", provider.listing_preview, name="listing_preview"),
    path("provider/offers/", provider.offers, name="provider_offers"),
    path("provider/sites/", provider.sites, name="provider_sites"),
    path("provider/sites/new", provider.site_new, name="site_new"),
    path("provider/earnings/", provider.earnings, name="earnings"),
    path("finance/", finance.settlement, name="finance_settlement"),
    path("finance/settlement.csv", finance.settlement_csv, name="finance_settlement_csv"),
    path("finance/settlement.xlsx", finance.settlement_xlsx, name="finance_settlement_xlsx"),
    path("finance/lines/", finance.lines, name="finance_lines"),
    path("finance/runs/", finance.runs, name="finance_runs"),
    path("finance/invoices/", finance.invoices, name="finance_invoices"),
    path("finance/invoices/<str:number>/", finance.invoice, name="finance_invoice"),
    path("finance/invoices/<str:number>.pdf", finance.invoice_pdf, name="finance_invoice_pdf"),
    path("finance/ledger/", finance.ledger, name="finance_ledger"),
    path("finance/ledger/deposit", finance.deposit, name="finance_deposit"),
]
