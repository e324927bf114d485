from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from marketplace.api import finance_urls, operations_urls
from marketplace.api.views import account, delivery, provider, provider_delivery
from marketplace.api.views.base import NothingHere
from marketplace.api.views.documents import (
    CreditNotes,
    InvoiceFacturX,
    InvoicePdf,
    Invoices,
    InvoiceUbl,
    OneInvoice,
    SettlementLines,
)
from marketplace.api.views.market_data import Books, Candles, Events
from marketplace.api.views.markets import Book, Contracts, Markets, MarketTrades, OneMarket
from marketplace.api.views.offers import OfferBatch, Offers, OneOffer
from marketplace.api.views.orders import CancelOrders, OneOrder, Orders, PreviewOrder
from marketplace.api.views.own import Balance, Holdings, Trades
from marketplace.api.views.terms import Fees, FeeSchedules, Vouchers, VoucherUses

MARKET = r"markets/(?P<market>[\w.-]{1,90})"
ID = r"(?P<pk>[0-9]{1,18})"
NUMBER = r"invoices/(?P<number>[\w-]{1,24})"

v1: list[URLPattern | URLResolver] = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs", SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html"), name="docs"
    ),
    path("markets", Markets.as_view(), name="markets"),
    re_path(rf"^{MARKET}$", OneMarket.as_view(), name="market"),
    re_path(rf"^{MARKET}/contracts$", Contracts.as_view(), name="contracts"),
    re_path(rf"^{MARKET}/contracts/(?P<hour>[0-9]{{1,8}})/book$", Book.as_view(), name="book"),
    re_path(rf"^{MARKET}/books$", Books.as_view(), name="books"),
    re_path(rf"^{MARKET}/events$", Events.as_view(), name="market-events"),
    re_path(rf"^{MARKET}/candles$", Candles.as_view(), name="candles"),
    re_path(rf"^{MARKET}/trades$", MarketTrades.as_view(), name="market-trades"),
    path("offers", Offers.as_view(), name="offers"),
    path("offers/batch", OfferBatch.as_view(), name="offers-batch"),
    re_path(rf"^offers/{ID}$", OneOffer.as_view(), name="offer"),
    path("orders", Orders.as_view(), name="orders"),
    path("orders/preview", PreviewOrder.as_view(), name="order-preview"),
    path("orders/cancel", CancelOrders.as_view(), name="orders-cancel"),
    re_path(rf"^orders/{ID}$", OneOrder.as_view(), name="order"),
    path("trades", Trades.as_view(), name="trades"),
    path("holdings", Holdings.as_view(), name="holdings"),
    path("balance", Balance.as_view(), name="balance"),
    path("fees", Fees.as_view(), name="fees"),
    path("fee-schedules", FeeSchedules.as_view(), name="fee-schedules"),
    path("vouchers", Vouchers.as_view(), name="vouchers"),
    path("voucher-uses", VoucherUses.as_view(), name="voucher-uses"),
    path("invoices", Invoices.as_view(), name="invoices"),
    re_path(rf"^{NUMBER}$", OneInvoice.as_view(), name="invoice"),
    re_path(rf"^{NUMBER}/credit-notes$", CreditNotes.as_view(), name="credit-notes"),
    re_path(rf"^{NUMBER}/pdf$", InvoicePdf.as_view(), name="invoice-pdf"),
    re_path(rf"^{NUMBER}/ubl$", InvoiceUbl.as_view(), name="invoice-ubl"),
    re_path(rf"^{NUMBER}/factur-x$", InvoiceFacturX.as_view(), name="invoice-factur-x"),
    path("settlement-lines", SettlementLines.as_view(), name="settlement-lines"),
    path("sites", provider.Sites.as_view(), name="sites"),
    re_path(rf"^sites/{ID}$", provider.OneSite.as_view(), name="site"),
    re_path(rf"^sites/{ID}/submit$", provider.SubmitSite.as_view(), name="site-submit"),
    re_path(rf"^sites/{ID}/recall$", provider.RecallSite.as_view(), name="site-recall"),
    path("price-curves", provider.Curves.as_view(), name="price-curves"),
    re_path(rf"^price-curves/{ID}$", provider.OneCurve.as_view(), name="price-curve"),
    path("standing-offers", provider.StandingOffers.as_view(), name="standing-offers"),
    re_path(rf"^standing-offers/{ID}/next$", provider.NextStandingOffer.as_view(), name="standing-offer-next"),
    re_path(rf"^standing-offers/{ID}$", provider.OneStandingOffer.as_view(), name="standing-offer"),
    re_path(rf"^standing-offers/{ID}/pause$", provider.PauseStandingOffer.as_view(), name="standing-offer-pause"),
    re_path(rf"^standing-offers/{ID}/resume$", provider.ResumeStandingOffer.as_view(), name="standing-offer-resume"),
    re_path(rf"^standing-offers/{ID}/end$", provider.EndStandingOffer.as_view(), name="standing-offer-end"),
    path("maintenance", provider.Maintenances.as_view(), name="maintenance"),
    re_path(rf"^maintenance/{ID}$", provider.OneMaintenance.as_view(), name="one-maintenance"),
    path("deliveries", provider_delivery.Due.as_view(), name="deliveries"),
    path("access", provider_delivery.Access.as_view(), name="access"),
    path("access/open", provider_delivery.OpenAccess.as_view(), name="access-open"),
    path("reliability", provider_delivery.OwnReliability.as_view(), name="reliability"),
    path("earnings", provider_delivery.Earnings.as_view(), name="earnings"),
    path("readings", delivery.Readings.as_view(), name="readings"),
    path("readings/file", delivery.ReadingsFile.as_view(), name="readings-file"),
    re_path(rf"^readings/{ID}$", delivery.OneReading.as_view(), name="reading"),
    path("disputes", delivery.Disputes.as_view(), name="disputes"),
    re_path(rf"^disputes/{ID}$", delivery.OneDispute.as_view(), name="dispute"),
    re_path(rf"^disputes/{ID}/resolve$", delivery.ResolveDispute.as_view(), name="dispute-resolve"),
    path("organisation", account.Organisation.as_view(), name="organisation"),
    path("top-ups", account.TopUps.as_view(), name="top-ups"),
    re_path(rf"^top-ups/{ID}$", account.OneTopUp.as_view(), name="top-up"),
    path("statement", account.AccountStatement.as_view(), name="statement"),
    path("presets", account.Presets.as_view(), name="presets"),
    re_path(rf"^presets/{ID}$", account.OnePreset.as_view(), name="preset"),
    path("warning-limits", account.WarningLimits.as_view(), name="warning-limits"),
    *finance_urls.urlpatterns,
    *operations_urls.urlpatterns,
    re_path("^", NothingHere.as_view(), name="nothing-here"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("v1/", include((v1, "api")))]
