"""Every address of the site; each area keeps its own list."""

from django.contrib import admin
from django.urls import include, path

import marketplace.admin  # noqa: F401  registers what the admin shows
from marketplace.health import health

# What is asked most often stands first: an address is compared with all that stand before its own.
urlpatterns = [
    path("health/", health, name="health"),
    path("api/", include("marketplace.api.urls")),
    path("", include("marketplace.web.urls")),
    path("accounts/", include("marketplace.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]

handler500 = "marketplace.web.unreachable.answer_failure"
