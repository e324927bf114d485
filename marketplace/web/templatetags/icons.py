"""Tabler's outline icons placed inline, so that they take the text's colour and need no request."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@cache
def _shape(name: str) -> str:
    """What is inside the icon's svg element; raises FileNotFoundError for a name Tabler has not."""
    source = (Path(settings.ICONS_DIR) / "outline" / f"{name}.svg").read_text(encoding="utf-8")
    inside = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", inside, flags=re.DOTALL)).strip()


@register.simple_tag
def icon(name: str, size: int = 18, label: str = "") -> SafeString:
    """`{% icon "check" %}`; with a label it is an image of that name, else decoration."""
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="ico" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        size,
        size,
        role,
        mark_safe(_shape(name)),
    )
