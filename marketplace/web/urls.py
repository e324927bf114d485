"""Addresses of the pages; each area adds its own lines."""

from django.urls import URLPattern, URLResolver, path

from marketplace.web import catalogue, compute, market, market_overview, preferences, ticket

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
]
