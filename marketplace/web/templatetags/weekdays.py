"""Days of the week by number."""

from __future__ import annotations

from django import template
from django.utils.dates import WEEKDAYS_ABBR

register = template.Library()


@register.filter
def weekday(day: int) -> str:
    """`Mon`, of 0 for Monday."""
    return str(WEEKDAYS_ABBR[day])
