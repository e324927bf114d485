"""Every address of the site; each area keeps its own list."""

from django.urls import include, path

from marketplace.health import health

urlpatterns = [
    path("", include("marketplace.web.urls")),
    path("api/", include("marketplace.api.urls")),
    path("accounts/", include("marketplace.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("health/", health, name="health"),
]
