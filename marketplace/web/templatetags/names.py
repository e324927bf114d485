"""Names that differ by language, and links that keep the rest of the address."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict
from django.utils.translation import get_language

from billing.reports.words import words

register = template.Library()


@register.filter
def named(thing: Any) -> str:
    """A hub's, site's or participant's name in the page's language; its other name where it has only one."""
    if thing is None:
        return ""
    chinese = (get_language() or "").startswith("zh")
    return str((thing.name_zh if chinese else thing.name) or thing.name)


@register.filter
def worded(code: str) -> str:
    """A code of the ledger, as `top_up`, in words."""
    return words(code)


@register.filter
def initial(text: str) -> str:
    """The first character, for a square that stands for an organisation."""
    return text[:1].upper()


@register.simple_tag(takes_context=True)
def address(context: template.Context, **changes: Any) -> str:
    """This page's query string with changes; None or an empty text takes a key out: `{% address page=2 %}`."""
    query: QueryDict = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"
