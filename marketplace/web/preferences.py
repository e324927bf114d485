"""How pages look: small settings that every page's bar can change."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from marketplace.accounts.models import User
from marketplace.web.context import THEME_COOKIE, THEMES, UP_DOWN_COOKIE, UP_DOWNS

YEAR_S = 365 * 24 * 3600


@require_POST
def change_preferences(request: HttpRequest) -> HttpResponse:
    """Store theme and up/down colours, on the account when signed in and always in the browser; then go back."""
    response = HttpResponseRedirect(_back(request))
    for field, cookie, choices in (("theme", THEME_COOKIE, THEMES), ("up_down", UP_DOWN_COOKIE, UP_DOWNS)):
        if field not in request.POST:
            continue
        value = request.POST[field] if request.POST[field] in choices else ""
        if isinstance(request.user, User):
            setattr(request.user, field, value)
            request.user.save(update_fields=[field])
        response.set_cookie(cookie, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure())
    return response


def _back(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return url
    return "/"
