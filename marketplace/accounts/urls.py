from django.urls import path

from marketplace.accounts import key_pages, views

urlpatterns = [
    path("start", views.start, name="start"),
    path("organisation/", views.organisation_profile, name="organisation_profile"),
    path("organisation/new", views.open_organisation_page, name="organisation_new"),
    path("organisation/switch", views.switch_organisation, name="switch_organisation"),
    path("keys/", key_pages.api_keys, name="api_keys"),
    path("keys/<int:pk>/revoke", key_pages.revoke_key, name="revoke_key"),
]
