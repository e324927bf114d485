from django.urls import path

from marketplace.accounts import views

urlpatterns = [
    path("start", views.start, name="start"),
    path("organisation/", views.organisation_profile, name="organisation_profile"),
    path("organisation/new", views.open_organisation_page, name="organisation_new"),
    path("organisation/switch", views.switch_organisation, name="switch_organisation"),
]
