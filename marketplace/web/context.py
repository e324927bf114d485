"""What base.html needs on every page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from marketplace.accounts.acting import acting_of
from marketplace.accounts.models import User
from marketplace.web.navigation import OPERATIONS, SECTIONS, Part, Section

THEMES = ("light", "dark")
UP_DOWNS = ("red-up", "green-up")
THEME_COOKIE = "theme"
UP_DOWN_COOKIE = "updown"


def page(request: HttpRequest) -> dict[str, Any]:
    """Add `acting`, `sections`, `parts`, `theme` (or empty: the system's), `up_down`, `time_zone` and `enter_query`."""
    acting = acting_of(request)
    url_name = request.resolver_match.url_name if request.resolver_match else None
    user = getattr(request, "user", None)
    sections = (*SECTIONS[acting.role], OPERATIONS) if user is not None and user.is_staff else SECTIONS[acting.role]
    current = next((section for section in sections if url_name in section.url_names), None)
    return {
        "acting": acting,
        "role": str(acting.role),
        "sections": [_link(section, url_name) for section in sections],
        "parts": [_link(part, url_name) for part in (current.parts if current else ())],
        "theme": theme_of(request),
        "up_down": up_down_of(request),
        "time_zone": timezone.get_current_timezone_name(),
        "languages": settings.LANGUAGES,
        "enter_query": enter_query(request),
    }


def enter_query(request: HttpRequest) -> str:
    """What links to signing in and signing up carry, so that a visitor comes back to the page that made it want to: `?next=...`, or nothing."""
    url_name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    is_a_door = url_name == "home" or url_name.startswith("account_")
    back = request.GET.get("next") or ("" if is_a_door else request.get_full_path())
    return f"?{urlencode({'next': back})}" if back else ""


def theme_of(request: HttpRequest) -> str:
    """`light`, `dark`, or empty for what the system says: the person's own setting, else the browser's cookie."""
    user = getattr(request, "user", None)
    stored = user.theme if isinstance(user, User) else ""
    choice = stored or request.COOKIES.get(THEME_COOKIE, "")
    return choice if choice in THEMES else ""


def up_down_of(request: HttpRequest) -> str:
    """`red-up` or `green-up`: the person's own setting, else the browser's cookie, else the language's custom."""
    user = getattr(request, "user", None)
    stored = user.up_down if isinstance(user, User) else ""
    choice = stored or request.COOKIES.get(UP_DOWN_COOKIE, "")
    if choice in UP_DOWNS:
        return choice
    return "red-up" if (get_language() or "").startswith("zh") else "green-up"


def _link(place: Section | Part, url_name: str | None) -> dict[str, Any]:
    return {"label": place.label, "url": reverse(place.url_name), "current": url_name in place.url_names}
