"""Addresses of the pages; each area adds its own lines."""

from django.urls import URLPattern, URLResolver, path

from marketplace.web import catalogue, preferences

urlpatterns: list[URLPattern | URLResolver] = [
    path("", catalogue.show_offers, name="home"),
    path("preferences/", preferences.change_preferences, name="preferences"),
]
