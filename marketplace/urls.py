"""Every address of the site; each area keeps its own list."""

from django.contrib import admin
from django.urls import include, path

import marketplace.admin  # noqa: F401  registers what the admin shows
from marketplace.health import health

urlpatterns = [
    path("", include("marketplace.web.urls")),
    path("api/", include("marketplace.api.urls")),
    path("accounts/", include("marketplace.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
]
