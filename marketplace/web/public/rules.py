"""The rules of the exchange in plain words, one text a language."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe


@require_safe
def show_rules(request: HttpRequest) -> HttpResponse:
    """The rules."""
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return render(request, "public/rules.html", {"text": f"public/rules_{language}.html"})
