"""A journey is walked in one language by the day and in the other by `make soak`: both stay walked, and the suite stays short."""

from __future__ import annotations

import pytest

LANGUAGES = ("en-GB", "zh-CN")


def walked_in(daily: str) -> pytest.MarkDecorator:
    """Parametrize a journey by `language`: `daily` always, the other one by the soak."""
    ways = [pytest.param(language, marks=() if language == daily else pytest.mark.soak) for language in LANGUAGES]
    return pytest.mark.parametrize("language", ways)
