"""What base.html needs on every page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language

from marketplace.accounts.acting import acting_of
from marketplace.accounts.models import User
from marketplace.web.navigation import SECTIONS

THEMES = ("light", "dark")
UP_DOWNS = ("red-up", "green-up")
THEME_COOKIE = "theme"
UP_DOWN_COOKIE = "updown"


def page(request: HttpRequest) -> dict[str, Any]:
    """Add `acting`, `sections`, `parts`, `theme` (or empty: the system's), `up_down` and `time_zone`."""
    acting = acting_of(request)
    url_name = request.resolver_match.url_name if request.resolver_match else None
    sections = [
        {"label": s.label, "url": url, "current": url_name in s.url_names, "section": s}
        for s in SECTIONS[acting.role]
        if (url := _url(s.url_name))
    ]
    current = next((s["section"] for s in sections if s["current"]), None)
    parts = [
        {"label": p.label, "url": url, "current": url_name in p.url_names}
        for p in (current.parts if current else ())
        if (url := _url(p.url_name))
    ]
    return {
        "acting": acting,
        "role": str(acting.role),
        "sections": sections,
        "parts": parts,
        "theme": theme_of(request),
        "up_down": up_down_of(request),
        "time_zone": timezone.get_current_timezone_name(),
        "languages": settings.LANGUAGES,
    }


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


def _url(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
